"""Keys with which links are signed."""

from typing import Protocol


class SigningKeys(Protocol):
    """Keys that every process of an installation knows, and nobody else."""

    def of(self, purpose: str) -> bytes:
        """The key for a purpose, 32 random bytes; made when it is first asked for, and always the same since."""
        ...
