"""What a backtest did, a paper account does: the same trades on the same bars, exits and short positions included."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars, Times
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.exits import Exits
from algo_trading.domain.order import Execution, Order, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, array_time, midnight
from algo_trading.repositories.periods import Stage
from back_testing.engine.backtest import run
from back_testing.engine.rules import Direction, Size, SizeKind, TradingRules
from back_testing.engine.trade import ExitReason
from contracts.bars import bar_row, bar_rows
from support.bar_series import bars_of
from support.candle_table import Told
from support.fuzz import examples
from support.paper_desk import DAYS, FAST, IBM, USUAL, PaperDesk, a_signal, a_state
from support.trading import NO_COSTS, verifying

pytestmark = pytest.mark.unit

SHARES = 7
PRICES = st.integers(20, 60).map(float)
DISTANCES = st.sampled_from([None, None, 0.02, 0.1, 0.3])
AGES = st.sampled_from([None, None, 0.5, 24.0, 60.0, 96.0])  # hours
REASONS = {
    "stop": ExitReason.STOP_LOSS,
    "trailing stop": ExitReason.TRAILING_STOP,
    "target": ExitReason.TAKE_PROFIT,
    "maximum age": ExitReason.MAX_AGE,
}


@st.composite
def markets(draw: st.DrawFn) -> tuple[Bars, str]:
    """Bars of the account's sessions that jump about in whole numbers, and a decision at each."""
    n = draw(st.integers(1, 14))
    columns = draw(st.lists(st.tuples(PRICES, PRICES, st.integers(0, 5), st.integers(0, 5)), min_size=n, max_size=n))
    opens, closes, above, below = (np.array(column, dtype=np.float64) for column in zip(*columns, strict=True))
    high, low = np.maximum(opens, closes) + above, np.minimum(opens, closes) - below
    days: Times = np.array(DAYS[:n], dtype="datetime64[us]")
    closed: Times = days + np.timedelta64(21, "h")
    bars = replace(bars_of(closes), opened_at=days, closed_at=closed, open=opens, high=high, low=low)
    return bars, draw(st.text("..BS", min_size=n, max_size=n))


@dataclass(frozen=True)
class RoundTrip:
    """An entry with its exit, if there was one."""

    entry: Execution
    side: Side
    exit: Execution | None
    reason: ExitReason


def paper_trades(bars: Bars, said: str, exits: Exits, *, shorts: bool) -> tuple[list[RoundTrip], PaperDesk]:
    """What an account traded that went through the bars session by session."""
    desk = PaperDesk(a_state("100000.00", costs=USUAL, shorts=shorts), exits=exits)
    trading = desk.trading
    rows = []
    for number, letter in enumerate(said):
        values = {name: float(getattr(bars, name)[number]) for name in ("open", "high", "low")}
        rows.append(bar_row(IBM, DAYS[number], float(bars.close[number]), **values))
        side = {"B": Side.BUY, "S": Side.SELL}.get(letter, Side.HOLD)
        trading.signals.add([replace(a_signal(side, IBM, FAST, DAYS[number]), shares=float(SHARES))])
        trading.periods.mark("stocks", Interval.DAY, midnight(DAYS[number]), Stage.DECIDED)
    trading.bars.upsert(bar_rows(*rows), "test")
    trading.dispatch()
    booked = {execution.id: execution for execution in desk.accounts.executions("paper")}
    causes = dict.fromkeys(entry.cause for entry in desk.accounts.entries("paper"))
    trips: list[RoundTrip] = []
    for execution in (booked[cause] for cause in causes if cause in booked):
        order = desk.orders[execution.client_order_id]
        if order.closes:
            reason = ExitReason.SIGNAL if order.signal else REASONS[order.reason.split(" at ")[0].split(" of ")[0]]
            trips[-1] = replace(trips[-1], exit=execution, reason=reason)
        else:
            trips.append(RoundTrip(execution, order.side, None, ExitReason.OPEN))
    return trips, desk


