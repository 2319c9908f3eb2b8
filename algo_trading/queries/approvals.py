"""Orders that wait for a person, and those that waited."""

from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.approval import Approval
from algo_trading.domain.order import Order
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.approvals import ApprovalRepository


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    """A question with its order."""

    approval: Approval
    order: Order

    @property
    def budget(self) -> str:
        """What the order may spend, in the currency of its account."""
        return f"{self.order.budget or 0:,.2f}"

    def open(self, now: datetime) -> bool:
        """Whether somebody may still answer."""
        return self.approval.answer is None and now < self.approval.expires_at


@dataclass(frozen=True)
class ReadApprovals:
    """Read questions about orders."""

    approvals: ApprovalRepository
    accounts: AccountRepository

    def __call__(self, newest: int | None = None) -> list[ApprovalLine]:
        """Those without an answer, the oldest first; or, answered or not, the `newest` first."""
        found = self.approvals.waiting() if newest is None else self.approvals.newest(newest)
        return [line for one in found if (line := self._line(one)) is not None]

    def one(self, client_order_id: str) -> ApprovalLine | None:
        """The question about an order; None where nobody was asked."""
        found = self.approvals.find(client_order_id)
        return None if found is None else self._line(found)

    def _line(self, approval: Approval) -> ApprovalLine | None:
        order = self.accounts.order(approval.client_order_id)
        return None if order is None else ApprovalLine(approval, order)
