"""Periods of venues, checked against what exchanges published and against a slow reference."""

import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Self

import exchange_calendars
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.calendars import ContinuousCalendar, ExchangeCalendar, TradingCalendar, trading_calendar
from algo_trading.domain.time import Interval, Period, array_time, midnight
from algo_trading.errors import AlgoTradingError, ConfigError, UnknownNameError
from algo_trading.exchange.intervals import opens
from support.fuzz import examples

pytestmark = pytest.mark.unit

DAY = Interval.DAY


@pytest.fixture(scope="module")
def new_york() -> TradingCalendar:
    return trading_calendar("XNYS")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]  # up to the microsecond


def dates(periods: object) -> list[date]:
    return [period.date for period in periods]  # type: ignore[attr-defined]  # any iterable of periods


@pytest.mark.parametrize(
    ("day", "starts", "closes"),
    [
        (date(2013, 3, 8), utc(2013, 3, 8, 14, 30), utc(2013, 3, 8, 21)),  # winter
        (date(2013, 3, 11), utc(2013, 3, 11, 13, 30), utc(2013, 3, 11, 20)),  # summer
        (date(2026, 11, 27), utc(2026, 11, 27, 14, 30), utc(2026, 11, 27, 18)),  # the day after Thanksgiving
        (date(2026, 12, 24), utc(2026, 12, 24, 14, 30), utc(2026, 12, 24, 18)),
    ],
)
def test_hours(new_york: TradingCalendar, day: date, starts: datetime, closes: datetime) -> None:
    period = new_york.period(DAY, midnight(day))
    assert period == Period(DAY, midnight(day), starts, closes)
    assert period.key == str(day)


@pytest.mark.parametrize(
    "day",
    [date(2013, 3, 9), date(2013, 3, 10), date(2026, 7, 3), date(2025, 1, 9), date(2012, 10, 29), date(2001, 9, 11)],
)
def test_days_without_a_session(new_york: TradingCalendar, day: date) -> None:
    with pytest.raises(AlgoTradingError, match=f"{day} is not a session of XNYS; the nearest are"):
        new_york.period(DAY, midnight(day))


def test_the_nearest_sessions_are_named(new_york: TradingCalendar) -> None:
    with pytest.raises(AlgoTradingError, match="the nearest are 2025-01-08 and 2025-01-10"):
        new_york.period(DAY, utc(2025, 1, 9))
    with pytest.raises(AlgoTradingError, match=r"not a 1h period of XNYS; the nearest are .*T20:30Z and .*T14:30Z"):
        new_york.period(Interval.HOUR_1, utc(2025, 1, 10, 22))


def test_keys_have_one_spelling(new_york: TradingCalendar) -> None:
    assert new_york.parse(DAY, "2013-02-19").date == date(2013, 2, 19)
    assert new_york.parse(Interval.HOUR_1, "2013-02-19T15:30Z").opened_at == utc(2013, 2, 19, 15, 30)
    for wrong in ("20130219", "2013-W08-2", "2013-02-19T00:00Z", " 2013-02-19", "yesterday", ""):
        with pytest.raises(AlgoTradingError, match="is not the key of a 1d period; it is written like 20"):
            new_york.parse(DAY, wrong)
    with pytest.raises(AlgoTradingError, match="written like 2013-02-19T15:30Z"):
        new_york.parse(Interval.HOUR_1, "2013-02-19T16:30+01:00")


def test_ranges_count_both_ends(new_york: TradingCalendar) -> None:
    days = dates(new_york.periods(DAY, utc(2013, 2, 15), utc(2013, 2, 20)))
    assert days == [date(2013, 2, 15), date(2013, 2, 19), date(2013, 2, 20)]  # Presidents' Day between
    assert new_york.periods(DAY, utc(2013, 2, 16), utc(2013, 2, 18)) == []
    assert new_york.periods(DAY, utc(2013, 2, 20), utc(2013, 2, 15)) == []


