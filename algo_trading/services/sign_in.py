"""Who somebody is: logging in, sessions and tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from algo_trading.domain.user import Scope, User
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.audit import AuditEntry, AuditLog
from algo_trading.repositories.users import ApiTokenRepository, LoginAttempts, SessionRepository, UserRepository
from algo_trading.services.passwords import Passwords

SESSION = timedelta(days=14)
SECRET_BYTES = 32
WINDOW = timedelta(minutes=15)  # in which failed attempts are counted
MOST_PER_LOGIN, MOST_PER_PLACE = 5, 30


class LoginError(AlgoTradingError):
    """A name and password that do not belong together."""


class TooManyAttemptsError(AlgoTradingError):
    """Nobody may try again for a while."""


class SignedIn(NamedTuple):
    """A user and the secret of the session that has begun; it is shown to the browser and not stored."""

    user: User
    secret: str


@dataclass(frozen=True)
class SignIn:
    """Begin a session. Attempts are counted by login name and by where they come from."""

    users: UserRepository
    sessions: SessionRepository
    attempts: LoginAttempts
    audit: AuditLog
    passwords: Passwords
    clock: Clock

    def __call__(self, login: str, password: str, place: str) -> SignedIn:
        """Log in by name or address; `place` is the network address that asks.

        Raises:
            LoginError: that is not the name and password of anyone.
            TooManyAttemptsError: of this name, or from this place, too many attempts have failed of late.
        """
        now, login = self.clock.now(), login.strip().lower()[:200]
        keys = (f"login {login}", f"from {place}")
        # Noted before the password is looked at, so that guesses made at the same time count, too.
        tried = [self.attempts.note(key, now, now - WINDOW) for key in keys]
        if tried[0] > MOST_PER_LOGIN or tried[1] > MOST_PER_PLACE:
            minutes = int(WINDOW.total_seconds() // 60)
            raise TooManyAttemptsError(f"too many attempts to log in failed; try again in {minutes} minutes")
        found = self.users.by_login(login)
        if not self.passwords.match(password, found and found[1]) or found is None:
            raise LoginError("this name and password do not belong together")
        for key in keys:
            self.attempts.forget(key)
        user, secret = found[0], secrets.token_urlsafe(SECRET_BYTES)
        self.sessions.open(digest_of(secret), user.name, now, now + SESSION)
        self.audit.add(AuditEntry(now, user.name, "user.login", user.name, {"from": place}))
        return SignedIn(user, secret)


@dataclass(frozen=True)
class Identify:
    """Find out who shows the secret of a session or a token."""

    sessions: SessionRepository
    tokens: ApiTokenRepository
    clock: Clock

    def by_session(self, secret: str) -> User | None:
        """Whose session it is; None where it has ended."""
        return self.sessions.user_of(digest_of(secret), self.clock.now())

    def by_token(self, secret: str) -> tuple[User, frozenset[Scope]] | None:
        """Whose token it is and what it may do; None where it does not work."""
        found = self.tokens.find(digest_of(secret))
        if found is None or not found[1].works(self.clock.now()):
            return None
        return found[0], found[1].scopes

    def sign_out(self, secret: str) -> None:
        """End a session."""
        self.sessions.close(digest_of(secret))


def digest_of(secret: str) -> str:
    """What is stored of a secret. It is as random as its digest is long, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()
