"""Signatures of messages as Standard Webhooks has them (standardwebhooks.com): HMAC-SHA256 of id, time and body."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

from pydantic import SecretStr

from algo_trading.errors import ConfigError

ENCODED = "whsec_"  # what a secret in base64 begins with


def signing_key(secret: SecretStr, variable: str) -> bytes:
    """The bytes of a secret, which is text, or base64 behind `whsec_`; none where it is not set.

    Raises:
        ConfigError: it is not base64 behind the prefix; `variable` is named.
    """
    value = secret.get_secret_value()
    if not value.startswith(ENCODED):
        return value.encode()
    try:
        return base64.b64decode(value.removeprefix(ENCODED), validate=True)
    except binascii.Error:
        raise ConfigError(f"{variable} is not base64 behind {ENCODED}") from None


def signed_headers(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a JSON message; one that is sent again has the same id."""
    moment = str(int(at.timestamp()))
    digest = hmac.new(key, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
