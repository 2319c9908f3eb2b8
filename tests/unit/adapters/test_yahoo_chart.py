"""Chart replies are read as they are, or refused as a whole."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.adapters.yahoo.chart import Chart, read_chart
from algo_trading.errors import SourceError, UnknownSymbolError
from servers.yahoo import NOT_FOUND
from servers.yahoo_replies import chart

pytestmark = pytest.mark.unit
BAR = (10.0, 12.0, 9.0, 11.0, 100)


def at(text: str) -> int:
    """Unix time of an ISO time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def read(reply: Any) -> Chart:
    return read_chart(json.dumps(reply).encode(), "TEST")


@pytest.mark.parametrize(
    ("stamp", "zone", "session"),
    [
        ("2020-01-02T14:30", "America/New_York", date(2020, 1, 2)),
        ("2020-07-02T13:30", "America/New_York", date(2020, 7, 2)),
        ("2020-01-02T01:30", "Asia/Hong_Kong", date(2020, 1, 2)),
        ("2020-01-05T23:00", "Australia/Sydney", date(2020, 1, 6)),
        ("2020-01-02T00:00", "UTC", date(2020, 1, 2)),
        ("2022-01-04T02:00", "America/Sao_Paulo", date(2022, 1, 4)),  # 23:00 the day before: Yahoo means midnight
    ],
)
def test_a_session_is_a_day_of_the_exchange(stamp: str, zone: str, session: date) -> None:
    assert read(chart({at(stamp): BAR}, exchangeTimezoneName=zone)).sessions == [session]


@pytest.mark.parametrize("zone", ["Nowhere/At_All", None, "../etc/passwd", ""])
def test_an_unknown_zone_falls_back_to_the_offset(zone: str | None) -> None:
    reply = chart({at("2020-01-02T23:30"): BAR}, exchangeTimezoneName=zone, gmtoffset=3600)
    assert read(reply).sessions == [date(2020, 1, 3)]


def test_rows_without_values_are_kept() -> None:
    times = [at("2020-01-02T14:30"), at("2020-01-03T14:30"), at("2020-01-06T14:30")]
    read_back = read(chart({times[0]: BAR, times[1]: (None,) * 5, times[2]: (10.0, 12.0, 9.0, None, 5)}))
    assert read_back.timestamps == times
    assert read_back.values["close"] == [11.0, None, None]
    assert read_back.values["volume"] == [100, None, 5]


def test_a_column_that_yahoo_left_out_is_all_gaps() -> None:
    reply = chart({at("2020-01-02T14:30"): BAR})
    del reply["chart"]["result"][0]["indicators"]["quote"][0]["volume"]
    assert read(reply).values["volume"] == [None]


@pytest.mark.parametrize(
    ("last_stamp", "last_bar", "closes"),
    [
        ("2020-01-03T21:00", (10.0, 12.0, 9.0, 11.5, 120), [11.0, 11.5]),  # the quote supersedes
        ("2020-01-03T21:00", (10.0, 12.0, 9.0, 11.5, None), [11.0, 11.0, 11.5]),  # a quote with a gap does not
        ("2020-01-03T14:30", (10.0, 12.0, 9.0, 11.5, 120), [11.0, 11.0, 11.5]),  # a repeated stamp is not a quote
    ],
)
def test_the_latest_quote_supersedes_the_bar_of_its_session(
    last_stamp: str, last_bar: tuple[float | None, ...], closes: list[float]
) -> None:
    reply = chart({at("2020-01-02T14:30"): BAR, at("2020-01-03T14:30"): BAR, 0: last_bar})
    reply["chart"]["result"][0]["timestamp"][-1] = at(last_stamp)
    read_back = read(reply)
    assert read_back.values["close"] == closes
    assert len(read_back.sessions) == len(read_back.timestamps) == len(closes)


