"""Links of mails that lead to the page on which an order is approved or rejected."""

from dataclasses import dataclass

from algo_trading.domain.approval import Invitation
from algo_trading.repositories.signing_keys import SigningKeys
from algo_trading.services.signed_links import SignedLinks

PATH = "/approve/"


@dataclass(frozen=True)
class ApprovalLinks:
    """Signs links and reads them.

    A link is of use once: it answers the question about its order, and of that the first answer counts. Opening it
    answers nothing.
    """

    keys: SigningKeys

    def path(self, invitation: Invitation) -> str:
        """The path of the link, to be put behind the address of the pages."""
        return PATH + self._links.signer()(invitation.client_order_id, invitation.address)

    def read(self, token: str) -> Invitation | None:
        """What the last part of a link's path says; None where it is not one of ours."""
        fields = self._links.read(token)
        return Invitation(fields[0], fields[1]) if fields else None

    @property
    def _links(self) -> SignedLinks:
        return SignedLinks(self.keys, "approval links")
