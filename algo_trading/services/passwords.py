"""Passwords, as argon2id hashes."""

import secrets
from dataclasses import dataclass, field
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from algo_trading.errors import ConfigError

SHORTEST, LONGEST = 10, 200  # characters
GENERATED_BYTES = 12


@dataclass(frozen=True)
class Passwords:
    """Hashes and checks passwords; the defaults of argon2-cffi are those of RFC 9106 for little memory."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)

    def hashed(self, password: str) -> str:
        """What is stored of a password.

        Raises:
            ConfigError: it is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise ConfigError(f"a password has {SHORTEST} to {LONGEST} characters, not {len(password)}")
        return self.hasher.hash(password)

    def match(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password; without a hash the answer is no, and takes as long."""
        if len(password) > LONGEST:
            return False
        try:
            return self.hasher.verify(password_hash or self._nobodys, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobodys(self) -> str:
        return self.hasher.hash(generated_password())


def generated_password() -> str:
    """A password that nobody guesses."""
    return secrets.token_urlsafe(GENERATED_BYTES)
