"""Questions about orders on Airflow's page of required actions, and what becomes of the answers."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from airflow.providers.standard.operators import hitl
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput

from algo_airflow import approvals
from algo_airflow.approvals import LOOK_AGAIN, OrderQuestion, questions, record_answer
from algo_trading.domain.approval import Answer, Approval
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.repositories.accounts import AccountStep
from support.world import World

pytestmark = pytest.mark.unit

START = datetime(2013, 1, 2, tzinfo=UTC)
ORDER, OTHER = "1" * 32, "2" * 32


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An account with two orders that wait for an hour; questions that a task puts to Airflow are kept in `asked`."""
    world = World()
    world.open("spot", START)
    before, at = world.accounts.state("spot"), world.clock.now()
    orders = tuple(
        Order(
            key, "spot", StrategyId("cross", "{}"), Series(Instrument("MSFT")), Side.BUY, START, START,
            "it rises", budget=Decimal(2000), status=OrderStatus.HELD,
        )
        for key in (ORDER, OTHER)
    )  # fmt: skip
    asked = tuple(
        Approval(key, "spot", "2000.00 USD is above 1000.00", at, at + timedelta(hours=1)) for key in (ORDER, OTHER)
    )
    after = before.ordering(orders[0]).ordering(orders[1])
    world.accounts.store(AccountStep(before, after, at, orders, approvals=asked))
    monkeypatch.setattr(approvals, "application", lambda: nullcontext(world))
    return world


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What reached Airflow's page."""
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **question: asked.append(question))
    return asked


def context(order: str = ORDER) -> Any:
    class Instance:
        id = "a task instance"

    return {"task_instance": Instance(), "params": {"order": order}}


def clicked(option: str, name: str = "ann") -> dict[str, Any]:
    """The event with which Airflow resumes a task that somebody answered."""
    now = datetime(2013, 3, 4, tzinfo=UTC)
    user = {"id": "7", "name": name}
    return {"chosen_options": [option], "params_input": {}, "responded_at": now, "responded_by_user": user}


TIMEOUT = {"error": "The response timeout has passed.", "error_type": "timeout"}


def status(world: World, order: str = ORDER) -> OrderStatus:
    found = world.accounts.order(order)
    assert found is not None
    return found.status


def test_the_question_says_what_would_be_done_and_waits(world: World, asked: list[dict[str, Any]]) -> None:
    with pytest.raises(TaskAwaitingInput) as waits:
        OrderQuestion(task_id="ask").execute(context())
    assert (waits.value.method_name, waits.value.timeout) == ("execute_complete", LOOK_AGAIN)
    (question,) = asked
    assert question["subject"] == "Approve: buy MSFT on spot"
    assert question["options"] == ["Approve", "Reject"]
    assert question["defaults"] is None
    assert "cross() wants to buy MSFT (for up to 2,000.00) on the account spot." in question["body"]
    assert "Why it is asked: 2000.00 USD is above 1000.00." in question["body"]
    assert status(world) is OrderStatus.HELD


def test_it_waits_no_longer_than_the_question_is_open(world: World, asked: list[dict[str, Any]]) -> None:
    world.clock.time += timedelta(minutes=55)
    with pytest.raises(TaskAwaitingInput) as waits:
        OrderQuestion(task_id="ask").execute(context())
    assert waits.value.timeout == timedelta(minutes=5)
    assert len(asked) == 1


def test_without_an_answer_it_looks_whether_somebody_answered_elsewhere(
    world: World, asked: list[dict[str, Any]]
) -> None:
    with pytest.raises(TaskAwaitingInput) as waits:
        OrderQuestion(task_id="ask").execute_complete(context(), TIMEOUT)
    assert waits.value.timeout == LOOK_AGAIN
    assert asked == [], "asking again would discard an answer that comes at this moment"
    world.answer_approval()(ORDER, approved=False, by="bob", where="web")
    with pytest.raises(AirflowSkipException, match=r"is done with: rejected by bob \(web\)"):
        OrderQuestion(task_id="ask").execute_complete(context(), TIMEOUT)


