"""The statistics behind a recommendation, against plain Python and against what they are meant to find."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.costs import Costs
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.analysis.excess_returns import excess_returns, market_returns, sharpe_per_period
from back_testing.analysis.overfitting import overfitting_probability
from back_testing.analysis.sharpe_difference import (
    mean_block,
    resampled_sharpe,
    sharpe_difference,
    stationary_blocks,
)
from back_testing.engine.backtest import run
from back_testing.engine.rules import TradingRules
from back_testing.search.trials import trials
from reference import bootstrap
from reference import overfitting as plain
from support.bar_series import bars_of, random_walk
from support.fuzz import examples

pytestmark = pytest.mark.unit


@settings(max_examples=examples(13), deadline=None)
@given(
    seed=st.integers(0, 1_000), count=st.integers(2, 7), blocks=st.sampled_from([2, 4, 6]), more=st.integers(0, 5),
    idle=st.integers(0, 2),
)  # fmt: skip
def test_cross_validation_is_the_papers(seed: int, count: int, blocks: int, more: int, idle: int) -> None:
    """Some trials never trade, and the number of bars is no multiple of the blocks."""
    returns = np.random.default_rng(seed).normal(0.0002, 0.01, (count, blocks * 10 + min(more, blocks - 1)))
    returns[:idle] = 0.0
    assert overfitting_probability(returns, blocks) == pytest.approx(
        plain.overfitting_probability(returns.tolist(), blocks)
    )


def test_luck_overfits_half_the_time_and_a_better_trial_never() -> None:
    luck = [np.random.default_rng(seed).normal(0, 0.01, (40, 1_600)) for seed in range(20)]
    assert 0.4 < np.mean([overfitting_probability(returns) for returns in luck]) < 0.6
    better = luck[0].copy()
    better[7] += 0.003
    assert overfitting_probability(better) < 0.01


def test_too_few_trials_or_bars_tell_nothing() -> None:
    assert np.isnan(overfitting_probability(np.ones((1, 1_000))))
    assert np.isnan(overfitting_probability(np.random.default_rng(1).normal(size=(5, 127))))


@settings(max_examples=examples(40), deadline=None)
@given(seed=st.integers(0, 1_000), n=st.integers(10, 80), mean=st.integers(1, 12))
def test_a_resampled_series_is_what_its_blocks_make(seed: int, n: int, mean: int) -> None:
    chance = np.random.default_rng(seed)
    returns = chance.normal(0.001, 0.01, n)
    begins, lengths = stationary_blocks(n, mean, 3, chance)
    assert (lengths.sum(axis=1) == n).all()
    for sample, value in enumerate(resampled_sharpe(returns, (begins, lengths))):
        series = bootstrap.resampled(returns.tolist(), begins[sample].tolist(), lengths[sample].tolist())
        assert len(series) == n
        assert value == pytest.approx(bootstrap.sharpe(series), rel=1e-6)


def test_blocks_have_the_length_that_is_asked_for_and_begin_anywhere() -> None:
    begins, lengths = stationary_blocks(10_000, 25, 50, np.random.default_rng(1))
    whole = lengths[lengths > 0]
    assert whole.mean() == pytest.approx(25, rel=0.05)
    assert np.mean(whole == 1) == pytest.approx(1 / 25, abs=0.01)  # geometric
    assert np.histogram(begins[lengths > 0], 10, (0, 10_000))[0].min() > 0.09 * len(whole)
    assert mean_block(1_000) == 10


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    """Two accounts that share two thirds of their variance, neither better than the other."""
    hits = 0
    for seed in range(200):
        own, other, shared = np.random.default_rng(seed).normal(0.0005, 0.01, (3, 500))
        interval = sharpe_difference(own + 1.4 * shared, other + 1.4 * shared, samples=300)
        assert interval.low < interval.estimate < interval.high
        hits += interval.low <= 0 <= interval.high
    assert 0.85 <= hits / 200 <= 0.95


def test_a_few_bars_give_no_interval() -> None:
    assert np.isnan(sharpe_difference(np.ones(9), np.ones(9)).low)


@pytest.mark.parametrize("history", [0, 40])
@pytest.mark.parametrize("whole_shares", [True, False])
def test_the_excess_is_what_the_plain_one_says(history: int, whole_shares: bool) -> None:
    bars = bars_of(random_walk(300, 5))
    result = run(SmaCross(3, 8, 0), bars, TradingRules(whole_shares=whole_shares), bars.session(history))
    ours = excess_returns(
        result.equity, 10_000.0, result.positions[0], result.bars.close, market_returns(bars, result.history)
    )
    closes, shares = result.bars.close.tolist(), result.positions[0].tolist()
    expected = bootstrap.excess(result.equity.tolist(), 10_000.0, shares, closes)
    np.testing.assert_allclose(ours[1:], expected[1:], rtol=1e-9, atol=1e-12)


def test_holding_has_no_excess_in_any_drift() -> None:
    """Entries that do not depend on prices: what drift gives them, the exposure-matched benchmark has too."""
    found = []
    for seed in range(60):
        chance = np.random.default_rng(seed)
        bars = bars_of(100 * np.cumprod(1 + chance.normal(0.002, 0.01, 1_000)))
        held = (np.cumsum(chance.random(1_000) < 0.02) % 2).astype(np.float64)
        market = market_returns(bars, 0)
        equity = np.cumprod(1 + np.append(0.0, held[:-1]) * market, dtype=np.float64) * 1_000
        shares = held * equity / bars.close
        found.append(float(sharpe_per_period(excess_returns(equity, 1_000, shares, bars.close, market))) * np.sqrt(999))
    assert abs(np.mean(found)) < 3 / np.sqrt(60)
    assert 0.7 < np.std(found) < 1.3


def test_trials_are_runs() -> None:
    bars, rules = bars_of(random_walk(300, 2)), TradingRules(costs=Costs.of(0.002))
    found = list(trials(SmaCross, {"fast": [3, 9], "slow": [8, 20], "trend": [0]}, bars, rules, bars.session(60)))
    assert [tuple(trial.params.values()) for trial in found] == [(3, 8, 0), (3, 20, 0), (9, 20, 0)]
    for trial in found:
        result = run(SmaCross(**trial.params), bars, rules, bars.session(60))
        np.testing.assert_array_equal(trial.equity, result.equity)
        np.testing.assert_array_equal(trial.held, result.positions[0])