@settings(max_examples=examples(8), deadline=None)
@given(market=markets(), stop=DISTANCES, target=DISTANCES, trailing=DISTANCES, age=AGES, shorts=st.booleans())
def test_the_trades_are_the_same(
    *,
    market: tuple[Bars, str],
    stop: float | None,
    target: float | None,
    trailing: float | None,
    age: float | None,
    shorts: bool,
) -> None:
    bars, said = market
    rules = TradingRules(
        cash=100_000.0,
        costs=USUAL,
        direction=Direction.LONG_SHORT if shorts else Direction.LONG,
        size=Size(SizeKind.SHARES, SHARES),
        stop_loss=stop,
        take_profit=target,
        trailing_stop=trailing,
        max_age=age,
        keep_open=True,
    )
    result = run(Told(said), bars, rules)
    trips, desk = paper_trades(bars, said, Exits(stop, target, trailing, age), shorts=shorts)
    assert len(trips) == len(result.trades)
    for trip, trade in zip(trips, result.trades, strict=True):
        assert (trip.side is Side.BUY, float(trip.entry.quantity)) == (trade.side == "long", trade.size)
        assert float(trip.entry.price) == pytest.approx(trade.entry_price, abs=1e-6)
        assert trip.reason is trade.reason
        assert (trip.exit is None) == (trade.exit_time is None)
        if trip.exit is not None:
            assert float(trip.exit.price) == pytest.approx(trade.exit_price, abs=2e-6)
        assert DAYS.index(trip.entry.at.date()) == _bar(bars, trade.entry_time)
        if trip.exit is not None:
            assert DAYS.index(trip.exit.at.date()) == _bar(bars, trade.exit_time)
    held = sum(float(t.entry.quantity) * (1 if t.side is Side.BUY else -1) for t in trips if t.exit is None)
    equity = float(desk.state.money) + held * float(bars.close[-1])
    assert equity == pytest.approx(float(result.equity[-1]), abs=0.03 * (2 * len(trips) + 1))
    verified = verifying(desk.trading)()
    assert (verified.mismatches, verified.explained) == ((), ())
    assert verified.fills == sum(1 + (trip.exit is not None) for trip in trips)
    assert verified.exits == (len(trips) if any((stop, target, trailing, age)) else 0)


def _bar(bars: Bars, opened: datetime | None) -> int:
    assert opened is not None
    return int(np.flatnonzero(bars.opened_at == array_time(opened))[0])


FIRST = np.datetime64("2013-01-02", "us")


def bought_live(cash: float, price: float) -> tuple[float, Order]:
    """The shares that an account has which is to buy with all its cash, as traded then, and its order."""
    desk = PaperDesk(a_state(f"{cash:.2f}"))
    desk.trading.signals.add([a_signal(Side.BUY, IBM, FAST, DAYS[0])])
    desk.trading.bars.upsert(bar_rows(*(bar_row(IBM, day, price, open=price) for day in DAYS[:2])), "test")
    for day in DAYS[:2]:
        desk.trading.periods.mark("stocks", Interval.DAY, midnight(day), Stage.DECIDED)
    desk.trading.dispatch()
    (order,) = desk.orders.values()
    return sum(float(one.quantity) for one in desk.state.positions), order


def bought_in_backtests(cash: float, price: float, ratio: float) -> list[float]:
    """The shares that are bought two bars before a split: with adjusted prices, and as traded up to the split."""
    traded = bars_of([price, price, price / ratio, price / ratio], first=FIRST)
    known = adjusted(traded, [CorporateAction(traded.instrument, traded.session(2), ActionKind.SPLIT, ratio)])
    rules = TradingRules(cash=cash, costs=NO_COSTS, whole_shares=True, keep_open=True)
    results = [run(Told("B..."), known, rules), run(Told("B."), traded[:2], rules)]
    return [sum(trade.size for trade in result.trades) for result in results]


def test_before_a_split_whole_shares_of_today_are_not_those_of_then() -> None:
    """What docs/backtesting.md says of a 20:1 split: 14 of today's shares, where live not one of then is bought."""
    assert bought_in_backtests(700.0, 1000.0, 20.0) == [14, 0]
    shares, order = bought_live(700.0, 1000.0)
    assert shares == 0
    assert order.status is OrderStatus.REJECTED
    assert "does not buy one share" in order.reason


@settings(max_examples=examples(10), deadline=None)
@given(
    cash=st.integers(50, 5_000).map(float), price=PRICES.map(lambda one: 10 * one), ratio=st.sampled_from([2, 7, 20])
)
def test_rounding_differs_by_less_than_a_share_of_then(cash: float, price: float, ratio: int) -> None:
    """With prices as traded not at all."""
    today, then = bought_in_backtests(cash, price, float(ratio))
    live, _ = bought_live(cash, price)
    assert then == live
    assert 0 <= today / ratio - live < 1
