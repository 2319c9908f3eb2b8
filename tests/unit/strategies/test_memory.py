"""A strategy says the same whether it has seen all bars or those alone that it remembers."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.buy_and_hold import BuyAndHold
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.registry import build_strategy, strategy_names
from support.bar_series import bars_of, random_walk, sample_closes, with_features
from support.fuzz import examples
from support.strategy_checks import check_memory

pytestmark = pytest.mark.unit

EVERY = [build_strategy(name, {}) for name in strategy_names()]
OTHERS = [
    build_strategy("sma_cross", {"fast": 1, "slow": 2, "trend": 0}),
    build_strategy("sma_cross", {"fast": 50, "slow": 200, "trend": 0}),
    build_strategy("ema_cross", {"fast": 1, "slow": 2}),
    build_strategy("ema_cross", {"fast": 12, "slow": 26}),
    build_strategy("macd_cross", {"fast": 2, "slow": 9, "signal": 9}),
    build_strategy("macd_cross", {"fast": 1, "slow": 3, "signal": 20}),
    build_strategy("macd_cross", {"fast": 1, "slow": 2, "signal": 1}),
    build_strategy("rsi_reversion", {"window": 1}),
    build_strategy("rsi_reversion", {"window": 5, "oversold": 45, "overbought": 55}),
    build_strategy("donchian_breakout", {"entry": 3, "exit": 7}),
    build_strategy("momentum", {"lookback": 12, "skip": 2}),
    build_strategy("top_momentum", {"lookback": 12, "skip": 2, "rebalance": "week"}),
    build_strategy("event_driven", {"impact": 0.1, "drop": -0.5, "hold": 3}),
    build_strategy("volatility_drop", {"window": 3, "sigmas": 0.5, "drop": -0.1, "sentiment": 0.0, "hold": 2}),
    build_strategy("candle_rank", {"timeframes": "1d,1w,1M", "bull": 6, "bear": 6, "history": 50}),
    build_strategy("candle_rank", {"timeframes": "1d", "bull": 2, "bear": 4, "history": 27}),
    build_strategy("scalping", {"reference": "previous_message", "threshold": 0.2}),
]

everyone = pytest.mark.parametrize("strategy", EVERY + OTHERS, ids=lambda strategy: str(strategy.id))


@everyone
@settings(max_examples=examples(5), deadline=None)
@given(
    n=st.integers(1, 1500),
    seed=st.integers(0, 10_000),
    level=st.floats(0.001, 1e6),
    crash=st.sampled_from([1.0, 0.01, 100.0]),
    cuts=st.lists(st.integers(1, 1500), max_size=3),
)
def test_on_random_walks(strategy: Strategy, *, n: int, seed: int, level: float, crash: float, cuts: list[int]) -> None:
    """Also where prices were a hundred times higher or lower before."""
    closes = level * random_walk(n, seed)
    closes[: n // 3] *= crash
    check_memory(strategy, with_features(bars_of(closes), seed), {n, *(1 + cut % n for cut in cuts)})


@everyone
@pytest.mark.parametrize("symbol", sorted(sample_closes()))
def test_on_the_sample(strategy: Strategy, symbol: str) -> None:
    closes = sample_closes()[symbol]
    bars = with_features(bars_of(closes, symbol))
    check_memory(strategy, bars, [*range(1, len(bars), 311), len(bars)])


@dataclass(frozen=True)
class Forgetful(EmaCross):
    """Claims to remember less than it does."""

    @property
    def memory(self) -> int:
        return 4 * self.slow


def test_a_strategy_that_remembers_more_than_it_says_is_caught() -> None:
    bars = bars_of(np.append(np.full(300, 9e6), random_walk(190)))
    with pytest.raises(AssertionError, match="ema_cross"):
        check_memory(Forgetful(fast=20, slow=40), bars, [len(bars)])


def test_one_that_says_nothing_remembers_everything() -> None:
    class Unsaid(BuyAndHold):
        memory = Strategy.memory  # type: ignore[assignment]  # that of the base class says less

    assert Unsaid().memory is None


def test_no_bar_that_is_remembered_is_needless() -> None:
    """Of an average that is not recursive, the oldest remembered bar counts."""
    strategy = build_strategy("donchian_breakout", {"entry": 20, "exit": 10})
    assert strategy.memory == 22
    closes = np.full(40, 10.0)
    closes[-1] = 11.0
    highs = closes.copy()
    highs[-22] = 20.0
    bars: Bars = replace(bars_of(closes), high=highs)
    check_memory(strategy, bars, [40])