def test_steps(new_york: TradingCalendar) -> None:
    assert new_york.next(DAY, utc(2013, 2, 15)).date == date(2013, 2, 19)
    assert new_york.next(DAY, utc(2013, 2, 17)).date == date(2013, 2, 19)
    assert new_york.first_from(DAY, utc(2013, 2, 15)).date == date(2013, 2, 15)
    assert new_york.first_from(DAY, utc(2013, 2, 16)).date == date(2013, 2, 19)
    assert new_york.previous(DAY, utc(2013, 2, 19)).date == date(2013, 2, 15)
    assert new_york.previous(DAY, utc(2013, 2, 17)).date == date(2013, 2, 15)
    assert new_york.back(DAY, utc(2013, 2, 19), 0) == utc(2013, 2, 19)
    assert new_york.back(DAY, utc(2013, 2, 19), 1) == utc(2013, 2, 15)
    assert new_york.back(DAY, utc(2013, 2, 18), 0) == utc(2013, 2, 15)
    assert new_york.back(DAY, utc(2013, 2, 19), 10**6) == midnight(new_york.first)
    assert new_york.back(Interval.HOUR_1, utc(2013, 2, 19, 14, 30), 7) == utc(2013, 2, 15, 14, 30)


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
def test_the_newest_closed_session(new_york: TradingCalendar, now: datetime, newest: date) -> None:
    assert new_york.newest_closed(DAY, now).date == newest
    elsewhere = now.astimezone(datetime.strptime("+1345", "%z").tzinfo)
    assert new_york.newest_closed(DAY, elsewhere).date == newest


def test_a_market_that_never_closes() -> None:
    crypto = trading_calendar("BINANCE")
    saturday = crypto.period(DAY, utc(2013, 3, 9))
    assert (saturday.starts_at, saturday.closed_at) == (utc(2013, 3, 9), utc(2013, 3, 10))
    assert crypto.next(DAY, saturday.opened_at).date == date(2013, 3, 10)
    assert crypto.newest_closed(DAY, utc(2013, 3, 10)).date == saturday.date
    assert len(crypto.periods(DAY, utc(2013, 1, 1), utc(2013, 12, 31))) == 365
    assert crypto.period(Interval.WEEK, utc(2026, 11, 16)).closed_at == utc(2026, 11, 23)
    assert crypto.period(Interval.MONTH, utc(2024, 2, 1)).closed_at == utc(2024, 3, 1)
    with pytest.raises(AlgoTradingError, match="nearest are 2026-11-16 and 2026-11-23"):
        crypto.period(Interval.WEEK, utc(2026, 11, 17))


@pytest.mark.parametrize("interval", [Interval.DAY_3, Interval.WEEK, Interval.MONTH, Interval.HOUR_12])
def test_candles_longer_than_a_day_are_counted_as_the_exchange_counts_them(interval: Interval) -> None:
    """The practice exchange counts so by itself, but for three days: they are counted from 1970-01-01 for all pairs."""
    crypto, step = trading_calendar("BINANCE"), timedelta(hours=12)
    moments = np.arange("2019-12-25", "2020-03-10", np.timedelta64(12, "h"), dtype="datetime64[us]")
    expected = opens(str(interval), moments.astype("datetime64[ms]").astype(np.int64)).astype("datetime64[ms]")
    if interval is Interval.DAY_3:
        days = moments.astype("datetime64[D]").astype(np.int64)
        expected = (days - days % 3).astype("datetime64[D]")
    periods, candle = crypto.spans(interval, Interval.HOUR_12, moments)
    np.testing.assert_array_equal(periods.opened_at[candle], expected)
    table = crypto.table(interval, date(2019, 12, 25), date(2020, 3, 9))
    assert set(table.opened_at) >= set(expected[1 + int(timedelta(days=31) / step) :])
    if interval is Interval.DAY_3:
        assert not (table.opened_at.astype("datetime64[D]").astype(int) % 3).any()
        assert crypto.period(interval, utc(2020, 2, 29)).closed_at == utc(2020, 3, 3)


def test_a_week_of_an_exchange_ends_with_its_last_session(new_york: TradingCalendar) -> None:
    thanksgiving = new_york.period(Interval.WEEK, utc(2026, 11, 23))
    assert (thanksgiving.starts_at, thanksgiving.closed_at) == (utc(2026, 11, 23, 14, 30), utc(2026, 11, 27, 18))
    assert new_york.period(Interval.MONTH, utc(2013, 3, 1)).closed_at == utc(2013, 3, 28, 20)  # before Good Friday
    with pytest.raises(ConfigError, match="XNYS has no 3d bars; use 1d, 1w or 1M"):
        new_york.next(Interval.DAY_3, utc(2013, 3, 1))


def test_a_session_may_open_on_the_utc_date_before() -> None:
    sydney = trading_calendar("XASX")
    first = sydney.next(Interval.HOUR_1, utc(2026, 1, 18, 12))
    assert first.key == "2026-01-18T23:00Z"  # Monday's session
    assert sydney.period(Interval.HOUR_1, first.opened_at) == first


