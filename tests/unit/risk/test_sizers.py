"""Sizes by how much an instrument moves: the plain formulas, one bar at a time, in backtests and for live orders."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import ConfigError
from algo_trading.repositories.periods import Stage
from algo_trading.risk.sizers import EqualRisk, VolatilityTarget, bars_per_year, sizer_of
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run
from back_testing.engine.rules import Size, TradingRules
from back_testing.search.sweep import sweep
from contracts.bars import bar_row, bar_rows
from reference.sizers import equal_risk, volatility_target
from support.bar_series import bars_of, random_walk
from support.candle_table import Told
from support.fuzz import examples
from support.paper_desk import DAYS, FAST, IBM, PaperDesk, a_signal, a_state

pytestmark = pytest.mark.unit

FREE = TradingRules(cash=10_000.0, costs=Costs.of(0), whole_shares=False)


def moving(seed: int, n: int = 60) -> Bars:
    chance = np.random.default_rng(seed)
    close = np.round(50 * np.exp(np.cumsum(chance.normal(0, chance.choice([0.0, 0.002, 0.03]), n))), 2)
    high, low = close * chance.uniform(1, 1.02, n), close * chance.uniform(0.98, 1, n)
    return replace(bars_of(close, "IBM"), high=high, low=low)


@settings(max_examples=examples(60), deadline=None)
@given(seed=st.integers(0, 100_000), window=st.integers(2, 25), amount=st.sampled_from([0.01, 0.1, 0.4]))
def test_they_are_the_plain_formulas(seed: int, window: int, amount: float) -> None:
    bars = moving(seed)
    volatility = VolatilityTarget(amount, window).fractions(bars)
    risk = EqualRisk(amount, window).fractions(bars)
    columns = [values.tolist() for values in (bars.high, bars.low, bars.close)]
    for i in range(len(bars)):
        highs, lows, closes = (values[: i + 1] for values in columns)
        assert volatility[i] == pytest.approx(volatility_target(closes, amount, window, 252), rel=1e-9)
        assert risk[i] == pytest.approx(equal_risk(highs, lows, closes, amount, window), rel=1e-9)


@pytest.mark.parametrize("sizer", [VolatilityTarget(0.15), EqualRisk(0.01)])
def test_the_last_part_rests_on_its_memory_alone(sizer: VolatilityTarget | EqualRisk) -> None:
    bars = moving(7)
    for end in range(sizer.memory, len(bars)):
        assert sizer.fractions(bars[end - sizer.memory : end])[-1] == sizer.fractions(bars)[end - 1]


def test_bars_of_a_year() -> None:
    assert bars_per_year("XNYS", Interval.DAY) == 252
    assert bars_per_year("24/7", Interval.DAY) == 365
    assert bars_per_year("24/7", Interval.HOUR_1) == 365 * 24
    assert bars_per_year("XNYS", Interval.HOUR_1) == 252 * 6.5
    assert (bars_per_year("XNYS", Interval.WEEK), bars_per_year("24/7", Interval.MONTH)) == (52, 12)


@pytest.mark.parametrize("text", ["volatility:0.15", "risk:0.01"])
def test_a_sizer_is_read_as_it_is_written(text: str) -> None:
    assert str(sizer_of(text)) == text
    assert str(Size.parse(text)) == text


@pytest.mark.parametrize("text", ["volatility", "volatility:0", "risk:-1", "risk:nan", "all", "fraction:0.5"])
def test_anything_else_is_no_sizer(text: str) -> None:
    with pytest.raises(ConfigError, match="a sizer is"):
        sizer_of(text)


def test_a_backtest_takes_the_part_of_the_equity() -> None:
    """Decided at the bar 30, filled at the next open, at which the price is the close of the bar before."""
    bars = moving(3)
    bars = replace(bars, open=np.concatenate(([bars.close[0]], bars.close[:-1])))
    bars = replace(bars, high=np.maximum(bars.high, bars.open), low=np.minimum(bars.low, bars.open))
    told = Told("." * 30 + "B" + "." * 29)
    for text, sizer in (("volatility:0.1", VolatilityTarget(0.1)), ("risk:0.01", EqualRisk(0.01))):
        (trade,) = run(told, bars, replace(FREE, size=Size.parse(text))).trades
        part = sizer.fractions(bars)[30]
        assert 0 < part < 1
        assert trade.size * trade.entry_price == pytest.approx(10_000 * part)


def test_an_entry_before_there_are_bars_enough_is_refused() -> None:
    result = run(Told("B" + "." * 29), moving(3, 30), replace(FREE, size=Size.parse("risk:0.01")))
    assert (result.trades, result.refused) == ([], 1)


def test_a_sweep_sizes_alike() -> None:
    bars, rules = bars_of(random_walk(300)), replace(FREE, size=Size.parse("volatility:0.1"))
    (block,) = sweep(
        SmaCross, {"fast": [3, 5], "slow": [10, 20]}, bars, rules, fixed={"trend": 0}, first=bars.session(40)
    )
    for row in range(len(block)):
        strategy = SmaCross(int(block.params["fast"][row]), int(block.params["slow"][row]), 0)
        result = run(strategy, bars, rules, first=bars.session(40))
        assert block.statistics["final_equity"][row] == pytest.approx(result.statistics.final_equity, rel=1e-9)


@pytest.mark.parametrize(("most", "text"), [("1", "volatility:0.1"), ("1", "risk:0.01"), ("0.05", "risk:0.01")])
def test_a_live_order_has_the_same_part_for_its_budget(most: str, text: str) -> None:
    """A split within the window changes nothing: its bars are adjusted before they are measured."""
    n = 25
    bars = moving(3, n)
    begin = a_state("10000.00", fraction=most)
    desk = PaperDesk(replace(begin, account=replace(begin.account, sizer=text)))
    rows = []
    for number, day in enumerate(DAYS[:n]):
        split = 2 if number < 15 else 1
        values = {name: split * float(getattr(bars, name)[number]) for name in ("open", "high", "low")}
        rows.append(bar_row(IBM, day, split * float(bars.close[number]), **values))
        desk.trading.periods.mark("stocks", Interval.DAY, midnight(day), Stage.DECIDED)
    desk.trading.bars.upsert(bar_rows(*rows), "test")
    desk.trading.actions.upsert([CorporateAction(IBM, DAYS[15], ActionKind.SPLIT, 2.0)], "test")
    desk.trading.signals.add([a_signal(Side.BUY, IBM, FAST, DAYS[5]), a_signal(Side.BUY, IBM, FAST, DAYS[n - 1])])
    desk.trading.dispatch()
    early, order = sorted(desk.orders.values(), key=lambda one: one.decided_at)
    assert early.status is OrderStatus.REJECTED
    assert "nothing to spend" in early.reason
    part = min(float(most), float(sizer_of(text).fractions(bars)[-1]))
    assert order.budget == pytest.approx(Decimal(10_000) * Decimal(part), abs=Decimal("0.01"))
