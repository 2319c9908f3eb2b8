"""Adding and removing users, their passwords and their tokens."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from algo_trading.domain.user import ApiToken, Role, Scope, User
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name
from algo_trading.gateways.clock import Clock
from algo_trading.notification.addresses import email_address
from algo_trading.repositories.audit import AuditEntry, AuditLog
from algo_trading.repositories.users import ApiTokenRepository, UserRepository
from algo_trading.services.passwords import Passwords, generated_password
from algo_trading.services.sign_in import SECRET_BYTES, digest_of

FIRST_OWNER = "owner"  # whom accounts belong to unless the configuration says otherwise
PREFIX = "algo_"  # what tokens begin with, so that scanners for secrets find them
LONGEST_TOKEN_NAME = 60


@dataclass(frozen=True)
class ManageUsers:
    """Change who may log in; `actor` is who does it, for the audit log."""

    users: UserRepository
    tokens: ApiTokenRepository
    audit: AuditLog
    passwords: Passwords
    clock: Clock

    def first_owner(self) -> str | None:
        """Make the owner where there is no user yet; returns the generated password, which is not stored."""
        if self.users.all():
            return None
        password = generated_password()
        owner = User(FIRST_OWNER, Role.OWNER, self.clock.now())
        if not self.users.add(owner, self.passwords.hashed(password)):
            return None  # somebody else was first
        self._record("setup", "user.add", owner.name, {"role": str(owner.role)})
        return password

    def add(self, actor: str, name: str, role: Role, address: str = "", password: str | None = None) -> str | None:
        """Add a user; returns the generated password where none is given.

        Raises:
            ConfigError: the name, the address or the password is not a valid one, or is taken.
        """
        try:
            user = User(name, role, self.clock.now(), address)
            if address:
                email_address(address)
        except ValueError as error:
            raise ConfigError(str(error)) from error
        generated = generated_password() if password is None else None
        if not self.users.add(user, self.passwords.hashed(generated or password or "")):
            taken = "name" if self.users.find(name) else "address"
            raise ConfigError(f"there is a user of this {taken} already; `algo-trading user list` shows all")
        self._record(actor, "user.add", name, {"role": str(role), "address": address})
        return generated

    def set_password(self, actor: str, name: str, password: str | None = None) -> str | None:
        """Change a password and end the user's sessions; returns the generated one where none is given.

        Raises:
            ConfigError: it is too short or too long, or there is no such user.
        """
        self._user(name)
        generated = generated_password() if password is None else None
        self.users.set_password(name, self.passwords.hashed(generated or password or ""))
        self._record(actor, "user.password", name)
        return generated

    def remove(self, actor: str, name: str) -> None:
        """Remove a user, with sessions and tokens.

        Raises:
            ConfigError: there is no such user, or nobody could steer any more.
        """
        user = self._user(name)
        if user.is_owner and sum(one.is_owner for one in self.users.all()) == 1:
            raise ConfigError(f"{name} is the only owner; add another one first")
        self.users.remove(name)
        self._record(actor, "user.remove", name)

    def issue_token(
        self, actor: str, user: str, name: str, scopes: Collection[Scope], lifetime: timedelta | None = None
    ) -> str:
        """Make a token for a user's program; returns it, as it is not stored.

        Raises:
            ConfigError: there is no such user, nothing is in its scope, or the name is taken or no name.
        """
        self._user(user)
        if not 0 < len(name) <= LONGEST_TOKEN_NAME or not name.isprintable() or name != name.strip():
            raise ConfigError(f"a token's name has 1 to {LONGEST_TOKEN_NAME} printable characters")
        if not scopes:
            raise ConfigError(f"a token needs at least one scope: {', '.join(Scope)}")
        now, secret = self.clock.now(), PREFIX + secrets.token_urlsafe(SECRET_BYTES)
        token = ApiToken(user, name, frozenset(scopes), now, now + lifetime if lifetime else None)
        if not self.tokens.add(token, digest_of(secret)):
            raise ConfigError(f"{user} has a token {name!r} already; revoke it or choose another name")
        self._record(actor, "token.add", user, {"name": name, "scopes": " ".join(sorted(scopes))})
        return secret

    def revoke_token(self, actor: str, user: str, name: str) -> None:
        """Make a token useless.

        Raises:
            ConfigError: the user has no such token.
        """
        self._user(user)
        if not self.tokens.revoke(user, name, self.clock.now()):
            known = [one.name for one in self.tokens.of(user) if one.revoked_at is None]
            raise UnknownNameError(unknown_name(f"token of {user}", name, known))
        self._record(actor, "token.revoke", user, {"name": name})

    def _user(self, name: str) -> User:
        user = self.users.find(name)
        if user is None:
            raise UnknownNameError(unknown_name("user", name, [one.name for one in self.users.all()]))
        return user

    def _record(self, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
        self.audit.add(AuditEntry(self.clock.now(), actor, action, subject, detail or {}))
