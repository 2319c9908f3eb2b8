"""Scores of many pairs at a moment, the score history of one pair, the grid of thresholds over it, and new candles."""

import os
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pandas as pd

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import DEFAULT_POINTS, SCORED
from algo_trading.domain.time import Interval
from algo_trading.indicators.candle_ranks import ClosedCandles, Integers, candle_metrics
from algo_trading.services.score_candles import PairCandles
from algo_trading.strategies.score_history import ScoreHistory, scores_of
from back_testing.search.thresholds import ThresholdGrid
from bench.measure import Contender, Goal, Progress, Result, measure
from bench.refresh import refreshed

PAIRS, CLOSED = 200, 20_000  # closed candles of the shortest timeframe
STEPS = 500_000
FRAMES = tuple(map(Interval, ("5m", "15m", "30m", "1h", "2h", "4h", "12h", "1d", "3d", "1w")))
PANDAS_STEPS, NUMPY_STEPS = 7_000, 40_000  # more than the three weeks after which scores count
ROUNDS = 5
THRESHOLDS = 59
AT = datetime(2026, 1, 1, tzinfo=UTC)
Prices = tuple[Floats, Floats, Floats, Floats]


def benchmark(progress: Progress) -> list[Result]:
    """All of it."""
    return [at_one_moment(progress), *over_history(progress), refreshed(progress)]


def candles(n: int, seed: int = 0) -> Bars:
    """Five-minute candles of a random walk."""
    chance = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.002, n)))
    open_ = np.append(100.0, close[:-1])
    high = np.maximum(open_, close) * (1 + np.abs(chance.normal(0, 0.0005, n)))
    low = np.minimum(open_, close) * (1 - np.abs(chance.normal(0, 0.0005, n)))
    step = np.timedelta64(5, "m")
    opened = np.datetime64("2020-01-01", "us") + np.arange(n) * step
    return Bars(
        Instrument("BENCHUSDT", "BINANCE"),
        Interval.MINUTE_5,
        opened,
        opened + step,
        open_,
        high,
        low,
        close,
        np.ones(n),
    )


