"""No later price moves an order, and the compiled loop does what a plain one does."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.errors import ConfigError
from back_testing.engine.backtest import run, run_portfolio
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import Direction, FillAt, Size, SizeKind, TradingRules
from back_testing.engine.trade import ExitReason
from reference.single import reference
from support.bar_series import bars_of
from support.candle_table import Told
from support.fuzz import examples

pytestmark = pytest.mark.unit

prices = st.integers(20, 60).map(float)
fractions = st.sampled_from([None, None, 0.02, 0.1, 0.3])
sizes = st.sampled_from([Size(), Size(SizeKind.FRACTION, 0.4), Size(SizeKind.CASH, 700.0), Size(SizeKind.SHARES, 7.0)])


@st.composite
def markets(draw: st.DrawFn) -> tuple[Bars, Told]:
    """Bars that jump about in whole numbers, some without volume, and decisions about them."""
    n = draw(st.integers(1, 14))
    columns = draw(st.lists(st.tuples(prices, prices, st.integers(0, 5), st.integers(0, 5)), min_size=n, max_size=n))
    opens, closes, above, below = (np.array(column, dtype=np.float64) for column in zip(*columns, strict=True))
    volume = np.array(draw(st.lists(st.sampled_from([0.0, 9.0, 9.0, 9.0]), min_size=n, max_size=n)))
    high, low = np.maximum(opens, closes) + above, np.minimum(opens, closes) - below
    bars = replace(bars_of(closes), open=opens, high=high, low=low, volume=volume)
    decisions = draw(st.text("..BSX", min_size=n, max_size=n))
    parts = draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=n, max_size=n))
    bounds = draw(st.just([]) | st.lists(st.sampled_from([np.nan, 0.0, 0.4, 3.0, 8.5, 1e9]), min_size=n, max_size=n))
    return bars, Told(decisions, tuple(parts), tuple(bounds))


@st.composite
def some_rules(draw: st.DrawFn) -> TradingRules:
    return TradingRules(
        cash=1000.0,
        costs=Costs.of(
            draw(st.sampled_from([0.0, 0.01])),
            commission_fixed=draw(st.sampled_from([0.0, 3.0])),
            slippage_bps=draw(st.sampled_from([0, 50])),
        ),
        fill=draw(st.sampled_from(FillAt)),
        direction=draw(st.sampled_from(Direction)),
        size=draw(sizes),
        whole_shares=draw(st.booleans()),
        stop_loss=draw(fractions),
        take_profit=draw(fractions),
        trailing_stop=draw(fractions),
        keep_open=draw(st.booleans()),
    )


@settings(max_examples=examples(70), deadline=None)
@given(market=markets(), rules=some_rules())
def test_it_trades_as_the_plain_one_does(market: tuple[Bars, Told], rules: TradingRules) -> None:
    bars, told = market
    result = run(told, bars, rules)
    account, equity = reference(bars, told.decide(bars), rules)
    np.testing.assert_allclose(result.equity, equity, rtol=1e-9, atol=1e-9)
    closed = [trade for trade in result.trades if trade.reason is not ExitReason.OPEN]
    assert [str(trade.reason) for trade in closed] == [reason for *_, reason in account.trades]
    for trade, (shares, entry, exit_, pnl, _) in zip(closed, account.trades, strict=True):
        assert trade.size * (1 if trade.side == "long" else -1) == pytest.approx(shares)
        assert (trade.entry_price, trade.exit_price, trade.pnl) == pytest.approx((entry, exit_, pnl))
    assert result.refused == account.refused
    assert result.positions[0, -1] == pytest.approx(account.shares)


@settings(max_examples=examples(70), deadline=None)
@given(market=markets(), rules=some_rules())
def test_the_books_balance(market: tuple[Bars, Told], rules: TradingRules) -> None:
    bars, told = market
    result = run(told, bars, rules)
    assert result.equity[-1] == pytest.approx(rules.cash + sum(trade.pnl for trade in result.trades))
    for trade in result.trades:
        assert trade.size > 0
        assert trade.costs >= 0
        assert trade.bars >= 0
        assert trade.exit_time is None or trade.exit_time - trade.entry_time == timedelta(days=trade.bars)
    if rules.costs.slippage == 0:
        days = {time.date(): at for at, time in enumerate(bars.opened_at.astype("datetime64[us]").tolist())}
        for trade in result.trades:
            entry = days[trade.entry_time.date()]
            assert trade.entry_price in {bars.open[entry], bars.close[entry]}
            if trade.exit_time:
                leave = days[trade.exit_time.date()]
                assert bars.low[leave] <= trade.exit_price <= bars.high[leave]


def orders(result: BacktestResult, at_opens_only: bool) -> list[tuple[object, ...]]:
    """Every fill with its time, price and size; only those at opens where asked."""
    found: list[tuple[object, ...]] = []
    for trade in result.trades:
        found.append((trade.entry_time, "entry", trade.entry_price, trade.size))
        if trade.reason is ExitReason.SIGNAL or not at_opens_only:
            found.append((trade.exit_time, "exit", trade.exit_price, trade.size))
    return found


@settings(max_examples=examples(40), deadline=None)
@given(market=markets(), rules=some_rules(), data=st.data())
def test_only_the_fill_days_close_changes_and_no_open_fill_moves(
    market: tuple[Bars, Told], rules: TradingRules, data: st.DataObject
) -> None:
    bars, told = market
    rules = replace(rules, fill=FillAt.NEXT_OPEN)
    day = data.draw(st.integers(0, len(bars) - 1))
    close = bars.close.copy()
    close[day] = data.draw(st.integers(int(bars.low[day]), int(bars.high[day])))
    before, after = run(told, bars, rules), run(told, replace(bars, close=close), rules)
    until = bars.opened_at[day].astype("datetime64[us]").item()
    known = [
        [order for order in orders(result, at_opens_only=True) if order[0].replace(tzinfo=None) <= until]  # type: ignore[attr-defined]  # a datetime
        for result in (before, after)
    ]
    assert known[0] == known[1]


@settings(max_examples=examples(40), deadline=None)
@given(market=markets(), rules=some_rules(), data=st.data())
def test_the_future_moves_nothing(market: tuple[Bars, Told], rules: TradingRules, data: st.DataObject) -> None:
    bars, told = market
    rules = replace(rules, keep_open=True)  # else the last bar is known to be the last
    cut = data.draw(st.integers(1, len(bars)))
    whole, part = run(told, bars, rules), run(told, bars[:cut], rules)
    np.testing.assert_array_equal(whole.equity[:cut], part.equity)
    np.testing.assert_array_equal(whole.positions[:, :cut], part.positions)
    ended = [trade for trade in part.trades if trade.reason is not ExitReason.OPEN]
    assert list(whole.trades)[: len(ended)] == ended


@pytest.mark.parametrize(
    ("asked", "bought"),
    [(np.nan, 50), (30.0, 30), (30.7, 30), (49.9, 49), (50.0, 50), (1e9, 50)],
)
@pytest.mark.parametrize("others", [0, 1])
def test_an_entry_takes_the_least_of_what_is_asked_for_and_what_the_size_allows(
    asked: float, bought: int, others: int
) -> None:
    """A portfolio does as one does; its second symbol never trades."""
    bars = bars_of([20.0] * 4)
    told, rules = (
        Told("B..S", shares=(asked, 1.0, 1.0, 1.0)),
        TradingRules(cash=1000.0 * (1 + others), costs=Costs.of(0)),
    )
    idle = [replace(bars_of([20.0] * 4, "IDLE"), volume=np.array([1.0, 0.0, 0.0, 0.0]))] * others
    (trade,) = run_portfolio(told, [bars, *idle], rules).trades
    assert trade.size == bought


def test_shares_below_one_are_refused_where_they_are_whole() -> None:
    bars, told = bars_of([20.0] * 3), Told("B..", shares=(0.4, np.nan, np.nan))
    assert run(told, bars, TradingRules()).refused == 1
    (trade,) = run(told, bars, TradingRules(whole_shares=False)).trades
    assert trade.size == 0.4


def test_negative_shares_are_no_decision() -> None:
    with pytest.raises(ConfigError, match="suggests fewer than 0 shares"):
        run(Told("B..", shares=(-1.0, np.nan, np.nan)), bars_of([20.0] * 3), TradingRules())
