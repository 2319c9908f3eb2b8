"""Scores of pairs from stored candles, as they stood at a moment."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.scores import DEFAULT_POINTS, PairScore, PointsTable
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.queries.scored_pairs import ScoredPairs
from algo_trading.repositories.bars import bars_table
from algo_trading.services.larger_candles import larger_candles
from algo_trading.services.score_candles import ScoreCandles
from algo_trading.services.score_history import DrawScores, ReadScoreHistory
from fakes.bars import FakeBars
from fakes.watchlists import FakeWatchlists
from reference import candle_ranks as reference
from support.candles import candles, real_candles, rows_of
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit

PAIR = Instrument("BTCUSDT", "BINANCE")
BINANCE = trading_calendar("BINANCE")
FRAMES = tuple(map(Interval, ("5m", "1h", "4h", "1d")))


def stored(*series: Bars) -> FakeBars:
    bars = FakeBars()
    bars.upsert(bars_table(series), "test")
    return bars


def score(bars: FakeBars, at: datetime, timeframes: Sequence[Interval] = FRAMES) -> PairScore:
    return ScoreCandles(bars, trading_calendar, DEFAULT_POINTS)(PAIR, timeframes, at)


def check(found: PairScore, bars: Bars, *, closed: dict[str, int] | None = None) -> None:
    """`found` is what the definition says at the close of the last of `bars`."""
    bull = bear = 0
    for interval, rank in found.timeframes.items():
        step = reference.history(rows_of(bars), reference.label_of(str(interval)))[-1]
        figures = list(asdict(rank).values())
        np.testing.assert_array_equal(figures[:8], [*step.metrics, *step.ranks])
        assert rank.closed == (closed or {}).get(str(interval), step.closed)
        assert rank.bull_points == reference.points(step.ranks[2])
        assert rank.bear_points == reference.points(step.ranks[3])
        bull, bear = bull + rank.bull_points, bear + rank.bear_points
    assert (found.bull, found.bear, found.maximum) == (bull, bear, 6 * len(found.timeframes))
    assert (found.at, found.price) == (moment_of(bars.closed_at[-1]), bars.close[-1])


@pytest.mark.parametrize("steps", [1, 2, 28, 29, 700, 1500])
def test_larger_timeframes_are_built_from_the_shortest(steps: int) -> None:
    bars = candles(1500, seed=4, missing=0.1)
    seen = bars[:steps]
    check(score(stored(bars), moment_of(seen.closed_at[-1])), seen)


def test_between_two_closes_it_is_as_at_the_last_one() -> None:
    bars = candles(900, seed=1)
    at = moment_of(bars.closed_at[500])
    assert repr(score(stored(bars), at + timedelta(minutes=4, seconds=59))) == repr(score(stored(bars), at))
    assert score(stored(bars), at + timedelta(minutes=5)).at == at + timedelta(minutes=5)


def test_stored_timeframes_count_with_their_own_history() -> None:
    """The hours and days go further back than the minutes, and do not end as late."""
    long = candles(12 * 24 * 30, seed=2, first="2021-12-01T00:00")
    hours, days = (larger_candles(long, interval, BINANCE) for interval in (Interval.HOUR_1, Interval.DAY))
    minutes = long[12 * 24 * 20 :]
    bars = stored(minutes, hours[: 24 * 27], days[:-1])
    at = moment_of(long.closed_at[-1 - 40])
    frames = (Interval.HOUR_1, Interval.DAY)
    check(score(bars, at, frames), long[: len(long) - 40])
    # What is not stored is built from the minutes.
    found = score(bars, at, (Interval.HOUR_4,))
    check(found, minutes[: len(minutes) - 40])


def test_a_stored_candle_that_closed_later_tells_nothing() -> None:
    """The day's candle is stored whole; in its middle only the minutes so far are known."""
    long = candles(12 * 24 * 10, seed=5, first="2022-01-01T00:00")
    bars = stored(long, larger_candles(long, Interval.DAY, BINANCE))
    for steps in (12 * 24 * 7 + 1, 12 * 24 * 7 + 100, 12 * 24 * 8):
        seen = long[:steps]
        check(score(bars, moment_of(seen.closed_at[-1]), (Interval.DAY,)), seen)


def test_before_the_first_close_there_is_nothing() -> None:
    bars = candles(10)
    with pytest.raises(ConfigError, match="no candle of BTCUSDT had closed by 2021-12-30 21:44 UTC"):
        score(stored(bars), datetime(2021, 12, 30, 21, 44, tzinfo=UTC))
    with pytest.raises(ConfigError, match="no candle of BTCUSDT"):
        score(FakeBars(), datetime(2022, 1, 1, tzinfo=UTC))


def test_timeframes_shorter_than_the_candles_are_refused() -> None:
    hours = candles(100, Interval.HOUR_1, first="2022-01-01T00:00")
    with pytest.raises(ConfigError, match="candles of 1h and longer at 2022-01-03 00:00 UTC, not of 5m"):
        score(stored(hours), datetime(2022, 1, 3, tzinfo=UTC))


