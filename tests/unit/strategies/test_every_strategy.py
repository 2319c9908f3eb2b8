"""Properties of every registered strategy: no look-ahead, sane figures, explanations that agree with decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.registry import build_strategy, strategy_names
from support.bar_series import bars_of, sample_closes, with_features
from support.fuzz import examples
from support.strategy_checks import check_decisions, check_explanations, check_no_lookahead

pytestmark = pytest.mark.unit

# Short windows, so that generated series get past the warm-up; a strategy that is not named here runs on its defaults.
SHORT: Mapping[str, Mapping[str, float | str]] = {
    "sma_cross": {"fast": 2, "slow": 5, "trend": 8},
    "ema_cross": {"fast": 2, "slow": 5},
    "macd_cross": {"fast": 2, "slow": 5, "signal": 3},
    "rsi_reversion": {"window": 3},
    "donchian_breakout": {"entry": 5, "exit": 3},
    "momentum": {"lookback": 12, "skip": 2},
    "top_momentum": {"lookback": 12, "skip": 2, "rebalance": "week"},
    "event_driven": {"impact": 0.1, "drop": -0.5, "hold": 3},
    "volatility_drop": {"window": 3, "sigmas": 0.5, "drop": -0.1, "sentiment": 0.0, "hold": 2},
    "candle_rank": {"timeframes": "1d 1w", "bull": 4, "bear": 4, "history": 40},
    "scalping": {"threshold": 0.5, "reference": "last_trade"},
}
NEVER_SELL = {"buy_and_hold"}
ON_DAILY_BARS = {"candle_rank": {"bull": 8, "bear": 8}}  # where the defaults are for shorter ones
EVERY = [build_strategy(name, {}) for name in strategy_names()]
ALSO_SHORT = EVERY + [build_strategy(name, params) for name, params in SHORT.items()]
ALSO_SHORT.append(build_strategy("sma_cross", {"fast": 1, "slow": 2, "trend": 0}))

every = pytest.mark.parametrize("strategy", EVERY, ids=str)
also_short = pytest.mark.parametrize("strategy", ALSO_SHORT, ids=lambda strategy: str(strategy.id))


@st.composite
def stretches(draw: st.DrawFn) -> Floats:
    """Closes made of flat, rising, falling and jumping stretches, none to some hundred."""
    closes: list[float] = []
    level = draw(st.floats(0.01, 1e5))
    for _ in range(draw(st.integers(0, 12))):
        length = draw(st.integers(1, 30))
        factor = draw(st.sampled_from([1.0, 1.0, 1.01, 0.99, 1.5, 0.6, 1 + 1e-9]))
        closes.extend(level * factor**step for step in range(length))
        level = min(max(closes[-1], 0.01), 1e5)
    return np.array(closes)


@also_short
@settings(max_examples=examples(8), deadline=None)
@given(closes=stretches(), seed=st.integers(0, 99), data=st.data())
def test_no_lookahead_on_generated_bars(strategy: Strategy, closes: Floats, seed: int, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(closes)), max_size=5))
    check_no_lookahead(strategy, with_features(bars_of(closes), seed), cuts)


@every
@pytest.mark.parametrize("symbol", sorted(sample_closes()))
def test_no_lookahead_on_the_sample(strategy: Strategy, symbol: str) -> None:
    bars = with_features(bars_of(sample_closes()[symbol], symbol))
    cuts = [*range(0, len(bars), 61), *range(len(bars) - 40, len(bars))]
    check_no_lookahead(strategy, bars, cuts)


@also_short
@settings(max_examples=examples(8), deadline=None)
@given(closes=stretches(), seed=st.integers(0, 99))
def test_decisions_are_sane_on_generated_bars(strategy: Strategy, closes: Floats, seed: int) -> None:
    bars = with_features(bars_of(closes), seed)
    check_decisions(strategy, bars)
    check_explanations(strategy, bars, range(0, len(bars), 7))


@also_short
@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_few_bars_are_no_decision(strategy: Strategy, n: int) -> None:
    bars = with_features(bars_of([10.0, 11.0][:n]))
    if n < strategy.warmup:
        decisions = check_decisions(strategy, bars)
        assert not (decisions.entries | decisions.exits).any()
    check_explanations(strategy, bars, range(n))
    for beyond in (n, -n - 1):
        with pytest.raises(IndexError):
            strategy.explain(bars, beyond)


@every
def test_the_sample_is_bought_and_sold(strategy: Strategy) -> None:
    strategy = build_strategy(strategy.name, ON_DAILY_BARS.get(strategy.name, {}))
    bars = with_features(bars_of(sample_closes()["AAPL"]))
    decisions = check_decisions(strategy, bars)
    assert decisions.entries.any()
    assert decisions.exits.any() == (strategy.name not in NEVER_SELL)
    check_explanations(strategy, bars, range(0, len(bars), 13))


@pytest.mark.parametrize("strategy", [s for s in ALSO_SHORT if s.features], ids=lambda strategy: str(strategy.id))
def test_what_is_not_known_never_leads_to_a_buy(strategy: Strategy) -> None:
    bars = with_features(bars_of(sample_closes()["AAPL"]))
    for name in strategy.features:
        unknown = replace(bars, features={**bars.features, name: np.full(len(bars), np.nan)})
        decisions = check_decisions(strategy, unknown)
        assert not (decisions.entries | decisions.exits).any()
        check_explanations(strategy, unknown, range(0, len(bars), 50))


@dataclass(frozen=True)
class Prophet(Strategy):
    """Buys before every rise: what the properties above must catch."""

    name: ClassVar[str] = "prophet"
    summary: ClassVar[str] = "knows tomorrow"
    warmup: ClassVar[int] = 1

    def decide(self, bars: Bars) -> Decisions:
        rises = np.append(bars.close[1:] > bars.close[:-1], [False] * min(len(bars), 1))
        return Decisions(rises, ~rises, np.ones(len(bars)), np.full(len(bars), 2.0))

    def explain(self, bars: Bars, index: int) -> str:
        return f"{len(bars) + index} bars say nothing"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {"close": bars.close[1:]}


def test_the_checks_catch_a_strategy_that_looks_ahead() -> None:
    bars = bars_of([1.0, 2.0, 3.0])
    with pytest.raises(AssertionError, match="entries of 2 bars"):
        check_no_lookahead(Prophet(), bars, [2])
    with pytest.raises(AssertionError):
        check_decisions(Prophet(), bars)
    with pytest.raises(AssertionError):
        check_explanations(Prophet(), bars, [0])
