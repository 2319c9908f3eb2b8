"""Every formula against known vectors, and its edges."""

import math
import statistics

import numpy as np
import pytest

from back_testing.engine import metrics

pytestmark = pytest.mark.unit

# The mixed returns of empyrical's own tests (empyrical/tests/test_stats.py), daily, and what they expect of it.
MIXED = np.array([np.nan, 1.0, 10.0, -4.0, 2.0, 3.0, 2.0, 1.0, -10.0]) / 100
NONE = np.array([])


def equity_of(returns: np.ndarray) -> np.ndarray:
    return 100 * np.cumprod(1 + np.nan_to_num(returns))


def test_empyricals_vector() -> None:
    assert metrics.cagr(MIXED, 252) == pytest.approx(1.9135925373194231, rel=1e-12)
    assert metrics.volatility(MIXED, 252) == pytest.approx(0.9136465399704637, rel=1e-12)
    assert metrics.sharpe(MIXED, 252) == pytest.approx(1.7238613961706866, rel=1e-12)
    assert metrics.sortino(MIXED, 252) == pytest.approx(2.605531251673693, rel=1e-12)
    assert metrics.max_drawdown(MIXED) == pytest.approx(-0.1, rel=1e-12)
    assert metrics.calmar(MIXED, 252) == pytest.approx(19.135925373194233, rel=1e-12)


def test_total_return_is_the_product() -> None:
    assert metrics.total_return(MIXED) == pytest.approx(math.prod(1 + r for r in MIXED[1:]) - 1)


def test_alpha_and_beta_of_a_leveraged_market() -> None:
    market = np.array([0.01, -0.02, 0.03, 0.0, -0.01])
    assert metrics.beta(2 * market + 0.001, market) == pytest.approx(2)
    assert metrics.alpha(2 * market + 0.001, market, 252) == pytest.approx(1.001**252 - 1)
    assert metrics.beta(market, market) == pytest.approx(1)
    assert metrics.alpha(market, market, 252) == pytest.approx(0, abs=1e-12)


def test_a_market_that_stands_still_has_no_beta() -> None:
    assert math.isnan(metrics.beta(np.array([0.1, 0.2]), np.zeros(2)))
    assert math.isnan(metrics.alpha(np.array([0.1, 0.2]), np.zeros(2), 252))


def test_returns_begin_with_the_cash() -> None:
    assert metrics.period_returns(np.array([90.0, 99.0]), 100) == pytest.approx([-0.1, 0.1])


def test_nothing_grows_from_nothing() -> None:
    assert metrics.period_returns(np.array([50.0, -10.0, -10.0, 5.0]), 100) == pytest.approx([-0.5, -1.2, 0, 0])
    assert metrics.cagr(np.array([-0.5, -1.2, 0.0]), 252) == -1


@pytest.mark.parametrize(
    "figure",
    [
        metrics.cagr(NONE, 252),
        metrics.volatility(NONE, 252),
        metrics.volatility(np.array([0.1]), 252),
        metrics.sharpe(np.zeros(5), 252),
        metrics.sortino(np.array([0.1, 0.2]), 252),
        metrics.calmar(np.array([0.1, 0.2]), 252),
        metrics.win_rate(NONE),
        metrics.profit_factor(NONE),
        metrics.expectancy(NONE),
    ],
)
def test_what_does_not_exist_is_nan(figure: float) -> None:
    assert math.isnan(figure)


def test_a_wild_day_may_be_beyond_numbers() -> None:
    assert metrics.cagr(np.array([30.0]), 252) == math.inf
    assert metrics.alpha(np.array([-0.0025, -0.1038]), np.array([-0.00498, -0.005]), 252) == math.inf
    assert metrics.alpha(np.array([-3.0, -3.0]), np.array([0.0, 0.1]), 252) == -1


def test_trades() -> None:
    pnl = np.array([10.0, -4.0, 0.0, 6.0])
    assert metrics.win_rate(pnl) == 0.5
    assert metrics.profit_factor(pnl) == 4
    assert metrics.profit_factor(np.array([1.0])) == math.inf
    assert metrics.expectancy(np.array([0.1, -0.02])) == pytest.approx(0.04)
    assert metrics.exposure(np.array([True, False, False, True])) == 0.5


def days(*numbers: int) -> np.ndarray:
    return np.datetime64("2024-01-01", "us") + np.array(numbers) * np.timedelta64(1, "D")


@pytest.mark.parametrize(
    ("equity", "longest"),
    [
        ([100, 110, 120, 130], 0),
        ([100, 90, 100, 110], 2),  # from the high to the bar that is as high again
        ([100, 90, 95, 99], 3),  # never recovered: up to the last bar
        ([90, 95, 100, 80], 2),  # the cash at the start is the first high
        ([100, 100, 100, 100], 0),
    ],
)
def test_longest_drawdown(equity: list[float], longest: float) -> None:
    assert metrics.max_drawdown_days(np.array(equity, dtype=np.float64), 100, days(0, 1, 2, 3)) == longest


def test_a_drawdown_lasts_over_weekends() -> None:
    assert metrics.max_drawdown_days(np.array([100.0, 90.0, 101.0]), 100, days(4, 7, 8)) == 4


def test_drawdown_of_each_bar() -> None:
    assert metrics.drawdown(np.array([100.0, 120.0, 90.0, 130.0]), 100) == pytest.approx([0, 0, -0.25, 0])


@pytest.mark.parametrize(
    ("venue", "times", "count"),
    [
        ("XNYS", days(*[d for d in range(70) if d % 7 < 5]), 252),
        ("24/7", days(*range(60)), 365),
        ("BINANCE", days(*range(60)), 365),
        ("XNYS", days(*range(0, 700, 7)), 52),
        ("24/7", days(*range(0, 900, 30)), 12),
        ("XNYS", days(*range(0, 900, 91)), 4),
        ("XNYS", days(*range(0, 4000, 365)), 1),
        ("XNYS", days(0), 252),
        ("BINANCE", days(*range(0, 300, 3)), 365 / 3),
        ("BINANCE", np.datetime64("2024-01-01T07:35", "us") + np.arange(9000) * np.timedelta64(5, "m"), 365 * 288),
        ("24/7", np.datetime64("2024-01-01", "us") + np.arange(24 * 20) * np.timedelta64(1, "h"), 365 * 24),
    ],
)
def test_periods_in_a_year(venue: str, times: np.ndarray, count: float) -> None:
    assert metrics.periods_per_year(venue, times) == count


def test_figures_of_trades_are_what_plain_counting_says() -> None:
    pnl, returns, days = [120.0, -40.0, 15.0, -5.0], [0.12, -0.04, 0.015, -0.005], [10.0, 3.0, 1.0, 6.0]
    assert metrics.best_trade(np.array(returns)) == 0.12
    assert metrics.worst_trade(np.array(returns)) == -0.04
    assert metrics.average_duration(np.array(days)) == 5.0
    assert metrics.sqn(np.array(pnl)) == pytest.approx(2 * statistics.fmean(pnl) / statistics.stdev(pnl))


def test_without_trades_they_do_not_exist() -> None:
    none = np.empty(0)
    for figure in (metrics.best_trade, metrics.worst_trade, metrics.average_duration, metrics.sqn):
        assert np.isnan(figure(none))
    assert np.isnan(metrics.sqn(np.array([5.0])))
    assert np.isnan(metrics.sqn(np.array([5.0, 5.0])))
