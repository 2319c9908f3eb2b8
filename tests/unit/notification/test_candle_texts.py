"""Texts and tables of candle ranks."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from math import nan

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import CandleRank, PairScore
from algo_trading.domain.time import Interval
from algo_trading.notification.candle_texts import COLUMNS, candle_texts, scores_csv

pytestmark = pytest.mark.unit

RISEN = CandleRank(2.54, 6.2, 4.0, -1.5, 3.0, 9.94, 12.0, nan, 3, 0, 500, 0.11, 2.05, 1.2, -1.1)


def test_what_is_out_of_the_ordinary_has_rank_value_and_average() -> None:
    assert candle_texts(RISEN) == {
        "candle_change": "rank 3.0, change +2.5, average +0.1",
        "candle_amplitude": "rank 9.9, amplitude 6.2, average 2.0",
        "candle_max_up": "rank 12.0, change +2.5, average +1.2",
        "candle_max_down": "NA",
    }


@pytest.mark.parametrize(("place", "is_shown"), [(20.0, True), (20.1, False), (79.9, False), (80.0, True)])
def test_both_ends_count_of_change_and_amplitude_and_one_of_the_others(place: float, is_shown: bool) -> None:
    ranked = replace(RISEN, rank_change=place, rank_amplitude=place, rank_max_up=place, rank_max_down=place)
    texts = candle_texts(ranked)
    shown = [text != "AVERAGE" for text in texts.values()]
    assert shown == [is_shown, is_shown, place <= 20, place <= 20]


def test_a_first_candle_has_no_rank_and_no_average() -> None:
    new = CandleRank(-0.01, 0.2, 0.0, -0.1, nan, nan, nan, nan, 0, 0, 0)
    assert set(candle_texts(new).values()) == {"NA"}


def test_a_change_that_is_nothing_has_no_minus() -> None:
    opened = replace(RISEN, change=-0.04, rank_change=100.0, average_change=-0.02)
    assert candle_texts(opened)["candle_change"] == "rank 100.0, change +0.0, average +0.0"


def test_the_table_has_a_line_for_each_timeframe() -> None:
    at = datetime(2022, 3, 4, 5, 5, tzinfo=UTC)
    new = replace(RISEN, rank_change=nan)
    score = PairScore(Instrument("INJUSDT", "BINANCE"), at, 4.5, 3, 0, 12, {Interval.HOUR_1: RISEN, Interval.WEEK: new})
    hour, week = csv.DictReader(io.StringIO(scores_csv([score])))
    assert tuple(hour) == COLUMNS
    assert (hour["pair"], hour["venue"], hour["timeframe"], hour["price"]) == ("INJUSDT", "BINANCE", "1h", "4.5")
    assert (hour["bull"], hour["bear"], hour["maximum"], hour["closed"]) == ("3", "0", "12", "500")
    assert datetime.fromisoformat(hour["at"]) == at
    assert (float(hour["change"]), float(hour["average_max_down"])) == (2.54, -1.1)
    assert hour["candle_max_up"] == "rank 12.0, change +2.5, average +1.2"
    assert (week["timeframe"], week["rank_change"], week["candle_change"]) == ("1w", "", "NA")
    assert scores_csv([]).splitlines() == [",".join(COLUMNS)]
