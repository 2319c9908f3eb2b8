"""Notices that an order waits for a person: what it would do, why somebody is asked, and where to answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from algo_trading.domain.approval import Answer, Approval, Invitation
from algo_trading.domain.notice import Content
from algo_trading.domain.order import Order
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.chart import WIDTH
from algo_trading.notification.rendering import Rendering, render
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.approvals import ApprovalRepository

COLOR = "#b7791f"


@dataclass(frozen=True)
class ApprovalNotice:
    """A question in words; `link` leads to the page that answers it, empty where there are no pages."""

    order: Order
    approval: Approval
    link: str

    @property
    def subject(self) -> str:
        """What would be done."""
        order, approval = self.order, self.approval
        what = f"{order.side} {order.instrument} on {approval.account}"
        return f"Approve: {what}" if approval.answer is None else f"{approval.answer.capitalize()}: {what}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return self.approval.answer is None

    @property
    def sentences(self) -> Sequence[str]:
        """What the reader has to know to decide."""
        order, approval = self.order, self.approval
        amount = f"{order.quantity.normalize():f}" if order.quantity is not None else f"for up to {order.budget:,.2f}"
        return (
            f"{order.strategy} wants to {order.side} {order.instrument} ({amount}) on the account {approval.account}.",
            f"Why it is asked: {approval.reason}.",
            f"The order {approval.sentence}."
            if approval.answer is not Answer.TIMED_OUT
            else f"It is over: {approval.sentence}.",
        )

    @property
    def commands(self) -> Sequence[str]:
        """What answers it where algo-trading is installed."""
        key = self.approval.client_order_id[:12]
        return (f"algo-trading approve {key}", f"algo-trading reject {key}")


@dataclass(frozen=True)
class ApprovalRenderer:
    """Renders questions by the keys of their invitations; `link` gives the address of the page that answers one."""

    approvals: ApprovalRepository
    accounts: AccountRepository
    link: Callable[[Invitation], str]

    def begin(self) -> Callable[[Content], Rendering]:
        """It raises UndeliverableError where nobody is asked about such an order."""
        return self._render

    def _render(self, content: Content) -> Rendering:
        invitation = Invitation.parse(content.key)
        approval = self.approvals.find(invitation.client_order_id)
        order = self.accounts.order(invitation.client_order_id)
        if approval is None or order is None:
            raise UndeliverableError(f"nobody is asked about the order {invitation.client_order_id}")
        notice = ApprovalNotice(order, approval, self.link(invitation))
        return Rendering(
            notice.subject,
            render("approval.txt.j2", notice=notice),
            render("approval.html.j2", notice=notice, width=WIDTH, color=COLOR),
        )