def slow_periods(calendar: ExchangeCalendar, interval: Interval, first: date, last: date) -> list[Period]:
    """The same as `table`, one session after the other."""
    found = []
    for session in calendar.periods(DAY, midnight(first - timedelta(days=2)), midnight(last + timedelta(days=2))):
        opened = session.starts_at
        while opened < session.closed_at:
            closed = min(opened + interval.length, session.closed_at)
            if first <= opened.date() <= last:
                found.append(Period(interval, opened, opened, closed))
            opened += interval.length
    return found


@settings(max_examples=examples(20), deadline=None)
@given(
    venue=st.sampled_from(["XNYS", "XHKG", "XASX", "XLON"]),
    interval=st.sampled_from([interval for interval in Interval if interval.intraday]),
    first=st.dates(date(2005, 1, 1), date(2025, 12, 31)),
    days=st.integers(0, 12),
)
def test_intraday_periods_of_exchanges(venue: str, interval: Interval, first: date, days: int) -> None:
    calendar, last = trading_calendar(venue), first + timedelta(days=days)
    assert isinstance(calendar, ExchangeCalendar)
    end = midnight(last) + timedelta(days=1, microseconds=-1)
    assert calendar.periods(interval, midnight(first), end) == slow_periods(calendar, interval, first, last)


@given(
    venue=st.sampled_from(["XNYS", "BINANCE"]),
    interval=st.sampled_from(Interval),
    moment=st.datetimes(datetime(1972, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_moment_lies_between_its_neighbours(venue: str, interval: Interval, moment: datetime) -> None:
    calendar = trading_calendar(venue)
    if venue == "XNYS" and interval is Interval.DAY_3:
        return
    before, after = calendar.previous(interval, moment), calendar.next(interval, moment)
    assert before.opened_at < moment < after.opened_at or calendar.period(interval, moment).opened_at == moment
    assert before.closed_at <= after.starts_at
    assert calendar.next(interval, before.opened_at).opened_at in {moment, after.opened_at}
    assert calendar.parse(interval, after.key) == after
    newest = calendar.newest_closed(interval, moment)
    assert newest.closed_at <= moment < calendar.next(interval, newest.opened_at).closed_at
    assert calendar.back(interval, after.opened_at, 1) in {moment, before.opened_at}


def test_closes_of_many_periods_are_those_of_each(new_york: TradingCalendar) -> None:
    for interval in (DAY, Interval.HOUR_1, Interval.WEEK):
        periods = new_york.periods(interval, utc(2012, 11, 1), utc(2013, 3, 31))
        closes = new_york.closes(interval, np.array([array_time(period.opened_at) for period in periods]))
        assert [close.item().replace(tzinfo=UTC) for close in closes] == [period.closed_at for period in periods]
        assert closes.dtype == np.dtype("datetime64[us]")
    odd = np.array(["2013-03-09", "NaT", "2013-03-08", "1800-01-01", "2999-01-01"], dtype="datetime64[us]")
    assert np.isnat(new_york.closes(DAY, odd)).tolist() == [True, True, False, True, True]
    assert new_york.closes(DAY, np.array([], dtype="datetime64[D]")).tolist() == []
    assert np.isnat(new_york.closes(DAY, np.array(["NaT"], dtype="datetime64[us]"))).all()


def test_starts_of_many_periods_are_those_of_each(new_york: TradingCalendar) -> None:
    periods = new_york.periods(DAY, utc(2012, 11, 1), utc(2013, 3, 31))
    starts = new_york.starts(DAY, np.array([array_time(period.opened_at) for period in periods]))
    assert [start.item().replace(tzinfo=UTC) for start in starts] == [period.starts_at for period in periods]
    unknown = np.array(["2013-03-09", "1800-01-01"], dtype="datetime64[us]")
    assert new_york.starts(DAY, unknown).tolist() == unknown.tolist()
    assert trading_calendar("BINANCE").starts(Interval.MINUTE_5, unknown).tolist() == unknown.tolist()


def test_history_reaches_back_before_the_sample_and_forward_beyond_today(new_york: TradingCalendar) -> None:
    assert new_york.first == date(1962, 1, 2)
    assert new_york.period(DAY, utc(1980, 12, 12))  # Apple's first
    opened = new_york.table(DAY, new_york.first, new_york.last).opened_at
    assert (np.diff(opened) > np.timedelta64(0)).all()


@pytest.mark.parametrize("ask", ["next", "previous"])
def test_beyond_the_calendar_the_sentence_says_what_it_covers(new_york: TradingCalendar, ask: str) -> None:
    day = utc(2999, 1, 1) if ask == "next" else utc(1900, 1, 1)
    with pytest.raises(AlgoTradingError, match=r"the calendar of XNYS covers 1962-01-02 \.\. 20"):
        getattr(new_york, ask)(DAY, day)
    with pytest.raises(AlgoTradingError, match="the calendar of XNYS covers"):
        new_york.period(DAY, day)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("XNYSE", "did you mean XNYS"),
        ("xnys", "did you mean XNYS"),
        ("Nasdaq", "did you mean XNYS"),
        ("binance", "did you mean BINANCE"),
        ("???", "for New York it is XNYS"),
        ("", "XNYS"),
    ],
)
def test_an_unknown_code_is_answered_with_near_ones(code: str, hint: str) -> None:
    with pytest.raises(UnknownNameError, match=hint):
        trading_calendar(code)


def test_a_calendar_whose_rules_are_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_code: str, **_options: str) -> None:
        raise ValueError("Special dates are not sessions, " * 1000)

    monkeypatch.setattr(exchange_calendars, "get_calendar", broken)
    with pytest.raises(ConfigError, match=r"cannot make its calendar XTAE \(ValueError\); choose another") as caught:
        ExchangeCalendar("XTAE")
    assert len(str(caught.value)) < 200


