"""Signing keys in memory."""

import secrets


class FakeSigningKeys:
    """Implements SigningKeys."""

    def __init__(self) -> None:
        self._keys: dict[str, bytes] = {}

    def of(self, purpose: str) -> bytes:
        return self._keys.setdefault(purpose, secrets.token_bytes(32))