def test_a_question_whose_time_is_over_is_not_asked(world: World, asked: list[dict[str, Any]]) -> None:
    world.clock.time += timedelta(hours=1)
    with pytest.raises(AirflowSkipException, match="is done with"):
        OrderQuestion(task_id="ask").execute(context())
    with pytest.raises(AirflowFailException, match="nobody is asked about an order 'nonsense'"):
        OrderQuestion(task_id="ask").execute(context("nonsense"))
    assert asked == []


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("option", "approved"), [("Approve", True), ("Reject", False)])
def test_a_click_is_handed_on_with_its_name(option: str, *, approved: bool) -> None:
    given = OrderQuestion(task_id="ask").execute_complete(context(), clicked(option))
    assert given == {"order": ORDER, "approved": approved, "by": "ann"}


def test_somebody_without_a_name_is_known_by_the_id() -> None:
    given = OrderQuestion(task_id="ask").execute_complete(context(), clicked("Reject", name=""))
    assert given["by"] == "7"


def test_an_approved_order_is_sent_at_once_and_a_rejected_one_never(world: World) -> None:
    done = record_answer(world, ORDER, "ann", approved=True)
    assert done == {"order": ORDER, "answer": "approved by ann (Airflow) at 2013-03-04 00:00 UTC", "status": "open"}
    assert record_answer(world, OTHER, "ann", approved=False)["status"] == "rejected"
    assert status(world, OTHER) is OrderStatus.REJECTED
    recorded = [(entry.actor, entry.action, entry.subject, entry.detail["from"]) for entry in world.audit.newest(10)]
    assert sorted(recorded) == [
        ("ann", "order.approve", ORDER, "Airflow"),
        ("ann", "order.reject", OTHER, "Airflow"),
    ]


def test_the_first_answer_counts_wherever_it_came_from(world: World) -> None:
    world.answer_approval()(ORDER, approved=False, by="bob", where="command line")
    with pytest.raises(AirflowSkipException, match=r"rejected by bob \(command line\)"):
        record_answer(world, ORDER, "ann", approved=True)
    world.send_orders()("spot")
    assert status(world) is OrderStatus.REJECTED


def test_a_second_try_goes_on_after_one_that_died(world: World) -> None:
    world.answer_approval()(ORDER, approved=True, by="ann", where="Airflow")
    assert status(world) is OrderStatus.HELD, "it died before the order was sent"
    assert record_answer(world, ORDER, "ann", approved=True)["status"] == "open"
    assert len(world.audit.newest(10)) == 1


def test_an_answer_that_comes_too_late_sends_nothing(world: World) -> None:
    world.clock.time += timedelta(hours=1)
    with pytest.raises(AirflowSkipException, match="nobody approved it before 2013-03-04 01:00 UTC"):
        record_answer(world, ORDER, "ann", approved=True)
    approval = world.approvals.find(ORDER)
    assert approval is not None
    assert approval.answer is Answer.TIMED_OUT


def test_each_open_question_starts_one_run(world: World) -> None:
    assert questions(world) == [
        {"trigger_run_id": f"order__{key}__1", "conf": {"order": key}} for key in (ORDER, OTHER)
    ]
    world.answer_approval()(ORDER, approved=True, by="ann", where="web")
    assert [one["conf"]["order"] for one in questions(world)] == [OTHER]
    world.clock.time += timedelta(hours=1)
    assert questions(world) == []


def test_a_question_that_is_open_for_days_is_asked_in_a_run_each_day(world: World) -> None:
    approval = world.approvals.find(ORDER)
    assert approval is not None
    asked = replace(approval, client_order_id="3" * 32, expires_at=approval.asked_at + timedelta(days=3))
    before = world.accounts.state("spot")
    order = replace(before.orders[0], client_order_id=asked.client_order_id)
    world.accounts.store(AccountStep(before, before.ordering(order), asked.asked_at, (order,), approvals=(asked,)))
    world.clock.time += timedelta(hours=49)
    assert [one["trigger_run_id"] for one in questions(world)] == [f"order__{asked.client_order_id}__3"]
