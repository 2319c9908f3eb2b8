"""Sweeps: what they find is what single runs find, by either way, in any blocks and on any number of threads."""

import tracemalloc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import product
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.event_driven import EventDriven
from algo_trading.strategies.registry import build_strategy, strategy_names
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine import ma_cross_evaluator
from back_testing.engine.backtest import run
from back_testing.engine.generic_evaluator import rejection_reason
from back_testing.engine.rules import Direction, FillAt, Size, SizeKind, TradingRules
from back_testing.engine.statistics import Statistics
from back_testing.search import sweep as sweeping
from back_testing.search.sweep import STATISTICS, SweepBlock, best, grid_size, sweep
from back_testing.search.symbols import run_symbols
from support.bar_series import bars_of, random_walk, with_features
from support.fuzz import examples

pytestmark = pytest.mark.unit

QUICK = TradingRules(whole_shares=False, costs=Costs.of(0.001, slippage_bps=5))


def market(n: int = 500, seed: int = 3) -> Bars:
    walk = bars_of(random_walk(n, seed))
    noise = np.random.default_rng(seed).uniform(0, 0.01, (3, n))
    opens: Floats = np.append(walk.close[:1], walk.close[:-1]) * (1 + noise[0] - 0.005)
    high, low = np.maximum(opens, walk.close) * (1 + noise[1]), np.minimum(opens, walk.close) * (1 - noise[2])
    return replace(walk, open=opens, high=high, low=low)


def check(block: SweepBlock, kind: type[Strategy], bars: Bars, rules: TradingRules, first: date | None = None) -> None:
    """Every setting of the block against its own run."""
    for row in range(len(block)):
        params = {name: values[row].item() for name, values in block.params.items()}
        found = {name: values[row] for name, values in block.statistics.items()}
        same(found, run(kind(**params), bars, rules, first).statistics, params)


def same(found: Mapping[str, float], statistics: Statistics, what: object) -> None:
    for name in STATISTICS:
        expected = pytest.approx(getattr(statistics, name), rel=1e-9, abs=1e-12, nan_ok=True)
        assert found[name] == expected, (name, what)


@pytest.mark.parametrize("first", [None, date(2000, 12, 1)])
@pytest.mark.parametrize("keep_open", [False, True])
@pytest.mark.parametrize(
    ("kind", "grid"),
    [
        (SmaCross, {"fast": [2, 5, 9], "slow": [4, 10, 40], "trend": [0, 30]}),
        (SmaCross, {"slow": [10, 30]}),
        (EmaCross, {"fast": [2, 6], "slow": [5, 20]}),
    ],
)
def test_crossings_are_runs(
    kind: type[Strategy], grid: dict[str, list[int]], keep_open: bool, first: date | None
) -> None:
    bars, rules = market(), replace(QUICK, keep_open=keep_open)
    (block,) = sweep(kind, grid, bars, rules, first=first)
    assert len(block) + block.refused == grid_size(grid)
    assert block.statistics["n_trades"].sum() > 0
    check(block, kind, bars, rules, first)


@pytest.mark.parametrize(
    "rules",
    [
        TradingRules(),
        QUICK,
        replace(QUICK, stop_loss=0.03, take_profit=0.05, size=Size(SizeKind.FRACTION, 0.5)),
        replace(QUICK, direction=Direction.LONG_SHORT, trailing_stop=0.05),
        replace(QUICK, fill=FillAt.CLOSE, costs=Costs.of(0.001, commission_fixed=2)),
    ],
    ids=["whole shares", "all in", "stops and parts", "long and short", "at the close"],
)
@pytest.mark.parametrize("name", sorted(set(strategy_names()) - {"momentum", "top_momentum"}))
def test_every_strategy_sweeps_as_it_runs(name: str, rules: TradingRules) -> None:
    bars, strategy = with_features(market(260)), build_strategy(name, {})
    number = next((f.name for f in fields(strategy) if isinstance(getattr(strategy, f.name), int)), None)
    grid = {number: [getattr(strategy, number), getattr(strategy, number) + 1]} if number else {}
    (block,) = sweep(type(strategy), grid, bars, rules)
    assert len(block) == grid_size(grid)
    check(block, type(strategy), bars, rules)


