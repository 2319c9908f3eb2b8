"""Users, their sessions and tokens. Of passwords, sessions and tokens only hashes are stored."""

from datetime import datetime
from typing import Protocol

from algo_trading.domain.user import ApiToken, User


class UserRepository(Protocol):
    """Users by name."""

    def add(self, user: User, password_hash: str) -> bool:
        """Add a user; False where the name or the address is taken."""
        ...

    def find(self, name: str) -> User | None:
        """The user of a name."""
        ...

    def by_login(self, login: str) -> tuple[User, str] | None:
        """The user of a name or address (in any case), with the hash of the password."""
        ...

    def all(self) -> list[User]:
        """Every user, sorted by name."""
        ...

    def set_password(self, name: str, password_hash: str) -> None:
        """Change a password and end the user's sessions, in one transaction; KeyError if there is no such user."""
        ...

    def remove(self, name: str) -> bool:
        """Remove a user with their sessions and tokens; returns whether there was one."""
        ...


class SessionRepository(Protocol):
    """Sessions of people who are logged in, by the digest of their secret."""

    def open(self, digest: str, user: str, opened_at: datetime, expires_at: datetime) -> None:
        """Begin a session; what had expired by then is removed."""
        ...

    def user_of(self, digest: str, now: datetime) -> User | None:
        """Whose session it is; None where it has ended."""
        ...

    def close(self, digest: str) -> None:
        """End a session."""
        ...


class ApiTokenRepository(Protocol):
    """Tokens by the digest of their secret."""

    def add(self, token: ApiToken, digest: str) -> bool:
        """Add a token; False where the user has one of this name that is not revoked."""
        ...

    def find(self, digest: str) -> tuple[User, ApiToken] | None:
        """A token, also one that does not work any more, with its user."""
        ...

    def of(self, user: str) -> list[ApiToken]:
        """A user's tokens, newest first."""
        ...

    def revoke(self, user: str, name: str, at: datetime) -> bool:
        """Revoke the token of this name; returns whether there was one that was not revoked."""
        ...


class LoginAttempts(Protocol):
    """Attempts to log in that have not succeeded. A key is a login name or the address that they came from."""

    def note(self, key: str, at: datetime, since: datetime) -> int:
        """Note an attempt, forget those before `since`; returns how many there are now, this one included."""
        ...

    def forget(self, key: str) -> None:
        """Forget the attempts of a key: one has succeeded."""
        ...
