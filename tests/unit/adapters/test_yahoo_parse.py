"""Archived replies become rows as traded, with the actions beside them."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.adapters.yahoo import YahooMarketData
from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import RawBars, RawPayload
from servers.yahoo_replies import chart, recorded
from support.bar_requests import daily_request
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit
FIRST = date(2020, 1, 2)


def parse(reply: Any, last: date, first: date | None = None, symbol: str = "AAPL") -> RawBars:
    request = daily_request(Instrument(symbol), first, last)
    payload = RawPayload(request, json.dumps(reply).encode(), "application/json", ".json")
    return YahooMarketData(pause_seconds=0, attempts=1).parse(payload)


def at(day: date) -> int:
    """The open of a New York session in winter."""
    return int(datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC).timestamp())


def apple_2020() -> Any:
    """The recorded first session of 2020 and the recorded autumn with its 4:1 split, as one reply.

    The dividend of August, which lies between the two recordings, is added as Yahoo states it today.
    """
    winter = recorded("chart-AAPL-2020-01-01-to-2020-01-03")
    autumn = recorded("chart-AAPL-2020-08-31-to-2020-11-07")
    whole, early = autumn["chart"]["result"][0], winter["chart"]["result"][0]
    whole["timestamp"] = early["timestamp"] + whole["timestamp"]
    quote, early_quote = whole["indicators"]["quote"][0], early["indicators"]["quote"][0]
    for name in COLUMNS:
        quote[name] = early_quote[name] + quote[name]
    august = int(datetime(2020, 8, 7, 13, 30, tzinfo=UTC).timestamp())
    whole["events"]["dividends"][str(august)] = {"amount": 0.205, "date": august}
    return autumn


@needs_shared_data
def test_apple_is_stored_as_it_traded_before_and_after_its_split() -> None:
    bars = parse(apple_2020(), date(2020, 9, 1))
    rows = [tuple(row.values())[:7] for row in bars.rows.to_pylist()]
    assert rows == [
        ("AAPL", "2020-01-02", "296.24", "300.6", "295.19", "300.35", "33870100"),
        ("AAPL", "2020-08-31", "127.58", "131.0", "126.0", "129.04", "225702700"),
        ("AAPL", "2020-09-01", "132.76", "134.8", "130.53", "134.18", "151948100"),
    ]
    apple = Instrument("AAPL")
    assert bars.actions == (
        CorporateAction(apple, date(2020, 8, 7), ActionKind.DIVIDEND, 0.82),
        CorporateAction(apple, date(2020, 8, 31), ActionKind.SPLIT, 4.0),
    )


@needs_shared_data
def test_a_split_after_the_last_session_asked_for_levels_what_is_before_it() -> None:
    bars = parse(apple_2020(), date(2020, 8, 10))
    assert bars.rows["close"].to_pylist() == ["300.35"]
    assert [(action.ex_date, action.value) for action in bars.actions] == [(date(2020, 8, 7), 0.82)]


@needs_shared_data
def test_tesla_since_its_first_day_through_two_splits() -> None:
    reply = recorded("historical-via-chart-dividends-TSLA-no-dividends")  # asked for without splits
    splits = {
        str(time): {"date": time, "numerator": new, "denominator": 1}
        for time, new in ((1598880600, 5), (1661434200, 3))
    }
    reply["chart"]["result"][0]["events"] = {"splits": splits}
    bars = parse(reply, date(2023, 8, 11), symbol="TSLA")
    closes = dict(zip(bars.rows["session"].to_pylist(), bars.rows["close"].to_pylist(), strict=True))
    volumes = dict(zip(bars.rows["session"].to_pylist(), bars.rows["volume"].to_pylist(), strict=True))
    assert len(closes) == 3303
    assert float(closes["2010-06-29"]) == pytest.approx(23.89, abs=1e-4)
    assert volumes["2010-06-29"] == "18766300"
    assert closes["2020-08-28"] == "2213.4"
    assert closes["2020-08-31"] == "498.32"
    assert closes["2022-08-24"] == "891.29"
    assert closes["2022-08-25"] == "296.07"


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "symbol", "sessions"),
    [
        ("chart-OCDO.L-2020-01-01-to-2020-01-03", "OCDO.L", ["2020-01-02"]),
        ("chart-WSKT.JK-2020-01-01-to-2020-01-03", "WSKT.JK", ["2020-01-02"]),
        ("chart-AZT.OL-2020-01-01-to-2020-01-03", "AZT.OL", ["2020-01-02"]),
        ("chart-GC=F-2020-01-01-to-2020-01-03", "GC=F", ["2020-01-02"]),
        ("chart-BTC-USD-2020-01-01-to-2020-01-03", "BTC-USD", ["2020-01-01", "2020-01-02"]),
        ("chart-0P000071W8.TO-2020-01-01-to-2020-01-03", "0P000071W8.TO", ["2020-01-02"]),
    ],
)
def test_other_exchanges(name: str, symbol: str, sessions: list[str]) -> None:
    bars = parse(recorded(name), date(2020, 1, 2), symbol=symbol)
    assert bars.rows["session"].to_pylist() == sessions
    assert set(bars.rows["symbol"].to_pylist()) == {symbol}
    assert all(float(close) > 0 for close in bars.rows["close"].to_pylist())


@needs_shared_data
def test_dividends_of_a_year() -> None:
    bars = parse(recorded("historical-via-chart-MSFT-dividends-2021-02-01-to-2022-01-31.csv"), date(2022, 1, 31))
    assert [action.value for action in bars.actions] == [0.56, 0.56, 0.56, 0.62]
    assert bars.actions[0].ex_date == date(2021, 2, 17)


def test_only_the_sessions_asked_for_are_given() -> None:
    days = [date(2020, 1, day) for day in (2, 3, 6, 7)]
    reply = chart(
        {at(day): (10, 12, 9, 11, 100) for day in days},
        {at(day): (2, 1) for day in days},
        {at(day): 0.5 for day in days},
    )
    bars = parse(reply, date(2020, 1, 6), date(2020, 1, 3))
    assert bars.rows["session"].to_pylist() == ["2020-01-03", "2020-01-06"]
    assert bars.rows["close"].to_pylist() == ["44.0", "22.0"]
    assert {action.ex_date for action in bars.actions} == {date(2020, 1, 3), date(2020, 1, 6)}


def test_gaps_and_strange_values_reach_the_gate_as_they_came() -> None:
    rows: dict[int, Sequence[Any]] = {
        at(date(2020, 1, 2)): (None, None, None, None, None),
        at(date(2020, 1, 3)): (10.0, "n/a", True, 10**400, -5),
        at(date(2020, 1, 6)): (0, -1.5, float("inf"), 11.0, 1.5),
    }
    texts = [tuple(row.values())[2:7] for row in parse(chart(rows), date(2020, 1, 6)).rows.to_pylist()]
    assert texts == [
        ("", "", "", "", ""),
        ("10.0", "n/a", "True", str(10**400), "-5"),
        ("0.0", "-1.5", "inf", "11.0", "1.5"),
    ]


def test_a_row_keeps_its_place_when_it_is_fetched_again() -> None:
    days = {at(date(2020, 1, day)): (10, 12, 9, 11, 100) for day in (2, 3, 6)}
    later = dict(list(days.items())[1:])
    place = parse(chart(days), date(2020, 1, 6)).rows["place"].to_pylist()[1]
    assert place == parse(chart(later), date(2020, 1, 6)).rows["place"].to_pylist()[0] == "chart/AAPL#1578061800"


PRICE = st.integers(min_value=100, max_value=999_999).map(lambda cents: cents / 100)
BAR = st.tuples(PRICE, PRICE, PRICE, PRICE, st.integers(min_value=0, max_value=10**9))


@given(
    st.lists(BAR, min_size=1, max_size=12),
    st.dictionaries(st.integers(0, 11), st.sampled_from([(2, 1), (4, 1), (7, 1), (3, 2), (1, 10)]), max_size=3),
)
def test_adjusting_what_was_unadjusted_gives_yahoos_own_series(
    bars: list[tuple[float, float, float, float, int]], splits: dict[int, tuple[float, float]]
) -> None:
    days = [FIRST + timedelta(days=i) for i in range(len(bars))]
    sent = [(*(float(np.float32(price)) for price in bar[:4]), bar[4]) for bar in bars]
    events = {at(days[place]): ratio for place, ratio in splits.items() if place < len(days)}
    read = parse(chart(dict(zip(map(at, days), sent, strict=True)), events), days[-1])
    times = np.array(days, dtype="datetime64[us]")
    values: dict[str, Any] = {name: np.array([float(text) for text in read.rows[name].to_pylist()]) for name in COLUMNS}
    again = adjusted(Bars(Instrument("AAPL"), Interval.DAY, times, times, **values), read.actions)
    for name, column in zip(COLUMNS[:4], zip(*sent, strict=True), strict=False):
        assert getattr(again, name).astype(np.float32).tolist() == list(column)
    for volume, bar in zip(again.volume, bars, strict=True):
        assert volume == pytest.approx(bar[4], abs=0.5 * 7**3 + 1e-6 * bar[4])


@given(st.lists(PRICE, min_size=2, max_size=8), st.integers(min_value=1, max_value=7), st.sampled_from([2, 4, 7, 20]))
def test_a_later_split_changes_no_stored_price(closes: list[float], until: int, ratio: int) -> None:
    days = [FIRST + timedelta(days=i) for i in range(len(closes))]
    until = min(until, len(closes) - 1)
    before = {at(day): flat(close, 100) for day, close in zip(days, closes, strict=True)}
    after = {at(day): flat(close / ratio, 100 * ratio) for day, close in zip(days, closes, strict=True)}
    split = {at(days[-1] + timedelta(days=1)): (ratio, 1)}
    assert parse(chart(before), days[until]).rows == parse(chart(after, split), days[until]).rows


def flat(price: float, volume: int) -> list[float]:
    """A bar of one price as Yahoo sends it."""
    return [float(np.float32(price))] * 4 + [volume]
