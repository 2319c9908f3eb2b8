"""Live and backtest turn the same entries down: the same board through the services of a period and the engine."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.domain.limits import Limits
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.post import Level, Levels
from algo_trading.domain.signal import Side
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.bars import bars_table
from algo_trading.repositories.periods import Stage
from algo_trading.services.evaluate import EvaluateStrategies
from back_testing.engine.backtest import run_portfolio
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Size, SizeKind, TradingRules
from back_testing.engine.signal_limits import SignalLimits
from back_testing.engine.trade import ExitReason
from fakes.assignments import FakeAssignments
from support.factories import joining
from support.fuzz import examples
from support.signal_table import DAYS, SESSIONS, Board
from support.trading import Trading, an_account, opening

pytestmark = pytest.mark.unit

LEVELS = Levels(0.5, 0.8)
CASH = 100_000
FULL = "the strategy holds or is buying"
Deal = tuple[str, date, Side]


def live(said: Board, series: Sequence[Bars], limits: Limits) -> tuple[set[Deal], list[Order]]:
    """What is filled, and every order, when each session is decided and dispatched after the one before."""
    watched = [bars.series for bars in series]
    assignments = [Assignment(said.id, one, "stocks", "paper", "owner", limits) for one in watched]
    trading = Trading(assignments=FakeAssignments(assignments), levels=LEVELS)
    trading.bars.upsert(bars_table(series), "test")
    trading.accounts.open(opening(an_account(start=SESSIONS[0].opened_at, fraction="0.1"), str(CASH)))
    evaluate = EvaluateStrategies(
        trading.bars, trading.actions, joining(), trading.signals, trading.assignments, {said.id: said}.__getitem__
    )
    for period in SESSIONS[: said.table.count("\n")]:
        evaluate(period, watched)
        trading.periods.mark("stocks", period.interval, period.opened_at, Stage.DECIDED)
        trading.dispatch()
    _, orders, executions, _ = trading.books()
    by_id = {order.client_order_id: order for order in orders}
    filled = [(by_id[execution.client_order_id], execution.at.date()) for execution in executions]
    return {(order.instrument.symbol, day, order.side) for order, day in filled}, orders


def backtested(said: Board, series: Sequence[Bars], limits: Limits) -> BacktestResult:
    rules = TradingRules(
        cash=CASH,
        costs=Costs.of(0),
        size=Size(SizeKind.FRACTION, 0.1),
        keep_open=True,
        limits=SignalLimits(LEVELS, {said.id: limits}),
    )
    return run_portfolio(said, series, rules)


def deals(result: BacktestResult) -> set[Deal]:
    entries = {(trade.symbol, trade.entry_time.date(), Side.BUY) for trade in result.trades}
    exits = {
        (trade.symbol, trade.exit_time.date(), Side.SELL)
        for trade in result.trades
        if trade.exit_time and trade.reason is ExitReason.SIGNAL
    }
    return entries | exits


CELLS = st.sampled_from(["."] * 6 + ["-"] + ["B", "B.5", "B.79", "B.8", "B.3", "B*0", "S", "S.5", "S.85", "X"])


@st.composite
def boards(draw: st.DrawFn) -> Board:
    symbols = draw(st.permutations(["A", "B", "C", "D"]))
    rows = draw(st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=4, max_size=14))
    lines = [symbols, ["."] * 4, *rows]  # everything has a first bar
    return Board("\n".join(" ".join(line) for line in lines))


@settings(max_examples=examples(20), deadline=None)
@given(
    said=boards(),
    limits=st.builds(Limits, order_from=st.sampled_from(Level), max_positions=st.sampled_from([None, 0, 1, 2, 3])),
)
def test_live_and_backtest_refuse_the_same(said: Board, limits: Limits) -> None:
    series = said.series()
    filled, orders = live(said, series, limits)
    result = backtested(said, series, limits)
    assert deals(result) == filled
    assert result.at_position_limit == sum(order.reason.startswith(FULL) for order in orders)
    spoken = sum(cell[0] in "BSX" for symbol in said.symbols for cell in said.cells(symbol).values())
    assert result.below_order_level == spoken - len(orders)
    if limits.max_positions is not None:
        assert int(np.count_nonzero(result.positions, axis=0).max()) <= limits.max_positions


def test_what_they_refuse_is_told_live_with_its_reason() -> None:
    said = Board("A B C\nB B B.6\n. . .\nS . B\n. . B\n. . .")
    limits = Limits(order_from=Level.HIGH, max_positions=2)
    filled, orders = live(said, said.series(), limits)
    refused = [(o.instrument.symbol, o.period, o.reason) for o in orders if o.status is OrderStatus.REJECTED]
    assert refused == [("C", str(DAYS[2]), "the strategy holds or is buying 2 of at most 2 positions")]
    result = backtested(said, said.series(), limits)
    assert deals(result) == filled
    assert (result.below_order_level, result.at_position_limit) == (1, 1)
    unlimited = backtested(said, said.series(), replace(limits, max_positions=None))
    assert deals(unlimited) != filled
