"""What every repository of approvals does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from algo_trading.domain.approval import Answer, Approval
from algo_trading.domain.order import OrderStatus
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.approvals import ApprovalRepository
from contracts.accounts import CLOSE, NEXT, an_account, an_order, opening, storing


class ApprovalContract:
    """Subclasses give the fixtures `accounts` and `approvals`, both empty and of the same database."""

    @pytest.fixture
    def asked(self, accounts: AccountRepository) -> list[Approval]:
        """Two questions, the second one an hour later."""
        state = accounts.open(opening(an_account()))
        found = []
        for number in (1, 2):
            order = replace(an_order(number), status=OrderStatus.HELD)
            at = CLOSE + timedelta(hours=number)
            found.append(Approval(order.client_order_id, "paper", "it is large", at, at + timedelta(hours=12)))
            state = accounts.store(storing(state, order, approvals=(found[-1],)))
        return found

    def test_at_first_there_is_nothing(self, approvals: ApprovalRepository) -> None:
        assert approvals.waiting() == approvals.newest(5) == []
        assert approvals.find("1") is None
        assert not approvals.answer("1", Answer.APPROVED, NEXT, "ann", "web")

    def test_questions_wait_with_their_orders(
        self, approvals: ApprovalRepository, accounts: AccountRepository, asked: list[Approval]
    ) -> None:
        assert approvals.waiting() == asked
        assert approvals.newest(1) == asked[1:]
        assert approvals.find(asked[0].client_order_id) == asked[0]
        assert [order.status for order in accounts.state("paper").orders] == [OrderStatus.HELD] * 2

    def test_the_first_answer_counts(self, approvals: ApprovalRepository, asked: list[Approval]) -> None:
        key = asked[0].client_order_id
        assert approvals.answer(key, Answer.REJECTED, NEXT, "ann", "web")
        assert not approvals.answer(key, Answer.APPROVED, NEXT, "bob", "mail")
        answered = replace(asked[0], answer=Answer.REJECTED, answered_at=NEXT, answered_by="ann", answered_from="web")
        assert approvals.find(key) == answered
        assert approvals.waiting() == asked[1:]
        assert approvals.newest(5) == [asked[1], answered]
