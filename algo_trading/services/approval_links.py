"""Links of mails that lead to the page on which an order is approved or rejected."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from algo_trading.domain.approval import Invitation
from algo_trading.repositories.signing_keys import SigningKeys

PATH = "/approve/"
PURPOSE = "approval links"


@dataclass(frozen=True)
class ApprovalLinks:
    """Signs links and reads them.

    A link is of use once: it answers the question about its order, and of that the first answer counts. Opening it
    answers nothing.
    """

    keys: SigningKeys

    def path(self, invitation: Invitation) -> str:
        """The path of the link, to be put behind the address of the pages."""
        said = f"{invitation.client_order_id}\n{invitation.address}".encode()
        return f"{PATH}{_text(said)}.{_text(self._signature(said))}"

    def read(self, token: str) -> Invitation | None:
        """What the last part of a link's path says; None where it is not one of ours."""
        parts = [_bytes(part) for part in token.split(".")]
        if len(parts) != 2 or not hmac.compare_digest(parts[1], self._signature(parts[0])):
            return None
        client_order_id, _, address = parts[0].decode().partition("\n")
        return Invitation(client_order_id, address)

    def _signature(self, said: bytes) -> bytes:
        return hmac.new(self.keys.of(PURPOSE), said, hashlib.sha256).digest()


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
