"""The best of several symbols: what is decided is what the plain ranking decides, and nothing knows the future."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars, Times
from algo_trading.domain.costs import Costs
from algo_trading.errors import ConfigError
from algo_trading.strategies.cross_section import decide_all
from algo_trading.strategies.momentum import Momentum
from algo_trading.strategies.top_momentum import TopMomentum
from back_testing.analysis.lookahead import check_lookahead
from back_testing.analysis.lookahead_cuts import ask
from back_testing.engine.backtest import run_portfolio
from back_testing.engine.rules import TradingRules
from reference.top_momentum import decisions
from support.bar_series import bars_of, random_walk
from support.fuzz import examples
from support.leaky_strategies import KnowsTomorrowsBest

pytestmark = pytest.mark.unit

QUICK = TopMomentum(top=2, lookback=8, skip=2, rebalance="week")


def symbols(seed: int, count: int, n: int = 120) -> list[Bars]:
    """Bars of some symbols from the same day on, with holes in each."""
    chance = np.random.default_rng(seed)
    series = []
    for k in range(count):
        kept = np.sort(chance.choice(n, int(n * chance.uniform(0.5, 1)), replace=False))
        bars = bars_of(np.round(50 * np.exp(np.cumsum(chance.normal(0, 0.02, len(kept)))), 1), f"S{k}")
        opened: Times = bars.opened_at[0] + kept * np.timedelta64(1, "D")
        closed: Times = opened + np.timedelta64(21, "h")
        series.append(replace(bars, opened_at=opened, closed_at=closed))
    return series


def walks(count: int) -> list[Bars]:
    return [bars_of(random_walk(150, seed), f"S{seed}") for seed in range(count)]


def days_of(bars: Bars) -> list[date]:
    days: list[date] = bars.sessions.tolist()
    return days


@settings(max_examples=examples(60), deadline=None)
@given(
    seed=st.integers(0, 100_000),
    count=st.integers(1, 5),
    top=st.integers(1, 4),
    skip=st.sampled_from([0, 2]),
    threshold=st.sampled_from([-1.0, 0.0, 0.02]),
    weekly=st.booleans(),
)
def test_it_decides_as_the_plain_ranking(
    *, seed: int, count: int, top: int, skip: int, threshold: float, weekly: bool
) -> None:
    series = symbols(seed, count)
    strategy = TopMomentum(top, 8, skip, threshold, "week" if weekly else "month")
    closes = {b.instrument.symbol: dict(zip(days_of(b), b.close.tolist(), strict=True)) for b in series}
    said = {}
    for bars, decided in zip(series, decide_all(strategy, series), strict=True):
        for i, day in enumerate(days_of(bars)):
            if decided.entries[i] or decided.exits[i]:
                said[bars.instrument.symbol, day] = "buy" if decided.entries[i] else "sell"
    assert said == decisions(closes, top=top, lookback=8, skip=skip, threshold=threshold, weekly=weekly)


def test_alone_it_is_momentum() -> None:
    bars = bars_of(random_walk(300))
    alone, plain = TopMomentum(1, 12, 2).decide(bars), Momentum(12, 2).decide(bars)
    np.testing.assert_array_equal(alone.entries, plain.entries)
    np.testing.assert_array_equal(alone.exits, plain.exits)


def test_a_backtest_holds_the_best_and_shares_the_capital_among_them() -> None:
    rules = TradingRules(cash=10_000, costs=Costs.of(0), whole_shares=False)
    result = run_portfolio(QUICK, walks(5), rules)
    assert len(result.trades) > 10
    assert (result.positions != 0).sum(axis=0).max() == 2
    first = result.trades[0]
    assert first.size * first.entry_price == pytest.approx(5_000)
    assert "1/2 of the equity" in result.allocation


def test_the_look_ahead_check_cuts_all_symbols_at_once() -> None:
    reports = check_lookahead(QUICK, walks(3), TradingRules(), ask=ask)
    assert [report.sentences for report in reports] == [(), (), ()]
    assert any(report.proven for report in reports)


def test_the_look_ahead_check_finds_a_ranking_by_tomorrow() -> None:
    leaky = KnowsTomorrowsBest(top=2, lookback=8, skip=0, rebalance="week")
    reports = check_lookahead(leaky, [bars[:60] for bars in walks(3)], TradingRules(), ask=ask)
    assert not any(report.honest for report in reports)


def test_a_ranking_that_writes_into_bars_is_named() -> None:
    class Careless(TopMomentum):
        def decide_together(self, series: Any) -> Any:
            series[0].close[:] = 1.0
            return super().decide_together(series)

    with pytest.raises(ConfigError, match="writes into the bars"):
        decide_all(Careless(), walks(2))


def test_reasons_say_the_rank() -> None:
    series = walks(4)
    strategy = TopMomentum(1, 8, 2, 0.0, "week")
    told = {strategy.explain_together(series, k, i) for k in range(4) for i in range(60, 80)}
    for said in ("is number 1 of 4, one of the best 1, as the week begins", "of 4, not in the best 1, as the week"):
        assert any(said in sentence for sentence in told)
    assert strategy.explain_together(series, 0, 3) == "only 4 of the 9 bars that the momentum needs are there"


@pytest.mark.parametrize("params", [{"top": 0}, {"skip": 300}, {"rebalance": "day"}, {"threshold": -2.0}])
def test_parameters_that_make_no_sense_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(params))):
        TopMomentum(**params)
