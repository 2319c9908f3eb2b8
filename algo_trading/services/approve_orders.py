"""Orders that wait for a person: how they are asked for, answered, and sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from algo_trading.domain.account import Account, AccountState
from algo_trading.domain.approval import Answer, Approval
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.errors import AlgoTradingError, UnknownNameError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.approvals import ApprovalRepository
from algo_trading.repositories.audit import AuditEntry, AuditLog

SEPARATOR = "; "  # between the strategy's reason for an order and the one for asking


class AlreadyAnsweredError(AlgoTradingError):
    """Somebody was faster; the sentence says who."""


def asked_until(order: Order, account: Account, now: datetime) -> Order:
    """A held order is to be sent when it is approved, not when it was decided; any other is as it was."""
    if order.status is not OrderStatus.HELD or order.valid_until is None:
        return order
    return replace(order, valid_until=now + timedelta(hours=account.rules.approval_hours))


def question_of(order: Order, account: Account, now: datetime) -> Approval:
    """What a person is asked about a held order."""
    until = now + timedelta(hours=account.rules.approval_hours)
    return Approval(order.client_order_id, order.account, order.reason.rpartition(SEPARATOR)[2], now, until)


@dataclass(frozen=True)
class ReadAnswers:
    """What became of the questions about an account's held orders; nobody's answer in time is a rejection."""

    approvals: ApprovalRepository
    clock: Clock

    def __call__(self, state: AccountState) -> list[Order]:
        """The orders that wait no longer: new, to be sent, or rejected with who said so."""
        found = (self._answered(order) for order in state.orders if order.status is OrderStatus.HELD)
        return [order for order in found if order is not None]

    def _answered(self, order: Order) -> Order | None:
        approval = self.approvals.find(order.client_order_id)
        assert approval is not None, "an order is held together with its question"
        if approval.answer is None and self.clock.now() >= approval.expires_at:
            self.approvals.answer(order.client_order_id, Answer.TIMED_OUT, self.clock.now(), "", "")
            approval = self.approvals.find(order.client_order_id)
            assert approval is not None
        if approval.answer is None:
            return None
        if approval.answer is Answer.APPROVED:
            return order.moved(OrderStatus.NEW, f"{order.reason}{SEPARATOR}{approval.sentence}")
        return order.moved(OrderStatus.REJECTED, approval.sentence)


@dataclass(frozen=True)
class AnswerApproval:
    """Record a person's answer, whichever way it comes: the command line, the web, a link in a mail, Airflow.

    The order is sent, or rejected, by the next pass over its account (`SubmitOrders`).
    """

    approvals: ApprovalRepository
    audit: AuditLog
    clock: Clock

    def __call__(self, name: str, *, approved: bool, by: str, where: str) -> Approval:
        """Answer the question about the order whose id is `name`, or begins with it.

        Raises:
            UnknownNameError: no question, or more than one, is about such an order.
            AlreadyAnsweredError: it was answered before, or its time is over.
        """
        asked = self._find(name)
        now = self.clock.now()
        answer = Answer.APPROVED if approved else Answer.REJECTED
        if now >= asked.expires_at:
            answer, by, where = Answer.TIMED_OUT, "", ""
        counts = self.approvals.answer(asked.client_order_id, answer, now, by, where)
        answered = self.approvals.find(asked.client_order_id)
        assert answered is not None
        if not counts or answer is Answer.TIMED_OUT:
            raise AlreadyAnsweredError(f"the order {asked.client_order_id[:8]} is done with: {answered.sentence}")
        detail = {"from": where, "account": asked.account, "why": asked.reason}
        action = "order.approve" if approved else "order.reject"
        self.audit.add(AuditEntry(now, by, action, asked.client_order_id, detail))
        return answered

    def _find(self, name: str) -> Approval:
        exact = self.approvals.find(name)
        if exact is not None:
            return exact
        found = [one for one in self.approvals.newest(1000) if name and one.client_order_id.startswith(name)]
        if len(found) != 1:
            what = "no order" if not found else f"{len(found)} orders"
            raise UnknownNameError(
                f"{what} that waited for approval has an id that begins with {name!r}: {_ids(found)}"
            )
        return found[0]


def _ids(found: Sequence[Approval]) -> str:
    return ", ".join(one.client_order_id[:12] for one in found) or "`algo-trading approvals` lists them"