def at_one_moment(progress: Progress) -> Result:
    """Every pair's running candles ranked among its closed ones, which are kept in order."""
    pairs = []
    for number in range(PAIRS):
        metrics = {}
        for k, interval in enumerate(SCORED):
            bars = candles(CLOSED // (k + 1) ** 2 + 1, 10 * number + k)
            metrics[interval] = candle_metrics(bars.open, bars.high, bars.low, bars.close)
        closed = {interval: ClosedCandles.of(values[:, :-1]) for interval, values in metrics.items()}
        newest = {interval: values[:, -1] for interval, values in metrics.items()}
        pairs.append((PairCandles(Instrument(f"C{number}USDT", "BINANCE"), closed), newest))

    def score() -> None:
        for pair, newest in pairs:
            pair.score(AT, 100.0, newest, DEFAULT_POINTS)

    timings = measure([Contender("ours", score, PAIRS * len(SCORED))], ROUNDS, progress)
    return Result(
        "Scores of many pairs at one moment",
        f"{PAIRS} pairs x {len(SCORED)} timeframes, up to {CLOSED:,} closed candles each (rows are timeframes)",
        timings,
        [Goal("milliseconds for all", 50, 1000 * timings[0].median, at_most=True)],
        beside_peers=False,
    )


def over_history(progress: Progress) -> list[Result]:
    """One pair's scores at every step, as they stood then."""
    bars, calendar = candles(STEPS), trading_calendar("BINANCE")
    ours = partial(scores_of, bars, FRAMES, DEFAULT_POINTS, calendar)
    agree(scores_of(bars[:PANDAS_STEPS], FRAMES, DEFAULT_POINTS, calendar), by_pandas(bars[:PANDAS_STEPS]), "pandas")
    agree(scores_of(bars[:NUMPY_STEPS], FRAMES, DEFAULT_POINTS, calendar), by_numpy(bars[:NUMPY_STEPS]), "numpy")
    two = "ours, 2 threads"
    timings = measure(
        [
            Contender(two, lambda: ours(threads=2), STEPS),
            Contender("ours, 1 thread", lambda: ours(threads=1), STEPS),
            Contender(
                "numpy, sorted inserts and searchsorted", lambda: by_numpy(bars[:NUMPY_STEPS]), NUMPY_STEPS, rounds=1
            ),
            Contender("pandas, expanding", lambda: by_pandas(bars[:PANDAS_STEPS]), PANDAS_STEPS, rounds=1),
        ],
        ROUNDS,
        progress,
    )
    rate = {timing.name: timing.rate for timing in timings}
    history = Result(
        "Score history of one pair",
        f"{STEPS:,} five-minute steps x {len(FRAMES)} timeframes (numpy {NUMPY_STEPS:,}, pandas {PANDAS_STEPS:,})",
        timings,
        [
            Goal("seconds on two threads", 1, timings[0].median, at_most=True),
            Goal("times pandas", 500, rate[two] / rate["pandas, expanding"]),
            Goal("times numpy with searchsorted", 20, rate[two] / rate["numpy, sorted inserts and searchsorted"]),
        ],
        [
            "bull and bear scores are those of numpy and pandas at every step that these run",
            "numpy and pandas grow slower with the length of history; their rates here flatter them",
            f"{os.cpu_count()} cores",
        ],
    )
    return [history, thresholds(bars, ours(threads=2), progress)]


def thresholds(bars: Bars, scores: ScoreHistory, progress: Progress) -> Result:
    """Every pair of thresholds traded over the history."""
    scores = ScoreHistory(scores.bull, scores.bear, scores.settled, THRESHOLDS + 2)
    grid = ThresholdGrid(bars, scores, Costs.of(0.001, slippage_bps=5.0))
    timings = measure([Contender("ours, 2 threads", grid.figures, STEPS * grid.trials)], ROUNDS, progress)
    return Result(
        "Grid of thresholds over a score history",
        f"{STEPS:,} steps x {THRESHOLDS} x {THRESHOLDS} pairs (rows are steps times pairs)",
        timings,
        [Goal("seconds", 3, timings[0].median, at_most=True)],
        beside_peers=False,
    )


def agree(ours: ScoreHistory, theirs: Integers, name: str) -> None:
    """Raise AssertionError unless the scores are the same wherever ours count."""
    for mine, other in zip((ours.bull, ours.bear), theirs, strict=True):
        if not np.array_equal(mine[ours.settled], other[ours.settled]):
            raise AssertionError(f"the scores differ from those of {name}")


def points_of(ranks: Floats) -> Integers:
    """Points of ranks; none for NaN."""
    table = np.append(DEFAULT_POINTS.points, 0)
    points: Integers = table[np.searchsorted(DEFAULT_POINTS.bounds, np.nan_to_num(ranks, nan=1000.0))]
    return points


def by_numpy(bars: Bars) -> Integers:
    """Lists that are kept in order by inserting; all steps of a candle are looked up at once."""
    calendar, total = trading_calendar("BINANCE"), np.zeros((2, len(bars)), np.int64)
    for interval in FRAMES:
        candle = calendar.spans(interval, bars.interval, bars.opened_at)[1]
        first = np.flatnonzero(np.append(True, candle[1:] != candle[:-1]))
        last = np.append(first[1:], len(bars))
        opens = bars.open[first]
        up = 100.0 * (np.maximum.reduceat(bars.high, first) / opens - 1.0)
        down = -(100.0 * (np.minimum.reduceat(bars.low, first) / opens - 1.0))
        change = 100.0 * (bars.close / opens[candle] - 1.0)
        for row, reaches, values in ((0, up, change), (1, down, -change)):
            ranks = np.full(len(bars), np.nan)
            ordered = np.empty(len(reaches))
            for k in range(1, len(reaches)):
                place = int(np.searchsorted(ordered[: k - 1], reaches[k - 1]))
                ordered[place + 1 : k] = ordered[place : k - 1]
                ordered[place] = reaches[k - 1]
                steps = slice(first[k], last[k])
                greater = k - np.searchsorted(ordered[:k], values[steps], side="right")
                ranks[steps] = 100.0 * np.minimum(greater + 1, k) / k
            total[row] += points_of(np.where(values >= 0, ranks, np.nan))
    return total


def by_pandas(bars: Bars) -> Integers:
    """Resampled candles; at every step the closed ones are counted that went further."""
    frame = pd.DataFrame(
        {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close},
        index=pd.DatetimeIndex(bars.opened_at),
    )
    calendar, total = trading_calendar("BINANCE"), np.zeros((2, len(bars)), np.int64)
    for interval in FRAMES:
        candle = pd.Series(calendar.spans(interval, bars.interval, bars.opened_at)[1], index=frame.index)
        groups = frame.groupby(candle)
        opens = groups["open"].first()
        up = 100.0 * (groups["high"].max() / opens - 1.0)
        down = -(100.0 * (groups["low"].min() / opens - 1.0))
        change = 100.0 * (frame["close"] / candle.map(opens) - 1.0)
        for row, reaches, values in ((0, up, change), (1, down, -change)):
            ranks = [rank_of(value, reaches.iloc[:k]) for value, k in zip(values, candle, strict=True)]
            total[row] += points_of(np.array(ranks))
    return total


def rank_of(value: float, closed: "pd.Series[float]") -> float:
    """One rank by its definition."""
    if value < 0 or not len(closed):
        return np.nan
    return 100.0 * min(int((closed > value).sum()) + 1, len(closed)) / len(closed)
