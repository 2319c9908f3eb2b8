"""Points of ranks, and what two scores say."""

from datetime import UTC, datetime, timedelta

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import (
    DEFAULT_POINTS,
    PointsTable,
    TunedThresholds,
    parse_timeframes,
    score_side,
    usable_after,
)
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rank", "points"),
    [(0.1, 6), (2.5, 6), (2.51, 5), (5, 5), (10, 4), (15, 3), (20, 2), (25, 1), (25.1, 0), (100, 0), (float("nan"), 0)],
)
def test_points_of_a_rank(rank: float, points: int) -> None:
    assert DEFAULT_POINTS.of(rank) == points


def test_a_table_is_read_as_it_is_written() -> None:
    assert PointsTable.parse(str(DEFAULT_POINTS)) == DEFAULT_POINTS
    assert PointsTable.parse(" 1:3,20:1 ") == PointsTable((1.0, 20.0), (3, 1))
    assert DEFAULT_POINTS.most == 6


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is not a table of points; write rank:points"),
        ("5", "is not a table of points"),
        ("5:x", "is not a table of points"),
        ("0:3", "a rank is above 0 and up to 100 per cent, not 0"),
        ("101:3", "not 101"),
        ("5:0", "points are whole numbers from 1 to 100, not 0"),
        ("5:3 5:2", "5:2 must not come after 5:3"),
        ("5:3 10:3", "10:3 must not come after 5:3"),
    ],
)
def test_a_wrong_table_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        PointsTable.parse(text)


@pytest.mark.parametrize(
    ("bull", "bear", "side"),
    [
        (25, 0, Side.SELL),
        (24, 0, Side.HOLD),
        (0, 25, Side.BUY),
        (25, 25, Side.HOLD),
        (40, 26, Side.HOLD),  # both are high
        (10, 25, Side.BUY),
    ],
)
def test_what_the_scores_say(bull: int, bear: int, side: Side) -> None:
    assert score_side(bull, bear, 25, 25) is side


def test_the_larger_score_counts_where_thresholds_differ() -> None:
    assert score_side(12, 20, 10, 25) is Side.HOLD  # bull is high and yet below bear
    assert score_side(21, 20, 10, 25) is Side.SELL


def test_timeframes_are_sorted_and_named() -> None:
    assert parse_timeframes("1M 4h,1h") == (Interval.HOUR_1, Interval.HOUR_4, Interval.MONTH)
    for text, sentence in (("1h,1h", "twice"), ("3h", "'3h' is not an interval"), (" ", "at least one")):
        with pytest.raises(ValueError, match=sentence):
            parse_timeframes(text)


def test_thresholds_change_with_the_hour() -> None:
    for minutes in (0, 1, 59):
        assert usable_after(NOON + timedelta(minutes=minutes)) == NOON + timedelta(hours=1)


@pytest.mark.parametrize(
    ("bull", "objection", "survives"), [(7, "", True), (7, "too few trades", False), (None, "", False)]
)
def test_thresholds_survive_without_an_objection(bull: int | None, objection: str, survives: bool) -> None:
    pair = Instrument("BTCUSDT", "BINANCE")
    tuned = TunedThresholds(pair, (Interval.HOUR_1,), NOON, bull, 9, 12, 100, 0.1, 0.0, 0.97, objection, NOON)
    assert tuned.survives is survives
