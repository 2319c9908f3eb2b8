"""Klines of three days made of those of a day."""

from datetime import UTC, datetime

import pytest

from algo_trading.adapters.binance.klines import DAY, THREE_DAYS, in_three_days
from algo_trading.errors import SourceError

pytestmark = pytest.mark.unit

FIRST = int(datetime(2017, 8, 17, tzinfo=UTC).timestamp() * 1000)  # two days before the end of one of three days


def kline(number: int, *texts: str) -> list[object]:
    """The so many-th day: prices, volume, quote volume and what takers bought."""
    opened = FIRST + number * DAY
    *prices, volume, quote, taker, taker_quote = texts
    return [opened, *prices, volume, opened + DAY - 1, quote, 10 + number, taker, taker_quote, "0"]


DAYS = [
    kline(0, "4261.48", "4485.39", "4200.74", "4285.08", "795.150377", "3454770.05", "616.248541", "2678216.40"),
    kline(1, "4285.08", "4371.52", "3938.77", "4108.37", "1199.888264", "5086958.30", "972.868710", "4129123.31"),
    kline(3, "4120.98", "4211.08", "4032.62", "4086.29", "467.083022", "1915636.35", "367.797990", "1508239.29"),
]


def test_days_are_joined_by_date_and_a_missing_one_is_not_made_up() -> None:
    first, second = in_three_days(DAYS, "Binance")
    assert (first[0], first[6]) == (FIRST - DAY, FIRST - DAY + THREE_DAYS - 1)
    assert first[1:6] == ["4261.48", "4485.39", "3938.77", "4108.37", "1995.038641"]
    assert first[7:11] == ["8541728.35", "21", "1589.117251", "6807339.71"]
    assert second[1:6] == DAYS[2][1:6]
    assert second[0] == FIRST + 2 * DAY
    assert in_three_days([], "Binance") == []


@pytest.mark.parametrize("wrong", ["", "much", None, {}])
@pytest.mark.parametrize("place", [2, 3, 5, 7])
def test_what_is_not_a_number_is_an_error_of_the_source(place: int, wrong: object) -> None:
    days = [list(day) for day in DAYS]
    days[1][place] = wrong
    with pytest.raises(SourceError, match="something else than candles"):
        in_three_days(days, "Binance")
