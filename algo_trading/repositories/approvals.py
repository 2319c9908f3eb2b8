"""Questions about orders that wait for a person."""

from datetime import datetime
from typing import Protocol

from algo_trading.domain.approval import Answer, Approval


class ApprovalRepository(Protocol):
    """Approvals by the client order id of their order. A question is stored with its order (`AccountStep`)."""

    def find(self, client_order_id: str) -> Approval | None:
        """One of them."""
        ...

    def waiting(self) -> list[Approval]:
        """Those without an answer, the oldest first."""
        ...

    def newest(self, limit: int) -> list[Approval]:
        """The newest questions first, answered or not."""
        ...

    def answer(self, client_order_id: str, answer: Answer, at: datetime, by: str, where: str) -> bool:
        """Record an answer, unless there is one already; returns whether this one counts."""
        ...
