"""Whoever answers for an account is told that an order waits for a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from algo_trading.domain.approval import Invitation
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.approvals import ApprovalRepository
from algo_trading.repositories.notices import NoticeQueue


@dataclass(frozen=True)
class AskForApprovals:
    """Queue a notice about each question that is open, for each of the `recipients` of its account's name.

    Each gets one of his own, because the link in it names him; it is queued once, whoever asks and how often.
    """

    approvals: ApprovalRepository
    queue: NoticeQueue
    clock: Clock
    recipients: Callable[[str], Sequence[str]]

    def __call__(self) -> int:
        """Queue what is due; returns how many notices are new."""
        now, new = self.clock.now(), 0
        for asked in self.approvals.waiting():
            if now < asked.expires_at:
                for address in self.recipients(asked.account):
                    key = Invitation(asked.client_order_id, address).key
                    new += self.queue.tell(Content(NoticeKind.APPROVAL, key, asked.asked_at), [address])
        return new
