"""Orders that wait for a person: the first answer counts, and nobody's answer is a rejection."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.approval import Answer
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.errors import UnknownNameError
from algo_trading.services.approve_orders import AlreadyAnsweredError, AnswerApproval
from fakes.audit import FakeAuditLog
from support.account_world import World
from support.trading import opening

pytestmark = pytest.mark.unit


def a_world(**rules: object) -> World:
    """An account whose first session is decided and dispatched: one strategy buys with a confidence of 0.5."""
    world = World()
    account = world.open()
    ruled = replace(account, name="careful", rules=AccountRules(**rules))  # type: ignore[arg-type]  # fields by name
    world.accounts.open(opening(ruled, "100000.00"))
    world.assignments.rows = [replace(one, account="careful") for one in world.assignments.rows]
    world.decide(0)
    world.dispatch()
    return world


def bought(world: World) -> Order:
    """The first order that buys."""
    return next(one for one in reversed(world.accounts.orders("careful")) if one.side is Side.BUY)


def answering(world: World) -> AnswerApproval:
    return AnswerApproval(world.approvals, FakeAuditLog(), world.clock)


def send(world: World) -> None:
    world.submit(world.accounts.state("careful"))


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"approve_above": Decimal(1000)}, "30000.00 USD is above 1000.00"),
        ({"approve_below": Level.HIGH}, "its confidence is medium, and below high a person is asked"),
    ],
)
def test_what_the_account_asks_for_waits(rules: dict[str, object], reason: str) -> None:
    world = a_world(**rules)
    order, (asked,) = bought(world), world.approvals.waiting()
    assert (order.status, asked.client_order_id, asked.reason) == (OrderStatus.HELD, order.client_order_id, reason)
    assert asked.expires_at == world.clock.now() + timedelta(hours=12)
    send(world)
    assert bought(world) == order
    assert world.accounts.submission(order.client_order_id) is None


@pytest.mark.parametrize("rules", [{"approve_above": Decimal(30_000)}, {"approve_below": Level.MEDIUM}, {}])
def test_what_it_does_not_ask_for_is_sent(rules: dict[str, object]) -> None:
    world = a_world(**rules)
    assert bought(world).status is OrderStatus.OPEN
    assert world.approvals.waiting() == []


def test_an_approved_order_is_sent_and_says_by_whom() -> None:
    world = a_world(approve_above=Decimal(1000))
    order = bought(world)
    approval = answering(world)(order.client_order_id[:8], approved=True, by="ann", where="web")
    assert (approval.answer, approval.answered_by, approval.answered_from) == (Answer.APPROVED, "ann", "web")
    send(world)
    assert bought(world).status is OrderStatus.OPEN
    assert bought(world).reason.endswith("approved by ann (web) at 2026-11-20 22:00 UTC")
    world.decide(1)
    world.dispatch()
    assert bought(world).status is OrderStatus.FILLED


def test_an_answer_is_recorded_among_what_people_did() -> None:
    world, audit = a_world(approve_above=Decimal(1000)), FakeAuditLog()
    key = bought(world).client_order_id
    AnswerApproval(world.approvals, audit, world.clock)(key, approved=True, by="ann", where="web")
    (entry,) = audit.newest(5)
    assert (entry.actor, entry.action, entry.subject, entry.detail["from"]) == ("ann", "order.approve", key, "web")


def test_a_rejected_order_is_never_sent() -> None:
    world = a_world(approve_above=Decimal(1000))
    answering(world)(bought(world).client_order_id, approved=False, by="ann", where="mail")
    send(world)
    assert (bought(world).status, bought(world).reason) == (
        OrderStatus.REJECTED,
        "rejected by ann (mail) at 2026-11-20 22:00 UTC",
    )


def test_the_first_answer_counts() -> None:
    world = a_world(approve_above=Decimal(1000))
    answer, key = answering(world), bought(world).client_order_id
    answer(key, approved=False, by="ann", where="web")
    with pytest.raises(AlreadyAnsweredError, match="rejected by ann"):
        answer(key, approved=True, by="bob", where="mail")
    send(world)
    assert bought(world).status is OrderStatus.REJECTED


def test_nobodys_answer_is_a_rejection() -> None:
    world = a_world(approve_above=Decimal(1000), approval_hours=2)
    world.clock.move(timedelta(hours=2))
    send(world)
    assert bought(world).status is OrderStatus.REJECTED
    assert bought(world).reason == "nobody approved it before 2026-11-21 00:00 UTC"
    with pytest.raises(AlreadyAnsweredError, match="nobody approved it"):
        answering(world)(bought(world).client_order_id, approved=True, by="ann", where="web")


def test_an_answer_after_the_time_is_none() -> None:
    world = a_world(approve_above=Decimal(1000), approval_hours=2)
    world.clock.move(timedelta(hours=2))
    with pytest.raises(AlreadyAnsweredError, match="nobody approved it"):
        answering(world)(bought(world).client_order_id, approved=True, by="ann", where="web")
    send(world)
    assert bought(world).status is OrderStatus.REJECTED


def test_an_unknown_order_is_named() -> None:
    with pytest.raises(UnknownNameError, match="no order that waited for approval"):
        answering(a_world())("abc", approved=True, by="ann", where="web")


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"max_instrument": Decimal("0.2")}, "30000.00 USD would be in IBM, more than 20% of the equity of 100000.00"),
        ({"max_strategy": Decimal("0.2")}, "30000.00 USD would be in the positions of fast, more than 20%"),
        ({"max_exposure": Decimal("0.2")}, "30000.00 USD would be in positions, more than 20%"),
        ({"max_exposure": Decimal("0.3")}, ""),
    ],
)
def test_too_much_in_one_place_is_refused(rules: dict[str, object], reason: str) -> None:
    order = bought(a_world(**rules))
    assert order.status is (OrderStatus.REJECTED if reason else OrderStatus.OPEN)
    assert order.reason.startswith(reason)


def test_exposure_counts_positions_and_waiting_entries() -> None:
    world = a_world(max_exposure=Decimal("0.5"))
    world.decide(1, 2)
    world.dispatch()
    entries = [one for one in world.accounts.orders("careful") if one.side is Side.BUY]
    refused = [one for one in entries if "would be in positions" in one.reason]
    assert len(entries) == 3
    assert len(refused) == 2


def test_after_the_days_loss_nothing_is_bought() -> None:
    world = a_world(max_daily_loss=Decimal("0.0001"))
    world.decide(*range(1, 12))
    world.dispatch()
    refused = [one for one in world.accounts.orders("careful") if "since 00:00 UTC" in one.reason]
    assert refused
    assert all(one.side is Side.BUY for one in refused)
    assert refused[-1].reason.endswith("and 0.0% is the most")