def test_events_fall_on_days_of_the_exchange() -> None:
    events = {at("2020-08-31T13:30"): (4, 1), at("2014-06-09T13:30"): (7.0, 1.0), at("2021-01-04T14:30"): (1, 10)}
    read_back = read(chart({}, events, {at("2020-08-07T13:30"): 0.205}))
    assert read_back.splits == {date(2020, 8, 31): 4, date(2014, 6, 9): 7, date(2021, 1, 4): 0.1}
    assert read_back.dividends == {date(2020, 8, 7): 0.205}
    assert read_back.sessions == []


def test_what_is_paid_on_the_same_day_is_added_up() -> None:
    reply = chart({}, dividends={at("2020-12-18T14:30"): 0.5, at("2020-12-18T14:31"): 0.25})
    gains = {"1": {"amount": 1.0, "date": at("2020-12-18T14:30")}}
    reply["chart"]["result"][0]["events"]["capitalGains"] = gains
    assert read(reply).dividends == {date(2020, 12, 18): 1.75}


@pytest.mark.parametrize(
    "content",
    [
        NOT_FOUND,
        b'{"chart":{"result":[],"error":null}}',
        b'{"chart":{"result":null,"error":null}}',
    ],
)
def test_nothing_found_is_an_unknown_symbol(content: bytes) -> None:
    with pytest.raises(UnknownSymbolError, match="Yahoo has nothing for 'TEST'"):
        read_chart(content, "TEST")


def test_another_refusal_is_quoted() -> None:
    error = {"code": "Bad Request", "description": "Invalid interval"}
    with pytest.raises(SourceError, match="Yahoo refused the request for TEST: Invalid interval") as caught:
        read({"chart": {"result": None, "error": error}})
    assert not isinstance(caught.value, UnknownSymbolError)


@pytest.mark.parametrize("event", [(0, 1), (1, 0), (None, 1), ("4", 1), (-4, 1), (1e7, 1), (True, None)])
def test_a_split_without_a_ratio_spoils_the_reply(event: Any) -> None:
    with pytest.raises(SourceError, match="TEST"):
        read(chart({at("2020-01-02T14:30"): BAR}, {at("2020-08-31T13:30"): event}))


@pytest.mark.parametrize("amount", [None, 0, -1, "0.2", float("nan"), float("inf")])
def test_a_dividend_without_an_amount_spoils_the_reply(amount: Any) -> None:
    with pytest.raises(SourceError, match="TEST"):
        read(chart({at("2020-01-02T14:30"): BAR}, dividends={at("2020-08-07T13:30"): amount}))


@pytest.mark.parametrize("cut", [0, 1, 40, 200])
def test_a_reply_cut_short_is_refused(cut: int) -> None:
    whole = json.dumps(chart({at("2020-01-02T14:30"): BAR})).encode()
    with pytest.raises(SourceError, match="Yahoo's reply for TEST is cut short or not JSON"):
        read_chart(whole[:cut], "TEST")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(SourceError):
        read_chart(b"[" * 100_000, "TEST")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ("timestamp", "meta", "indicators", "events", "gmtoffset", "quote", "close", "splits", "numerator", "date")


@given(st.data())
def test_whatever_yahoo_sends_is_read_or_refused(data: st.DataObject) -> None:
    reply = chart({at("2020-01-02T14:30"): BAR}, {at("2020-08-31T13:30"): (4, 1)}, {at("2020-08-07T13:30"): 0.2})
    wanted = data.draw(st.sampled_from(KEYS))
    replace_first(reply, wanted, data.draw(JSON))
    try:
        read_back = read(reply)
    except SourceError:
        return
    assert {len(column) for column in read_back.values.values()} == {len(read_back.sessions)}


@given(st.binary(max_size=60))
def test_noise_is_refused(content: bytes) -> None:
    with pytest.raises(SourceError):
        read_chart(content, "TEST")


def replace_first(node: Any, key: str, value: Any) -> bool:
    """Put `value` in the place of the first `key` found."""
    if isinstance(node, dict) and key in node:
        node[key] = value
        return True
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return any(replace_first(part, key, value) for part in inner)