def test_points_are_those_of_the_table() -> None:
    bars = candles(800, seed=4)
    table = PointsTable.parse("100:9")
    found = ScoreCandles(stored(bars), trading_calendar, table)(PAIR, FRAMES, moment_of(bars.closed_at[-1]))
    assert found.maximum == 9 * len(FRAMES)
    assert found.bull + found.bear >= 9 * len(FRAMES)  # every rank is within 100


def test_larger_candles_keep_every_price_and_volume() -> None:
    bars = candles(2000, seed=9, missing=0.2)
    for interval in (Interval.HOUR_1, Interval.DAY_3, Interval.WEEK, Interval.MONTH):
        larger = larger_candles(bars, interval, BINANCE)
        label = reference.label_of(str(interval))
        for k, opened in enumerate(larger.opened_at.tolist()):
            inside = [i for i, row in enumerate(rows_of(bars)) if label(row.opened_at) == opened.replace(tzinfo=UTC)]
            window = slice(inside[0], inside[-1] + 1)
            assert larger.open[k] == bars.open[inside[0]]
            assert larger.close[k] == bars.close[inside[-1]]
            assert larger.high[k] == bars.high[window].max()
            assert larger.low[k] == bars.low[window].min()
            assert larger.volume[k] == len(inside)
    assert len(larger_candles(bars[:0], Interval.DAY, BINANCE)) == 0


@needs_shared_data
@pytest.mark.parametrize(
    ("interval", "opened", "first", "second"),
    [
        (
            Interval.WEEK,
            ["2017-08-14", "2017-08-21"],
            [4261.48, 4485.39, 3850.0, 4086.29, 2843.431426],
            [4069.13, 4453.91, 3400.0, 4310.01, 4599.396629],
        ),
        (
            Interval.MONTH,
            ["2017-08-01", "2017-09-01"],
            [4261.48, 4745.42, 3400.0, 4724.89, 10015.640272],
            [4689.89, 4939.19, 2817.0, 4378.51, 27634.18912],
        ),
    ],
)
def test_weeks_and_months_are_those_of_the_exchange(
    interval: Interval, opened: list[str], first: list[float], second: list[float]
) -> None:
    """Built from daily candles; what Binance has of BTCUSDT since its listing on 2017-08-17."""
    larger = larger_candles(real_candles("BTCUSDT", Interval.DAY), interval, BINANCE)
    assert larger.opened_at[:2].astype("datetime64[D]").astype(str).tolist() == opened
    built = np.array([larger.open, larger.high, larger.low, larger.close, larger.volume])[:, :2].T
    np.testing.assert_allclose(built, [first, second], rtol=1e-12)


def test_pairs_and_their_timeframes() -> None:
    daily = candles(3, Interval.DAY, symbol="ETHUSDT", first="2022-01-01T00:00")
    bars = stored(candles(3), candles(3, Interval.HOUR_4, first="2022-01-01T00:00"), daily)
    pairs = ScoredPairs(bars, FakeWatchlists())
    assert pairs((), None) == [
        (PAIR, tuple(map(Interval, ("1h", "4h", "12h", "1d", "3d", "1w")))),
        (Instrument("ETHUSDT", "BINANCE"), tuple(map(Interval, ("1d", "3d", "1w")))),
    ]
    assert pairs(("btcusdt", "BTCUSDT"), FRAMES) == [(PAIR, FRAMES)]
    series = [Series(PAIR, interval) for interval in (Interval.DAY, Interval.MINUTE_1, Interval.MINUTE_15)]
    watched = Watchlist("coins", "BINANCE", "binance", (Interval.HOUR_1,), ("BTCUSDT",), tuple(series))
    monitored = ScoredPairs(bars, FakeWatchlists([watched]))
    assert monitored(("BTCUSDT",), None) == [(PAIR, tuple(map(Interval, ("15m", "1h", "1d"))))]
    assert monitored(("BTCUSDT",), FRAMES) == [(PAIR, FRAMES)]
    assert len(monitored((), None)) == 2
    with pytest.raises(UnknownNameError, match="'BTCUSD'; did you mean 'BTCUSDT'"):
        pairs(("BTCUSD",), None)


def test_the_picture_is_drawn_from_what_had_closed() -> None:
    bars = candles(12 * 24 * 25, seed=3)
    at = moment_of(bars.closed_at[-100])
    whole, seen = stored(bars), stored(bars[: len(bars) - 99])
    pictures = [
        DrawScores(ReadScoreHistory(one), trading_calendar, DEFAULT_POINTS)(PAIR, FRAMES, at) for one in (whole, seen)
    ]
    assert pictures[0].startswith(b"\x89PNG")
    assert pictures[0] == pictures[1]
    with pytest.raises(ConfigError, match="no candle of BTCUSDT had closed by 2021-01-01"):
        ReadScoreHistory(whole)(PAIR, FRAMES, datetime(2021, 1, 1, tzinfo=UTC))
    with pytest.raises(ConfigError, match="candles of 5m and longer, not of 1m"):
        ReadScoreHistory(whole)(PAIR, (Interval.MINUTE_1,))
