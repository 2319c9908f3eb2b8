"""Strategies side by side: the figures of single runs, and what cannot be run."""

import pytest

from algo_trading.errors import ConfigError
from algo_trading.strategies.buy_and_hold import BuyAndHold
from algo_trading.strategies.momentum import Momentum
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.analysis.compare import compare
from back_testing.engine import backtest
from back_testing.engine.rules import TradingRules
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.unit


def test_each_pair_is_what_a_run_of_it_alone_gives() -> None:
    series = [bars_of(random_walk(300, seed), symbol) for seed, symbol in enumerate(("IBM", "KO"))]
    strategies = [SmaCross(3, 8, 0), BuyAndHold()]
    done: list[tuple[int, int]] = []
    rows = compare(strategies, series, TradingRules(), series[0].session(50), lambda *count: done.append(count))
    assert [(row.strategy, row.symbol) for row in rows] == [
        (s, b.instrument.symbol) for s in strategies for b in series
    ]
    for row, bars in zip(rows, series * 2, strict=True):
        assert row.statistics == backtest.run(row.strategy, bars, TradingRules(), series[0].session(50)).statistics
    assert done == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_pair_that_cannot_be_run_holds_nobody_up() -> None:
    series = [bars_of(random_walk(300, 0), "LONG"), bars_of(random_walk(30, 1), "SHORT")]
    rows = {row.symbol: row for row in compare([Momentum()], series, TradingRules())}
    assert rows["LONG"].statistics is not None
    assert rows["SHORT"].statistics is None
    assert rows["SHORT"].trouble.startswith("momentum(lookback=252, skip=21, threshold=0.0) needs 253 bars")


def test_nothing_to_compare_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match="needs 253 bars"):
        compare([Momentum()], [bars_of([1.0] * 9)], TradingRules())
    with pytest.raises(ConfigError, match="name at least one strategy and one symbol"):
        compare([], [], TradingRules())
