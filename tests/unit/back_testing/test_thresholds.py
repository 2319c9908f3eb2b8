"""The grid of score thresholds, the walk-forward over it, and what is said of a history."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.domain.scores import DEFAULT_POINTS, PointsTable
from algo_trading.domain.time import Interval, array_time
from algo_trading.errors import ConfigError
from algo_trading.strategies.score_history import ScoreHistory
from back_testing.analysis.tune import Tuning, tune
from back_testing.analysis.tune_pairs import TuneThresholds
from back_testing.search.crossings import HORIZONS, crossings
from back_testing.search.thresholds import LOWEST, ThresholdGrid
from fakes.clock import FakeClock
from fakes.scores import FakeThresholds
from reference import thresholds as reference
from support.candles import candles
from support.fuzz import examples

pytestmark = pytest.mark.unit

COSTS = Costs.of(0.001, slippage_bps=5.0)
BINANCE = trading_calendar("BINANCE")


def random_scores(n: int, seed: int, maximum: int = 12) -> ScoreHistory:
    """Scores that stay for some bars and are sometimes both high."""
    chance = np.random.default_rng(seed)
    values = chance.integers(0, maximum + 1, (2, n)) * (chance.random((2, n)) < 0.4)
    stays = np.maximum.accumulate(np.where(chance.random((2, n)) < 0.5, np.arange(n), 0), axis=1)
    bull, bear = np.take_along_axis(values, stays, axis=1)
    return ScoreHistory(bull, bear, np.ones(n, dtype=np.bool_), maximum)


def accounts(bars: Bars, scores: ScoreHistory, bull: int, bear: int, interest: float) -> reference.Account:
    pairs = list(zip(scores.bull.tolist(), scores.bear.tolist(), strict=True))
    opens, closes, thresholds = bars.open.tolist(), bars.close.tolist(), [(bull, bear)] * len(bars)
    dates = [bars.session(i) for i in range(len(bars))]
    nightly = [0.0, *((day - before).days * interest / 365 for before, day in pairwise(dates))]
    return reference.account(opens, closes, pairs, thresholds, 0.001, 0.0005, nightly)


@settings(max_examples=examples(8), deadline=None)
@given(
    n=st.integers(2, 150),
    seed=st.integers(0, 10_000),
    threads=st.integers(1, 3),
    interest=st.sampled_from([0.0, 0.05, 0.9]),
)
def test_every_pair_is_as_traded_one_by_one(n: int, seed: int, threads: int, interest: float) -> None:
    bars, scores = candles(n, seed=seed), random_scores(n, seed)
    grid = ThresholdGrid(bars, scores, replace(COSTS, interest=Decimal(str(interest))), threads)
    figures = grid.figures()
    assert grid.trials == 100
    for bear in range(LOWEST, 12):
        for bull in range(LOWEST, 12):
            coin, most, equity, trades, wins, returns, squares = figures[bear - LOWEST, bull - LOWEST]
            expected = accounts(bars, scores, bull, bear, interest)
            assert coin == pytest.approx(expected.last_coin)
            assert most == pytest.approx(expected.most_coin)
            assert equity == pytest.approx(expected.equity[-1])
            assert trades == len(expected.gains)
            assert wins == sum(gain > 0 for gain in expected.gains)
            mean = returns / n
            variance = max((squares - returns * mean) / (n - 1), 0)
            ratio = mean / variance**0.5 if variance > 1e-18 else 0.0
            assert ratio == pytest.approx(reference.sharpe(expected.equity), rel=1e-6, abs=1e-9)
            own, made = grid.trade(np.full(n, bull), np.full(n, bear))
            np.testing.assert_allclose(own, expected.equity)
            assert [trade.gain for trade in made if trade.exit is not None] == pytest.approx(expected.gains)


def test_the_best_pair_holds_the_most_coin() -> None:
    bars, scores = candles(400, seed=1), random_scores(400, 1)
    grid = ThresholdGrid(bars, scores, COSTS)
    best = grid.best(grid.figures())
    assert best is not None
    coins = {
        (bull, bear): accounts(bars, scores, bull, bear, 0.0).last_coin
        for bull in range(2, 12)
        for bear in range(2, 12)
    }
    assert best.coin == pytest.approx(max(coins.values()) * bars.open[0])
    equal = [pair for pair, coin in coins.items() if coin == pytest.approx(max(coins.values()))]
    assert (best.thresholds.bear, best.thresholds.bull) == max((bear, bull) for bull, bear in equal)


def test_without_a_bear_score_there_is_no_best() -> None:
    quiet = ScoreHistory(np.zeros(50, np.int64), np.zeros(50, np.int64), np.ones(50, np.bool_), 12)
    grid = ThresholdGrid(candles(50), quiet, COSTS)
    assert grid.best(grid.figures()) is None
    with pytest.raises(ConfigError, match="no threshold to choose"):
        ThresholdGrid(candles(50), ScoreHistory(quiet.bull, quiet.bear, quiet.settled, 2), COSTS).figures()


def test_each_step_is_chosen_on_the_past_alone() -> None:
    bars, scores = candles(3000, Interval.HOUR_1, seed=7, missing=0.05), random_scores(3000, 7)
    scores = scores.after(3000 - len(bars))
    inside, outside = timedelta(days=30), timedelta(days=10)
    grid = ThresholdGrid(bars, scores, COSTS)
    walk = grid.walk(inside, outside)
    assert len(walk.folds) > 5
    for fold in walk.folds:
        start = int(np.searchsorted(bars.opened_at, array_time(fold.start)))
        begin = int(np.searchsorted(bars.opened_at, array_time(fold.start - inside)))
        past = ThresholdGrid(bars[begin:start], scores.after(begin).before(start - begin), COSTS)
        best = past.best(past.figures())
        assert best is not None
        assert best.thresholds == fold.chosen
    # What comes later changes no step before it.
    cut = int(np.searchsorted(bars.opened_at, array_time(walk.folds[3].end)))
    earlier = ThresholdGrid(bars[:cut], scores.before(cut), COSTS).walk(inside, outside)
    assert earlier.folds[:4] == walk.folds[:4]
    np.testing.assert_array_equal(earlier.equity[: cut - walk.first], walk.equity[: cut - walk.first])
    assert np.prod([1 + fold.gain for fold in walk.folds]) == pytest.approx(walk.equity[-1])


def test_a_history_shorter_than_what_is_chosen_on() -> None:
    bars = candles(100, Interval.HOUR_1)
    with pytest.raises(ConfigError, match="BTCUSDT has 4 days of scored candles, and the first 30"):
        ThresholdGrid(bars, random_scores(100, 0), COSTS).walk(timedelta(days=30))


@settings(max_examples=examples(7), deadline=None)
@given(n=st.integers(2, 120), seed=st.integers(0, 1000), missing=st.sampled_from([0.0, 0.3]))
@example(n=2, seed=918, missing=0.3)  # no candle is left
def test_crossings_are_those_of_the_definition(n: int, seed: int, missing: float) -> None:
    bars = candles(n + 2, Interval.MINUTE_30, seed=seed, missing=missing)
    scores = random_scores(n + 2, seed).after(n + 2 - len(bars))
    found = {(one.kind, one.score): one for one in crossings(bars, scores)}
    for kind, values in (("bull", scores.bull), ("bear", scores.bear)):
        assert {score for name, score in found if name == kind} == set(range(2, int(values.max(initial=0)) + 1))
        for score in range(2, int(values.max(initial=0)) + 1):
            at = [i for i in range(len(bars)) if values[i] >= score and (i == 0 or values[i - 1] < score)]
            row = found[kind, score]
            assert row.count == len(at)
            for name, horizon in HORIZONS.items():
                changes = []
                for i in at:
                    until = bars.closed_at[i] + np.timedelta64(horizon, "us")
                    inside = [k for k in range(i + 1, len(bars)) if bars.closed_at[k] <= until]
                    if inside and until <= bars.closed_at[-1]:
                        price = min(bars.low[inside]) if kind == "bull" else max(bars.high[inside])
                        changes.append(100 * (price / bars.close[i] - 1))
                expected = np.mean(changes) if changes else np.nan
                np.testing.assert_allclose(row.best[name], expected, rtol=1e-9, atol=1e-9)


def swinging(days: int, seed: int = 0, swing: float = 0.12) -> Bars:
    """Hours around a level: what fell far comes back."""
    chance = np.random.default_rng(seed)
    n, level = 24 * days, 0.0
    logs = np.empty(n)
    for i in range(n):
        level += chance.normal(0, 0.012) - swing * level
        logs[i] = level
    bars = candles(n, Interval.HOUR_1, seed=seed, first="2021-01-01T00:00")
    close = 100 * np.exp(logs)
    open_ = np.append(close[:1], close[:-1])
    high, low = np.maximum(open_, close) * 1.0005, np.minimum(open_, close) * 0.9995
    return Bars(bars.instrument, bars.interval, bars.opened_at, bars.closed_at, open_, high, low, close, bars.volume)


def tuned(bars: Bars, points: PointsTable = DEFAULT_POINTS) -> Tuning:
    frames = tuple(map(Interval, ("1h", "4h", "12h")))
    return tune(bars, frames, points, BINANCE, COSTS, in_sample=timedelta(days=90), out_of_sample=timedelta(days=30))


def test_what_comes_back_has_thresholds_that_survive() -> None:
    found = tuned(swinging(400, swing=0.3))
    assert found.objection == ""
    assert found.deflated > 0.95
    assert found.trials == 16**2
    assert found.walk.equity[-1] - 1 > found.walk.hold
    assert sum(market.trades for market in found.markets) > 10


@pytest.mark.parametrize("seed", range(4))
def test_in_noise_no_threshold_survives(seed: int) -> None:
    found = tuned(candles(24 * 300, Interval.HOUR_1, seed=seed, first="2021-01-01T00:00"))
    assert found.objection
    assert found.best is not None
    assert found.best.coin >= 1  # on the history that it was chosen on the best always looks good


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"participation": 0.1}, "takes at most 10.00% of a bar's volume, which tuning does not know"),
        ({"commission_fixed": 5.0}, "pays 5 for each fill, which tuning does not know"),
    ],
)
def test_terms_that_one_unit_of_money_cannot_know_are_refused(terms: dict[str, float], said: str) -> None:
    bars, kept = swinging(260), FakeThresholds()
    costs = Costs.of(0.001, interest=0.5, **terms)

    def read(*_: Any) -> Bars:
        return bars

    service: Any = TuneThresholds
    tuning = service(read, kept, trading_calendar, DEFAULT_POINTS, lambda _series: costs, FakeClock())
    frames = (Interval.HOUR_4,)
    with pytest.raises(ConfigError, match=said):
        tuning(bars.instrument, frames, commission=0.001)
    with pytest.raises(ConfigError, match="give both --commission and --slippage-bps"):
        tuning(bars.instrument, frames)
    found = tuning(bars.instrument, frames, commission=0.001, slippage_bps=5.0)
    assert found.costs == Costs.of(0.001, slippage_bps=5.0)  # the account's interest does not count either
    costs = Costs.of(0.001, interest=0.5)
    earning = tuning(bars.instrument, frames)
    assert earning.costs.interest == Decimal("0.5")
    assert float(earning.walk.equity[-1]) > float(tune_with(bars, frames, Costs.of(0.001)).walk.equity[-1])


def tune_with(bars: Bars, frames: tuple[Interval, ...], costs: Costs) -> Tuning:
    return tune(bars, frames, DEFAULT_POINTS, BINANCE, costs)


def test_a_listing_is_scored_from_its_twenty_first_day_on() -> None:
    bars = candles(24 * 200, Interval.HOUR_1, seed=1, first="2021-01-01T00:00")
    found = tuned(bars)
    assert found.bars.opened_at[0] == np.datetime64("2021-01-22", "us")
    with pytest.raises(ConfigError, match="scores begin 21 days after the first"):
        tuned(bars[: 24 * 20])
    # The first three days leave no trace.
    factors = {"open": 2.0, "high": 9.0, "low": 0.1, "close": 3.0}
    changed: dict[str, Any] = {
        name: np.append(getattr(bars, name)[:72] * by, getattr(bars, name)[72:]) for name, by in factors.items()
    }
    wild = replace(bars, **changed)
    assert tuned(wild).best == found.best