def test_a_calendar_is_built_again_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler works for years, and the sessions of an exchange are known for one."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(time.time() + 31 * 86_400, tz)

    today = trading_calendar("XNYS")
    monkeypatch.setattr("algo_trading.calendars.datetime", Later)
    assert trading_calendar("XNYS") is not today
    assert trading_calendar("XNYS") is trading_calendar("XNYS")


def test_a_calendar_is_built_once() -> None:
    assert trading_calendar("XNYS") is trading_calendar("XNYS")
    assert isinstance(trading_calendar("24/7"), ContinuousCalendar)


@pytest.mark.parametrize("interval", [*Interval])
def test_bars_lie_in_periods(interval: Interval) -> None:
    """Also across missing hours; by division as by search."""
    calendar = trading_calendar("BINANCE")
    hours = np.datetime64("2017-08-17T04:00", "us") + np.arange(3000) * np.timedelta64(1, "h")
    opened = np.delete(hours, np.r_[40:200, 700:703])
    if interval.order < Interval.HOUR_1.order:
        opened = opened[:50]
    periods, position = calendar.spans(interval, Interval.HOUR_1, opened)
    assert (periods.opened_at[position] <= opened).all()
    assert (opened < periods.closed_at[position]).all()
    assert (np.diff(position) >= 0).all()
    assert set(position.tolist()) == set(range(len(periods)))
    searched, same = TradingCalendar.spans(calendar, interval, Interval.HOUR_1, opened)
    np.testing.assert_array_equal(searched.opened_at, periods.opened_at)
    np.testing.assert_array_equal(searched.closed_at, periods.closed_at)
    np.testing.assert_array_equal(same, position)
    assert len(calendar.spans(interval, Interval.HOUR_1, opened[:0])[1]) == 0


def test_bars_of_an_exchange_lie_in_its_sessions_and_weeks(new_york: TradingCalendar) -> None:
    hours = new_york.table(Interval.HOUR_1, date(2013, 1, 2), date(2013, 1, 15)).opened_at
    days, of_hours = new_york.spans(Interval.DAY, Interval.HOUR_1, hours)
    np.testing.assert_array_equal(days.opened_at[of_hours], hours.astype("datetime64[D]"))
    weeks, of_days = new_york.spans(Interval.WEEK, Interval.DAY, days.opened_at)
    assert weeks.opened_at.astype("datetime64[D]").astype(str).tolist() == ["2012-12-31", "2013-01-07", "2013-01-14"]
    assert of_days.tolist() == [0] * 3 + [1] * 5 + [2] * 2


def test_a_bar_before_the_calendar_lies_in_no_period(new_york: TradingCalendar) -> None:
    with pytest.raises(AlgoTradingError, match="the calendar of XNYS covers"):
        new_york.spans(Interval.WEEK, Interval.DAY, np.array(["1950-01-02"], dtype="datetime64[us]"))
