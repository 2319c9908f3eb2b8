"""The deflated Sharpe ratio against the paper's own example and against simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.bars import Floats
from back_testing.analysis.deflated_sharpe import deflated_sharpe, expected_best_sharpe, probabilistic_sharpe

pytestmark = pytest.mark.unit


def returns_with(sharpe: float, skewness: float, kurtosis: float, n: int) -> Floats:
    """Returns with this mean over sample deviation, and nearly these moments: -a, 0 and b in the right proportion."""
    root = np.sqrt(4 * kurtosis - 3 * skewness**2)
    b, a = (skewness + root) / 2, (root - skewness) / 2
    weight_b, weight_a = 1 / (b * (a + b)), 1 / (a * (a + b))
    count_b, count_a = round(n * weight_b), round(n * weight_a)
    values = np.concatenate([np.full(count_b, b), np.full(count_a, -a), np.zeros(n - count_a - count_b)])
    centred = values - values.mean()
    shifted: Floats = centred / centred.std(ddof=1) + sharpe
    return shifted


def test_the_example_of_the_paper() -> None:
    """100 trials whose Sharpe ratios vary by 1/2 a year, the best 2.5 over 1,250 days, skewness -3, kurtosis 10."""
    deviation, per_day = np.sqrt(0.5 / 250), 2.5 / np.sqrt(250)
    assert expected_best_sharpe(deviation, 100) == pytest.approx(0.1132, abs=5e-5)
    returns = returns_with(per_day, -3, 10, 1250)
    assert deflated_sharpe(returns, deviation, 100) == pytest.approx(0.9004, abs=2e-3)
    assert deflated_sharpe(returns, deviation, 46) == pytest.approx(0.9505, abs=2e-3)


def test_one_trial_needs_no_deflating() -> None:
    returns = np.random.default_rng(3).normal(0.001, 0.01, 500)
    assert expected_best_sharpe(0.1, 1) == 0
    assert deflated_sharpe(returns, 0.1, 1) == probabilistic_sharpe(returns, 0.0)


def test_the_expected_best_is_what_simulation_finds() -> None:
    best = np.random.default_rng(5).normal(0, 0.02, (2000, 200)).max(axis=1).mean()
    assert expected_best_sharpe(0.02, 200) == pytest.approx(best, rel=0.02)


def test_of_many_worthless_strategies_hardly_any_best_one_convinces() -> None:
    generator = np.random.default_rng(11)
    convinced = 0
    for _ in range(60):
        trials = generator.normal(0, 0.01, (50, 500))
        sharpes = trials.mean(axis=1) / trials.std(axis=1, ddof=1)
        best = trials[np.argmax(sharpes)]
        convinced += deflated_sharpe(best, float(np.std(sharpes, ddof=1)), 50) > 0.95
    assert convinced <= 6


@given(st.integers(2, 5000), st.floats(1e-4, 0.2))
def test_more_trials_deflate_more(trials: int, deviation: float) -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.01, 300)
    assert expected_best_sharpe(deviation, trials + 1) > expected_best_sharpe(deviation, trials) >= 0
    assert deflated_sharpe(returns, deviation, trials + 1) <= deflated_sharpe(returns, deviation, trials)


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.1, 0.1], [0.0, np.nan]])
def test_what_has_no_sharpe_ratio_has_no_deflated_one(returns: list[float]) -> None:
    assert np.isnan(deflated_sharpe(np.array(returns), 0.1, 10))
