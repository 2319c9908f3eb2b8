"""Sessions of exchanges, checked against what their calendars said."""

from datetime import UTC, date, datetime, timedelta

import exchange_calendars
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.calendars import MarketCalendar, market_calendar
from algo_trading.errors import AlgoTradingError, ConfigError, UnknownNameError

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def new_york() -> MarketCalendar:
    return market_calendar("XNYS")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # up to the microsecond


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2013, 3, 8), utc(2013, 3, 8, 14, 30), utc(2013, 3, 8, 21)),  # winter
        (date(2013, 3, 11), utc(2013, 3, 11, 13, 30), utc(2013, 3, 11, 20)),  # summer
        (date(2026, 11, 27), utc(2026, 11, 27, 14, 30), utc(2026, 11, 27, 18)),  # the day after Thanksgiving
        (date(2026, 12, 24), utc(2026, 12, 24, 14, 30), utc(2026, 12, 24, 18)),
    ],
)
def test_hours(new_york: MarketCalendar, day: date, opens: datetime, closes: datetime) -> None:
    session = new_york.session(day)
    assert (session.venue, session.date, session.opens_at, session.closes_at) == ("XNYS", day, opens, closes)


@pytest.mark.parametrize(
    "day",
    [date(2013, 3, 9), date(2013, 3, 10), date(2026, 7, 3), date(2025, 1, 9), date(2012, 10, 29), date(2001, 9, 11)],
)
def test_days_without_a_session(new_york: MarketCalendar, day: date) -> None:
    assert not new_york.is_session(day)
    with pytest.raises(AlgoTradingError, match=f"{day} is not a session of XNYS; the nearest are"):
        new_york.session(day)


def test_the_nearest_sessions_are_named(new_york: MarketCalendar) -> None:
    with pytest.raises(AlgoTradingError, match="the nearest are 2025-01-08 and 2025-01-10"):
        new_york.session(date(2025, 1, 9))


def test_ranges_count_both_ends(new_york: MarketCalendar) -> None:
    days = [session.date for session in new_york.sessions(date(2013, 2, 15), date(2013, 2, 20))]
    assert days == [date(2013, 2, 15), date(2013, 2, 19), date(2013, 2, 20)]  # Presidents' Day between
    assert new_york.sessions(date(2013, 2, 16), date(2013, 2, 18)) == []
    assert new_york.sessions(date(2013, 2, 20), date(2013, 2, 15)) == []


def test_steps(new_york: MarketCalendar) -> None:
    assert new_york.next(date(2013, 2, 15)).date == date(2013, 2, 19)
    assert new_york.next(date(2013, 2, 17)).date == date(2013, 2, 19)
    assert new_york.previous(date(2013, 2, 19)).date == date(2013, 2, 15)
    assert new_york.previous(date(2013, 2, 17)).date == date(2013, 2, 15)
    assert new_york.back(date(2013, 2, 19), 0) == date(2013, 2, 19)
    assert new_york.back(date(2013, 2, 19), 1) == date(2013, 2, 15)
    assert new_york.back(date(2013, 2, 18), 0) == date(2013, 2, 15)
    assert new_york.back(date(2013, 2, 19), 10**6) == new_york.dates[0].item()


@pytest.mark.parametrize(
    ("now", "newest"),
    [
        (utc(2013, 2, 15, 20, 59, 59, 999_999), date(2013, 2, 14)),
        (utc(2013, 2, 15, 21), date(2013, 2, 15)),
        (utc(2013, 2, 18, 23), date(2013, 2, 15)),
        (utc(2026, 11, 27, 18), date(2026, 11, 27)),
        (utc(2026, 11, 27, 17, 59), date(2026, 11, 25)),
    ],
)
def test_the_newest_closed_session(new_york: MarketCalendar, now: datetime, newest: date) -> None:
    assert new_york.newest_closed(now).date == newest
    elsewhere = now.astimezone(datetime.strptime("+1345", "%z").tzinfo)
    assert new_york.newest_closed(elsewhere).date == newest


def test_a_market_that_never_closes() -> None:
    crypto = market_calendar("24/7")
    saturday = crypto.session(date(2013, 3, 9))
    assert (saturday.opens_at, saturday.closes_at) == (utc(2013, 3, 9), utc(2013, 3, 10))
    assert crypto.next(saturday.date).date == date(2013, 3, 10)
    assert crypto.newest_closed(utc(2013, 3, 10)).date == saturday.date
    assert len(crypto.sessions(date(2013, 1, 1), date(2013, 12, 31))) == 365


def test_closes_of_many_sessions_are_those_of_each(new_york: MarketCalendar) -> None:
    sessions = new_york.sessions(date(2012, 11, 1), date(2013, 3, 31))
    closes = new_york.closes(np.array([session.date for session in sessions], dtype="datetime64[us]"))
    assert [close.item().replace(tzinfo=UTC) for close in closes] == [session.closes_at for session in sessions]
    assert closes.dtype == np.dtype("datetime64[us]")
    assert new_york.closes(np.array([], dtype="datetime64[D]")).tolist() == []


def test_history_reaches_back_before_the_sample_and_forward_beyond_today(new_york: MarketCalendar) -> None:
    assert new_york.dates[0] == np.datetime64("1962-01-02")
    assert new_york.is_session(date(1980, 12, 12))  # Apple's first
    assert (np.diff(new_york.dates) > np.timedelta64(0)).all()


@pytest.mark.parametrize("ask", ["next", "previous"])
def test_beyond_the_calendar_the_sentence_says_what_it_covers(new_york: MarketCalendar, ask: str) -> None:
    day = date(2999, 1, 1) if ask == "next" else date(1900, 1, 1)
    with pytest.raises(AlgoTradingError, match=r"the calendar XNYS covers 1962-01-02 \.\. 20"):
        getattr(new_york, ask)(day)
    with pytest.raises(AlgoTradingError, match="the calendar XNYS covers"):
        new_york.session(day)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("XNYSE", "did you mean XNYS"), ("xnys", "did you mean XNYS"), ("???", "for New York it is XNYS"), ("", "XNYS")],
)
def test_an_unknown_code_is_answered_with_near_ones(code: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=hint):
        market_calendar(code)


@given(st.dates(date(1970, 1, 1), date(2026, 12, 31)))
def test_every_day_lies_between_its_neighbours(day: date) -> None:
    calendar = market_calendar("XNYS")
    before, after = calendar.previous(day), calendar.next(day)
    assert before.date < day < after.date
    assert len(calendar.sessions(before.date, after.date)) == 2 + calendar.is_session(day)
    assert calendar.next(before.date).date == (day if calendar.is_session(day) else after.date)
    assert after.date - before.date <= timedelta(days=10)  # 2001-09-10 and the week after
    assert before.closes_at < after.opens_at


def test_a_calendar_whose_rules_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_code: str) -> None:
        raise ValueError("Special dates are not sessions, " * 1000)

    monkeypatch.setattr(exchange_calendars, "get_calendar", broken)
    with pytest.raises(ConfigError, match=r"cannot make its calendar XTAE \(ValueError\); choose another") as caught:
        MarketCalendar("XTAE")
    assert len(str(caught.value)) < 200


def test_a_calendar_is_built_once() -> None:
    assert market_calendar("XNYS") is market_calendar("XNYS")
