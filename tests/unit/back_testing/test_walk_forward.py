"""Walk-forward: every choice knows the past alone, and what is traded is one account."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine import backtest
from back_testing.engine.rules import TradingRules
from back_testing.engine.signal_limits import SignalLimits
from back_testing.search.walk_forward import Plan, WalkForward, chained, choose, statistics_between, walk_forward
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.unit

GRID = {"fast": [2, 4, 8], "slow": [8, 16]}
PLAN = Plan(in_sample=120, out_of_sample=50)
FIXED = {"trend": 0}
FREE = TradingRules(costs=Costs.of(0), whole_shares=False)


def walk(bars: Bars, plan: Plan = PLAN, rules: TradingRules = FREE) -> WalkForward:
    return walk_forward("sma_cross", GRID, bars, rules, plan, fixed=FIXED)


@pytest.fixture(scope="module")
def bars() -> Bars:
    return bars_of(random_walk(400, 3))


@given(st.integers(1, 60), st.integers(1, 60), st.booleans(), st.integers(0, 200))
def test_folds_trade_every_later_bar_once(inside: int, outside: int, anchored: bool, n: int) -> None:
    folds = list(Plan(inside, outside, anchored).folds(n))
    traded = [bar for _, start, end in folds for bar in range(start, end)]
    assert traded == list(range(inside, n))
    assert all(begin == (0 if anchored else start - inside) for begin, start, _ in folds)


def test_choices_and_figures_of_each_fold(bars: Bars) -> None:
    done: list[tuple[int, int]] = []
    found = walk_forward(
        "sma_cross", GRID, bars, FREE, PLAN, fixed=FIXED, progress=lambda now, total: done.append((now, total))
    )
    assert len(found.folds) == 6
    assert done == [(i, 7) for i in range(1, 8)]
    for fold, (begin, start, end) in zip(found.folds, PLAN.folds(400), strict=True):
        assert fold.chosen_on == (bars.session(begin), bars.session(start - 1))
        assert fold.traded == (bars.session(start), bars.session(end - 1))
        # The choice is the best of the grid on those bars, found the slow way.
        sharpes = {
            (fast, slow): backtest.run(
                SmaCross(fast, slow, 0), bars[:start], FREE, first=bars.session(begin)
            ).statistics.sharpe
            for fast in GRID["fast"]
            for slow in GRID["slow"]
            if fast < slow
        }
        assert sharpes[fold.params["fast"], fold.params["slow"]] == pytest.approx(np.nanmax(list(sharpes.values())))
        assert fold.in_sample == pytest.approx(np.nanmax(list(sharpes.values())))
    grown = np.prod([1 + fold.total_return for fold in found.folds])
    assert grown == pytest.approx(1 + found.result.statistics.total_return)
    assert sum(fold.trades for fold in found.folds) == found.result.statistics.n_trades
    assert found.result.statistics.start == bars.session(120)
    inside, outside = (np.mean([getattr(f, n) for f in found.folds]) for n in ("in_sample", "out_of_sample"))
    assert found.efficiency == pytest.approx(outside / inside)


@pytest.mark.parametrize("anchored", [False, True])
def test_no_choice_and_no_fill_knows_later_bars(bars: Bars, anchored: bool) -> None:
    plan = replace(PLAN, anchored=anchored)
    whole = walk(bars, plan)
    for cut in (225, 270, 333):
        seen = walk(bars[:cut], plan)
        complete = [fold for fold in seen.folds if fold.traded[1] < bars.session(cut - 1)]
        assert tuple(complete) == whole.folds[: len(complete)]
        n = len(seen.result.equity) - 1  # its last bar closes the position
        np.testing.assert_array_equal(seen.result.equity[:n], whole.result.equity[:n])


def test_the_newest_choice_is_the_one_to_trade_next(bars: Bars) -> None:
    found = walk(bars)
    params, _ = choose("sma_cross", GRID, bars, FREE, "sharpe", first=bars.session(280), fixed=FIXED)
    assert found.result.strategy == SmaCross(**params)


def test_a_new_setting_takes_over_where_it_stands() -> None:
    down_up_down = [np.linspace(160, 101, 60), np.linspace(100, 200, 100), np.linspace(199, 100, 100)]
    bars = bars_of(np.concatenate(down_up_down))
    quick, slow = SmaCross(2, 5, 0), SmaCross(10, 40, 0)
    decisions = chained(bars, [(100, quick), (130, slow), (170, quick)], SignalLimits())
    assert np.flatnonzero(decisions.entries).tolist() == [100, 130]  # each bought when the price turned, at 60
    assert np.flatnonzero(decisions.exits).tolist() == [170]  # the slow one was still in, the quick one out at 162
    result = backtest.run_decisions(quick, bars, decisions, FREE, first=bars.session(100))
    assert [(str(t.entry_time.date()), str(t.exit_time.date())) for t in result.trades if t.exit_time] == [
        (str(bars.session(101)), str(bars.session(171)))
    ]


def test_without_parameters_to_choose_it_is_the_strategy_itself(bars: Bars) -> None:
    found = walk_forward("buy_and_hold", {}, bars, TradingRules(), PLAN)
    assert found.result.statistics.n_trades == 1
    direct = backtest.run(found.result.strategy, bars, TradingRules(), first=bars.session(120))
    np.testing.assert_allclose(found.result.equity, direct.equity)
    np.testing.assert_allclose(found.result.benchmark, direct.benchmark)


def test_where_no_setting_trades_the_first_is_taken() -> None:
    flat = bars_of([10.0] * 200)
    found = walk(flat)
    assert {tuple(fold.params.values()) for fold in found.folds} == {(0, 2, 8)}
    assert all(np.isnan(fold.in_sample) for fold in found.folds)
    assert np.isnan(found.efficiency)


def test_statistics_of_a_part_are_those_of_the_whole_where_it_is_all(bars: Bars) -> None:
    result = backtest.run(SmaCross(3, 8, 0), bars, TradingRules())
    assert statistics_between(result, 0, 400) == result.statistics
    halves = [statistics_between(result, *edges) for edges in pairwise((0, 200, 400))]
    assert np.prod([1 + half.total_return for half in halves]) - 1 == pytest.approx(result.statistics.total_return)
    assert sum(half.n_trades for half in halves) == result.statistics.n_trades


@pytest.mark.parametrize(
    ("plan", "metric", "grid", "message"),
    [
        (Plan(400, 50), "sharpe", GRID, "TEST has 400 bars, and 400 are needed to choose on before the first one"),
        (PLAN, "luck", GRID, "there is no metric 'luck'"),
        (PLAN, "sharpe", {"quick": [1]}, "sma_cross has no parameter 'quick'; its parameters and defaults are: fast=7"),
        (PLAN, "sharpe", {"fast": [30]}, r"fast \(30\) must be below slow \(21\)"),
    ],
)
def test_what_cannot_be_walked_is_one_sentence(
    bars: Bars, plan: Plan, metric: str, grid: dict[str, list[int]], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        walk_forward("sma_cross", grid, bars, FREE, plan, metric=metric)


def test_windows_and_names_are_checked(bars: Bars) -> None:
    with pytest.raises(ConfigError, match="out_of_sample must be at least 1 bar, not 0"):
        Plan(10, 0)
    with pytest.raises(UnknownNameError, match="there is no strategy 'sma'"):
        walk_forward("sma", GRID, bars, FREE, PLAN)