@pytest.mark.parametrize(
    "rules", [TradingRules(), QUICK, TradingRules(cash=100_000)], ids=["whole shares", "all in", "rich"]
)
def test_a_number_of_shares_bounds_settings_as_it_bounds_a_run(rules: TradingRules) -> None:
    bars = with_features(market(260), gaps=0)
    grid = {"base": [1, 7, 100], "hold": [2, 9]}
    (block,) = sweep(EventDriven, grid, bars, rules, fixed={"drop": -1.0, "impact": 0.0})
    assert (block.statistics["n_trades"] > 3).all()
    assert len(set(block.statistics["final_equity"])) == grid_size(grid)
    for row in range(len(block)):
        params = {"drop": -1.0, "impact": 0.0, **{name: values[row].item() for name, values in block.params.items()}}
        found = {name: values[row] for name, values in block.statistics.items()}
        same(found, run(EventDriven(**params), bars, rules).statistics, params)


windows = st.integers(-1, 12)


@settings(max_examples=examples(60), deadline=None)
@given(
    closes=st.lists(st.sampled_from([10.0, 10.0, 10.5, 11.0, 9.5, 20.0]), min_size=1, max_size=60),
    fast=st.lists(windows, min_size=1, max_size=3),
    slow=st.lists(windows, min_size=1, max_size=3),
    trend=st.lists(windows, min_size=1, max_size=2),
    threads=st.integers(1, 3),
)
def test_compiled_crossings_decide_as_the_strategy_does(
    closes: list[float], fast: list[int], slow: list[int], trend: list[int], threads: int
) -> None:
    # Flat stretches and equal averages, and settings that make no sense.
    bars, grid = bars_of(closes), {"fast": fast, "slow": slow, "trend": trend}
    good = [
        s for s in product(fast, slow, trend) if not rejection_reason(SmaCross, dict(zip(grid, s, strict=True)), bars)
    ]
    if not good:
        with pytest.raises(ConfigError, match="not one setting of the grid can be run"):
            list(sweep(SmaCross, grid, bars, QUICK, threads=threads))
        return
    (block,) = sweep(SmaCross, grid, bars, QUICK, threads=threads)
    assert list(zip(*(block.params[name].tolist() for name in grid), strict=True)) == good
    check(block, SmaCross, bars, QUICK)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BLOCK", 7)
    monkeypatch.setattr(ma_cross_evaluator, "KEPT", 4 * 300)


@pytest.mark.usefixtures("small_blocks")
def test_blocks_make_no_difference() -> None:
    bars, grid = market(300), {"fast": range(2, 9), "slow": range(5, 12), "trend": [0, 20]}
    blocks = list(sweep(SmaCross, grid, bars, QUICK))
    assert [block.tried for block in blocks] == list(range(7, 99, 7))
    for block in blocks:
        check(block, SmaCross, bars, QUICK)
    assert sum(len(block) + block.refused for block in blocks) == 98
    index = np.concatenate([block.index for block in blocks]).tolist()
    settings_tried = list(product(*grid.values()))
    expected = [at for at, (fast, slow, _) in enumerate(settings_tried) if fast < slow]
    assert index == expected


def test_the_best_are_found_without_keeping_the_rest() -> None:
    bars, grid = market(), {"fast": range(2, 20), "slow": range(5, 40)}
    rows = best(sweep(SmaCross, grid, bars, QUICK), "sharpe", 5)
    (block,) = sweep(SmaCross, grid, bars, QUICK)
    order = np.argsort(-block.statistics["sharpe"], kind="stable")[:5]
    assert [(row["fast"], row["slow"]) for row in rows] == [
        (block.params["fast"][at], block.params["slow"][at]) for at in order
    ]
    assert rows[0]["sharpe"] == np.nanmax(block.statistics["sharpe"])


def test_what_has_no_metric_is_never_the_best() -> None:
    flat = bars_of(np.full(50, 10.0))
    assert best(sweep(SmaCross, {"fast": [2, 3]}, flat, QUICK, fixed={"trend": 0}), "sharpe", 5) == []


def test_the_memory_stays_flat() -> None:
    bars, grid = market(40), {"fast": range(1, 20), "slow": range(20, 30), "trend": range(1_000)}
    peak = 0
    tracemalloc.start()
    try:
        for number, _ in enumerate(sweep(SmaCross, grid, bars, QUICK)):
            if number == 3:
                tracemalloc.reset_peak()
                peak = tracemalloc.get_traced_memory()[1]
        assert tracemalloc.get_traced_memory()[1] < peak + 3_000_000
    finally:
        tracemalloc.stop()
    assert number > 40


def test_it_streams() -> None:
    bars, grid = market(60), {"fast": range(1, 2), "slow": range(2, 30), "trend": range(100_000)}
    blocks: Iterator[SweepBlock] = sweep(SmaCross, grid, bars, QUICK)
    assert next(blocks).tried == sweeping.BLOCK  # and not 2.8 million


