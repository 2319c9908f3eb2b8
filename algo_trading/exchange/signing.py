"""API keys and the signatures made with them: HMAC-SHA256 by a shared secret, Ed25519 by the client's key pair."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from algo_trading.exchange.clock import Clock
from algo_trading.exchange.errors import RefusalError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST_WINDOW = 60_000  # ms
USUAL_WINDOW = 5_000
MICROSECONDS = 10**14  # from here on a timestamp is in microseconds


@dataclass(frozen=True)
class Key:
    """An API key of an account. `secret` is the shared secret, or the public half of an Ed25519 pair (PEM)."""

    name: str
    account: str
    secret: str
    may_read: bool = True
    may_trade: bool = True

    @property
    def is_pair(self) -> bool:
        """Whether it is the public half of a pair of keys, not a shared secret."""
        return self.secret.lstrip().startswith("-----BEGIN PUBLIC KEY-----")

    def signed(self, payload: str, signature: str) -> bool:
        """Whether the signature was made of the payload by the holder of the key."""
        if self.is_pair:
            return self._signed_by_pair(payload, signature)
        made = hmac.new(self.secret.encode(), payload.encode(), hashlib.sha256).hexdigest()
        return hmac.compare_digest(made.encode(), signature.lower().encode())

    def _signed_by_pair(self, payload: str, signature: str) -> bool:
        from cryptography.exceptions import InvalidSignature

        try:
            public_key(self.secret).verify(base64.b64decode(signature, validate=True), payload.encode())
        except (InvalidSignature, binascii.Error):
            return False
        return True


def public_key(pem: str) -> "Ed25519PublicKey":
    """An Ed25519 public key in PEM; ValueError where it is something else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key is not an Ed25519 public key")  # noqa: TRY004 - its value is wrong, not its type
    return key


class Keys:
    """All API keys."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}

    def add(self, key: Key) -> None:
        """Let the holder of a key in."""
        self._keys[key.name] = key

    def find(self, name: str | None) -> Key:
        """The key that a request names."""
        if not name or not re.fullmatch("[A-Za-z0-9_-]{1,128}", name):
            raise RefusalError(-2014, "API-key format invalid.", 401)
        if name not in self._keys:
            raise denied()
        return self._keys[name]


def denied() -> RefusalError:
    """The refusal of a key that is unknown or not allowed here."""
    return RefusalError(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def check_signature(key: Key, payload: str, signature: str | None) -> None:
    """Refuse a request whose signature is absent or wrong."""
    if not signature:
        raise RefusalError(-1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.")
    if not key.signed(payload, signature):
        raise RefusalError(-1022, "Signature for this request is not valid.")


def check_time(clock: Clock, timestamp: int, window: int | None) -> None:
    """Refuse a request that is too old or from the future; times in ms, the timestamp in microseconds too."""
    if timestamp >= MICROSECONDS:
        timestamp //= 1000
    window = USUAL_WINDOW if window is None else window
    if window > LONGEST_WINDOW:
        raise RefusalError(-1131, f"recvWindow must be less than {LONGEST_WINDOW}")
    if not clock.accepts(timestamp, window):
        if timestamp > clock.server_time():
            raise RefusalError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
        raise RefusalError(-1021, "Timestamp for this request is outside of the recvWindow.")


def unsigned(payload: str) -> tuple[str, str | None]:
    """A query or body without its signature, and the signature as it stands there."""
    kept, signature = [], None
    for part in payload.split("&"):
        name, _, value = part.partition("=")
        if name == "signature":
            signature = value
        elif part:
            kept.append(part)
    return "&".join(kept), signature


__all__ = ["Key", "Keys", "check_signature", "check_time", "denied", "public_key", "unsigned"]
