"""Stored orders, fills and exits derived again: what follows from signals and bars, and what does not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algo_trading.domain.exits import Exits
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side
from back_testing.analysis.verify_trades import TradesReport
from support.paper_desk import FAST, IBM, PaperDesk, a_dividend, a_signal, a_state
from support.spot_scenario import run_scenario
from support.trading import verifying

pytestmark = pytest.mark.unit

STOP = Exits(stop=0.1)


def stopped(exits: Exits = STOP) -> PaperDesk:
    """Bought at 10 in the second session, left at 9 in the fourth, whose low is 8."""
    desk = PaperDesk(a_state("1000.00"), exits=exits)
    desk.session({IBM: ("10", "10")}, a_signal(Side.BUY))
    for prices in (("10", "10"), ("10", "10"), ("10", "9", "10", "8"), ("9", "9")):
        desk.session({IBM: prices})
    return desk


def put(desk: PaperDesk, order: Order) -> None:
    """Rewrite a stored order, as nobody should."""
    desk.accounts._books["paper"].orders[order.client_order_id] = order


def mismatch(desk: PaperDesk) -> str:
    """The only difference."""
    report = verifying(desk.trading)()
    (found,) = report.mismatches
    assert report.explained == ()
    return found


def test_what_follows_from_signals_and_bars_agrees() -> None:
    assert verifying(stopped().trading)() == TradesReport(orders=1, fills=2, exits=1)


def test_only_what_is_named_is_derived() -> None:
    verify, series = verifying(stopped().trading), stopped().orders.popitem()[1].series
    assert verify([series], [FAST.name]).fills == 2
    assert verify([replace(series, instrument=replace(IBM, symbol="MSFT"))]) == verify(None, ["slow"]) == TradesReport()


def test_a_fill_at_another_price() -> None:
    desk = stopped()
    booked = desk.accounts.executions("paper")
    wrong = replace(booked[1], price=Decimal("9.95"))
    desk.accounts._books["paper"].executions[wrong.id] = wrong
    assert "filled at 9.95 on 2013-01-07" in mismatch(desk)


def test_a_position_that_stayed_although_its_stop_was_met() -> None:
    desk = stopped(Exits(stop=0.5))
    (entry,) = desk.orders.values()
    put(desk, replace(entry, exits=STOP))
    assert mismatch(desk).endswith("stays, and bars lead to: stop at 9.00, entered at 10.00 in 2013-01-07")


def test_a_position_that_was_left_for_another_reason() -> None:
    desk = stopped()
    leaving = next(order for order in desk.orders.values() if order.closes)
    desk.accounts._books["paper"].orders[leaving.client_order_id] = replace(
        leaving, reason="target at 9.00, entered at 10.00"
    )
    assert "bars lead to: stop at 9.00, entered at 10.00 in 2013-01-07" in mismatch(desk)


def test_an_order_without_its_signal() -> None:
    desk = stopped()
    entry = next(order for order in desk.orders.values() if not order.closes)
    desk.accounts._books["paper"].orders[entry.client_order_id] = replace(
        entry, side=Side.SELL, status=OrderStatus.REJECTED
    )
    assert any("its signal says buy IBM" in one for one in verifying(desk.trading)().mismatches)
    put(desk, replace(entry, signal="nothing"))
    assert mismatch(desk).endswith("its signal is not stored")


def test_what_a_corporate_action_has_changed_is_said() -> None:
    desk = stopped()
    (leaving,) = (order for order in desk.orders.values() if order.closes)
    desk.trading.actions.upsert([a_dividend(0.5, day=leaving.opened_at.date())], "test")
    report = verifying(desk.trading)()
    assert report.mismatches == ()
    (said,) = report.explained
    assert "its exits are not derived, for there was the dividend of" in said


def test_at_a_market_each_difference_has_its_line() -> None:
    scenario = run_scenario(1)
    report = verifying(scenario.processes[0], simulated=False)()
    assert report.mismatches == ()
    assert report.fills
    assert 0 < len(report.explained) <= report.fills + report.exits
    assert all(
        any(said in one for said in ("of its bar", "bars lead to", "no bar of that time")) for one in report.explained
    )
