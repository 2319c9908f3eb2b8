"""Links of mails that nobody else can make: what they say, and a signature of it."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from algo_trading.repositories.signing_keys import SigningKeys


@dataclass(frozen=True)
class SignedLinks:
    """Signs links of a purpose, and reads them; each purpose has a key of its own."""

    keys: SigningKeys
    purpose: str

    def signer(self) -> Callable[..., str]:
        """What makes the last part of a link's path of fields, which have no line breaks; the key is read once."""
        return partial(_token, self.keys.of(self.purpose))

    def read(self, token: str) -> list[str] | None:
        """The fields of the last part of a link's path; None where it is not one of ours."""
        parts = [_bytes(part) for part in token.split(".")]
        if len(parts) != 2 or not hmac.compare_digest(parts[1], _signature(self.keys.of(self.purpose), parts[0])):
            return None
        return parts[0].decode().split("\n")


def _token(key: bytes, *fields: str) -> str:
    said = "\n".join(fields).encode()
    return f"{_text(said)}.{_text(_signature(key, said))}"


def _signature(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, said, hashlib.sha256).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