@pytest.mark.parametrize(
    ("grid", "fixed", "sentence"),
    [
        ({"quick": [1]}, {}, "sma_cross has no parameter 'quick'; its parameters and defaults are: fast=7, slow=21"),
        ({"fast": []}, {}, "the grid has no value for fast"),
        ({"fast": [1]}, {"fast": 2}, "fast is both fixed and swept"),
        ({"fast": [30, 40]}, {}, r"not one setting of the grid can be run; of the first: fast \(30\) must be below"),
        ({"fast": [5.5]}, {}, "of the first: fast must be a whole number"),
        ({"trend": [900]}, {}, r"needs 900 bars, and there are 500"),
    ],
)
def test_wrong_input_is_one_sentence(grid: dict[str, list[float]], fixed: dict[str, int], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        list(sweep(SmaCross, grid, market(), QUICK, fixed=fixed))


def test_the_metric_must_exist() -> None:
    with pytest.raises(ConfigError, match="there is no metric 'luck'; a sweep has final_equity"):
        best(iter(()), "luck", 1)


SYMBOL_STRATEGIES = [SmaCross(3, 9, 0), SmaCross(1, 4, 30), EmaCross(3, 9), build_strategy("rsi_reversion", {})]


@pytest.mark.parametrize("strategy", SYMBOL_STRATEGIES, ids=lambda strategy: str(strategy.id))
@pytest.mark.parametrize("rules", [QUICK, TradingRules()], ids=["all in", "whole shares"])
@pytest.mark.parametrize("first", [None, date(2000, 3, 1)])
@pytest.mark.parametrize("threads", [1, 3])
def test_symbols_are_runs(threads: int, first: date | None, rules: TradingRules, strategy: Strategy) -> None:
    series = [market(200 + seed, seed) for seed in range(7)]
    series[3] = replace(series[3], volume=np.where(np.arange(203) % 5 == 4, 0.0, 9.0))
    columns = run_symbols(strategy, series, rules, first=first, threads=threads)
    for at, bars in enumerate(series):
        found = {name: values[at] for name, values in columns.items()}
        same(found, run(strategy, bars, rules, first).statistics, bars.instrument)


@pytest.mark.parametrize(
    ("bars", "sentence"),
    [
        (replace(market(60), close=np.where(np.arange(60) == 7, np.nan, market(60).close)), "missing or no number"),
        (replace(market(60), open=np.where(np.arange(60) == 7, 0.0, market(60).open)), "a price of 0 or below"),
        (replace(market(60), volume=np.where(np.arange(60) == 7, np.nan, 9.0)), "missing or no number"),
        (market(5), "needs 10 bars before its first decision, and there are 5"),
        (market(60)[:0], "TEST has no bars in this range"),
    ],
)
def test_a_symbol_that_cannot_run_is_named(bars: Bars, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        run_symbols(SmaCross(3, 9, 0), [market(80), bars, market(90)], QUICK)


@pytest.mark.parametrize("first", [None, date(2000, 12, 1)])
@pytest.mark.parametrize("trend", [0, 30])
@pytest.mark.parametrize("threads", [2, 5])
def test_threads_share_a_single_setting_of_many_bars(
    monkeypatch: pytest.MonkeyPatch, threads: int, trend: int, first: date | None
) -> None:
    monkeypatch.setattr(ma_cross_evaluator, "PARALLEL_FROM", 100)
    bars = market()
    (block,) = sweep(
        SmaCross, {"fast": [3]}, bars, QUICK, fixed={"slow": 9, "trend": trend}, first=first, threads=threads
    )
    found = {name: values[0] for name, values in block.statistics.items()}
    same(found, run(SmaCross(3, 9, trend), bars, QUICK, first).statistics, threads)


@dataclass(frozen=True)
class HalfSized(SmaCross):
    """Buys half: what the all-in way cannot do."""

    name: ClassVar[str] = "half_sized"

    def decide(self, bars: Bars) -> Decisions:
        return replace(super().decide(bars), size=np.full(len(bars), 0.5))


def test_a_strategy_with_sizes_of_its_own_counts_its_cash() -> None:
    bars, grid = market(), {"fast": [3, 5], "slow": [9, 20]}
    (block,) = sweep(HalfSized, grid, bars, QUICK, fixed={"trend": 0})
    for row in range(len(block)):
        params = {name: values[row].item() for name, values in block.params.items()}
        assert block.statistics["total_return"][row] == pytest.approx(
            run(HalfSized(**params, trend=0), bars, QUICK).statistics.total_return
        )
