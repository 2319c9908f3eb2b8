"""Users, sessions and tokens in memory."""

from dataclasses import replace
from datetime import datetime

from algo_trading.domain.user import ApiToken, User


class FakePeople:
    """What the stores of users, sessions and tokens share: removing a user removes all of theirs."""

    def __init__(self) -> None:
        self.users: dict[str, tuple[User, str]] = {}
        self.sessions: dict[str, tuple[str, datetime]] = {}
        self.tokens: dict[str, ApiToken] = {}


class FakeUsers:
    """Implements UserRepository."""

    def __init__(self, people: FakePeople) -> None:
        self._people = people

    def add(self, user: User, password_hash: str) -> bool:
        addresses = {one.address.lower() for one, _ in self._people.users.values()} - {""}
        if user.name in self._people.users or user.address.lower() in addresses:
            return False
        self._people.users[user.name] = user, password_hash
        return True

    def find(self, name: str) -> User | None:
        found = self._people.users.get(name)
        return found and found[0]

    def by_login(self, login: str) -> tuple[User, str] | None:
        wanted = login.strip().lower()
        known = self._people.users.values()
        return next((one for one in known if wanted and wanted in {one[0].name, one[0].address.lower()}), None)

    def all(self) -> list[User]:
        return [self._people.users[name][0] for name in sorted(self._people.users)]

    def set_password(self, name: str, password_hash: str) -> None:
        self._people.users[name] = self._people.users[name][0], password_hash
        self._end_sessions(name)

    def remove(self, name: str) -> bool:
        self._end_sessions(name)
        self._people.tokens = {key: one for key, one in self._people.tokens.items() if one.user != name}
        return self._people.users.pop(name, None) is not None

    def _end_sessions(self, name: str) -> None:
        self._people.sessions = {key: one for key, one in self._people.sessions.items() if one[0] != name}


class FakeSessions:
    """Implements SessionRepository."""

    def __init__(self, people: FakePeople) -> None:
        self._people = people

    def open(self, digest: str, user: str, opened_at: datetime, expires_at: datetime) -> None:
        self._people.sessions = {key: one for key, one in self._people.sessions.items() if one[1] > opened_at}
        self._people.sessions[digest] = user, expires_at

    def user_of(self, digest: str, now: datetime) -> User | None:
        name, expires_at = self._people.sessions.get(digest, ("", now))
        return self._people.users[name][0] if expires_at > now else None

    def close(self, digest: str) -> None:
        self._people.sessions.pop(digest, None)


class FakeApiTokens:
    """Implements ApiTokenRepository."""

    def __init__(self, people: FakePeople) -> None:
        self._people = people

    def add(self, token: ApiToken, digest: str) -> bool:
        if any(one.name == token.name and one.revoked_at is None for one in self.of(token.user)):
            return False
        self._people.tokens[digest] = token
        return True

    def find(self, digest: str) -> tuple[User, ApiToken] | None:
        token = self._people.tokens.get(digest)
        return None if token is None else (self._people.users[token.user][0], token)

    def of(self, user: str) -> list[ApiToken]:
        return [one for one in reversed(self._people.tokens.values()) if one.user == user]

    def revoke(self, user: str, name: str, at: datetime) -> bool:
        for digest, one in self._people.tokens.items():
            if (one.user, one.name, one.revoked_at) == (user, name, None):
                self._people.tokens[digest] = replace(one, revoked_at=at)
                return True
        return False


class FakeLoginAttempts:
    """Implements LoginAttempts."""

    def __init__(self) -> None:
        self._attempts: list[tuple[str, datetime]] = []

    def note(self, key: str, at: datetime, since: datetime) -> int:
        self._attempts = [*(one for one in self._attempts if one[1] >= since), (key, at)]
        return sum(one[0] == key for one in self._attempts)

    def forget(self, key: str) -> None:
        self._attempts = [one for one in self._attempts if one[0] != key]
