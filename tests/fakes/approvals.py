"""Approvals in memory."""

from dataclasses import replace
from datetime import datetime

from algo_trading.domain.approval import Answer, Approval
from fakes.accounts import FakeAccounts


class FakeApprovals:
    """Implements ApprovalRepository, on the questions that were stored with orders."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self._asked = accounts.approvals

    def find(self, client_order_id: str) -> Approval | None:
        return self._asked.get(client_order_id)

    def waiting(self) -> list[Approval]:
        return [one for one in self._asked.values() if one.answer is None]

    def newest(self, limit: int) -> list[Approval]:
        return list(self._asked.values())[::-1][:limit]

    def answer(self, client_order_id: str, answer: Answer, at: datetime, by: str, where: str) -> bool:
        found = self._asked.get(client_order_id)
        if found is None or found.answer is not None:
            return False
        self._asked[client_order_id] = replace(
            found, answer=answer, answered_at=at, answered_by=by, answered_from=where
        )
        return True
