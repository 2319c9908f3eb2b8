"""Links of mails that end what the mail belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

from algo_trading.domain.notice import NoticeKind
from algo_trading.repositories.signing_keys import SigningKeys
from algo_trading.services.signed_links import SignedLinks

PATH = "/unsubscribe/"


@dataclass(frozen=True)
class UnsubscribeLinks:
    """Signs links and reads them. They work for as long as there is something to end."""

    keys: SigningKeys

    def maker(self) -> Callable[[str, NoticeKind], str]:
        """What makes the path of the link for an address and the kind of a notice that it gets."""
        sign = self._links.signer()
        return lambda address, kind: PATH + sign(kind, address)

    def read(self, token: str) -> tuple[str, NoticeKind] | None:
        """Address and kind that the last part of a link's path names; None where it is not one of ours."""
        fields = self._links.read(token)
        return (fields[1], NoticeKind(fields[0])) if fields else None

    @property
    def _links(self) -> SignedLinks:
        return SignedLinks(self.keys, "unsubscribe links")
