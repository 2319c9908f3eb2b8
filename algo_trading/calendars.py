"""Periods of venues."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Times
from algo_trading.domain.time import DAY, Interval, Period, array_time, moment_of, parse_period_key
from algo_trading.domain.venue import ALWAYS_OPEN, venue_of
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.exchange_sessions import sessions_of

CONTINUOUS_FIRST, CONTINUOUS_LAST = date(1970, 1, 1), date(2200, 12, 31)
EPOCH_MONDAY = np.datetime64("1970-01-05", "D")  # weeks begin on Monday
EPOCH_THREE_DAYS = np.datetime64("1970-01-01", "D")  # three-day candles are counted from the epoch


@dataclass(frozen=True)
class Periods:
    """Periods as columns of one length, ascending, datetime64[us] in UTC (see `Period`)."""

    opened_at: Times
    starts_at: Times
    closed_at: Times

    def __len__(self) -> int:
        return len(self.opened_at)

    def where(self, chosen: NDArray[np.bool_]) -> "Periods":
        """Those that are chosen."""
        return Periods(self.opened_at[chosen], self.starts_at[chosen], self.closed_at[chosen])

    def at(self, interval: Interval, position: int) -> Period:
        """One of them."""
        opened, starts, closed = self.opened_at[position], self.starts_at[position], self.closed_at[position]
        return Period(interval, moment_of(opened), moment_of(starts), moment_of(closed))


class TradingCalendar(ABC):
    """The periods of one venue, in every interval. Moments are aware; a period is named by its `opened_at`.

    `continuous` says that trading never stops.
    """

    continuous = False

    def __init__(self, venue: str, first: date, last: date) -> None:
        self.venue = venue
        self.zone = venue_of(venue).zone  # IANA name
        self.first = first  # dates that it covers
        self.last = last

    @abstractmethod
    def table(self, interval: Interval, first: date, last: date) -> Periods:
        """The periods whose label's date is in first..last, as far as the calendar reaches."""

    def period(self, interval: Interval, opened_at: datetime) -> Period:
        """The period that opened at a moment.

        Raises:
            AlgoTradingError: there is none; the nearest ones are named.
        """
        found = self.table(interval, opened_at.date(), opened_at.date())
        position = int(np.searchsorted(found.opened_at, array_time(opened_at)))
        if position < len(found) and found.opened_at[position] == array_time(opened_at):
            return found.at(interval, position)
        before, after = self.previous(interval, opened_at), self.next(interval, opened_at)
        what = "session" if interval is Interval.DAY else f"{interval} period"
        shown = f"{opened_at:%Y-%m-%d}" if not interval.intraday else f"{opened_at:%Y-%m-%dT%H:%MZ}"
        raise AlgoTradingError(f"{shown} is not a {what} of {self.venue}; the nearest are {before} and {after}")

    def parse(self, interval: Interval, key: str) -> Period:
        """The period with this canonical key.

        Raises:
            AlgoTradingError: it is written in another way, or the venue does not trade then.
        """
        try:
            opened_at = parse_period_key(interval, key)
        except ValueError as error:
            raise AlgoTradingError(str(error)) from error
        return self.period(interval, opened_at)

    def periods(self, interval: Interval, first: datetime, last: datetime) -> Sequence[Period]:
        """Periods that opened in first..last, ascending."""
        found = self.table(interval, first.date(), last.date())
        found = found.where((found.opened_at >= array_time(first)) & (found.opened_at <= array_time(last)))
        return [found.at(interval, position) for position in range(len(found))]

    def next(self, interval: Interval, moment: datetime) -> Period:
        """The first period that opened after `moment`."""
        for reach in _reaches(interval):
            found = self.table(interval, moment.date(), moment.date() + reach)
            position = int(np.searchsorted(found.opened_at, array_time(moment), side="right"))
            if position < len(found):
                return found.at(interval, position)
        raise self._outside(moment)

    def previous(self, interval: Interval, moment: datetime) -> Period:
        """The last period that opened before `moment`."""
        for reach in _reaches(interval):
            found = self.table(interval, moment.date() - reach, moment.date())
            position = int(np.searchsorted(found.opened_at, array_time(moment), side="left")) - 1
            if position >= 0:
                return found.at(interval, position)
        raise self._outside(moment)

    def first_from(self, interval: Interval, moment: datetime) -> Period:
        """The first period that opened at or after `moment`."""
        return self.next(interval, moment - timedelta(microseconds=1))

    def back(self, interval: Interval, opened_at: datetime, count: int) -> datetime:
        """When the period opened that lies `count` periods before the one at `opened_at`, or the first one known."""
        day, reach = opened_at.date(), max(8 * DAY, interval.length * (count + 1))
        while True:
            begin = day - reach if reach < day - self.first else self.first
            found = self.table(interval, begin, day)
            position = int(np.searchsorted(found.opened_at, array_time(opened_at), side="right")) - 1 - count
            if position >= 0 or begin == self.first:
                return moment_of(found.opened_at[max(position, 0)])
            reach *= 2

    def newest_closed(self, interval: Interval, now: datetime) -> Period:
        """The newest period whose close is not after `now`."""
        for reach in _reaches(interval):
            found = self.table(interval, now.date() - reach, now.date() + DAY)
            position = int(np.searchsorted(found.closed_at, array_time(now), side="right")) - 1
            if position >= 0:
                return found.at(interval, position)
        raise self._outside(now)

    def starts(self, interval: Interval, opened_at: Times) -> Times:
        """When trading begins in periods by their `opened_at` (datetime64[us]), which itself where there is no such."""
        if self.continuous:
            return opened_at
        opened = opened_at.astype("datetime64[us]")
        return self._times("starts_at", interval, opened, opened)

    def closes(self, interval: Interval, opened_at: Times) -> Times:
        """True closes of periods by their `opened_at` (datetime64[us]); NaT where there is no such period."""
        opened = opened_at.astype("datetime64[us]")
        return self._times("closed_at", interval, opened, np.full(len(opened), np.datetime64("NaT", "us")))

    def _times(self, column: str, interval: Interval, opened: Times, missing: Times) -> Times:
        """A column of the periods that opened then, `missing` where there are none."""
        times = missing.copy()
        known = opened[~np.isnat(opened)]
        if len(known):
            bounds = np.clip(
                np.array([known.min(), known.max()]).astype("datetime64[D]"),
                np.datetime64(self.first, "D"),
                np.datetime64(self.last, "D"),
            )
            found = self.table(interval, bounds[0].item(), bounds[1].item())
            if len(found):
                position = np.minimum(np.searchsorted(found.opened_at, opened), len(found) - 1)
                matches = found.opened_at[position] == opened
                times[matches] = getattr(found, column)[position[matches]]
        return times

    def spans(self, interval: Interval, bars: Interval, opened_at: Times) -> tuple[Periods, NDArray[np.int64]]:
        """The periods of `interval` in which bars opened, ascending, and for each bar the position of its own.

        The bars, whose interval is `bars` and not longer, are given by their ascending `opened_at` (datetime64[us]).

        Raises:
            AlgoTradingError: a bar lies in no period of the venue.
        """
        if not len(opened_at):
            return Periods(*(np.empty(0, "datetime64[us]") for _ in range(3))), np.empty(0, np.int64)
        first, last = opened_at[[0, -1]].astype("datetime64[D]").tolist()
        found = self.table(interval, first - max(4 * DAY, 2 * interval.length), last + DAY)
        begins = found.starts_at if bars.intraday else found.opened_at
        position = np.searchsorted(begins, opened_at, side="right") - 1
        if not len(found) or position[0] < 0:
            raise self._outside(moment_of(opened_at[0]))
        used, candle = np.unique(position, return_inverse=True)
        return Periods(found.opened_at[used], found.starts_at[used], found.closed_at[used]), candle.astype(np.int64)

    def _outside(self, moment: datetime) -> AlgoTradingError:
        covered = f"{self.first} .. {self.last}"
        return AlgoTradingError(f"the calendar of {self.venue} covers {covered} only, not {moment:%Y-%m-%d}")


class ContinuousCalendar(TradingCalendar):
    """A market that never closes: periods follow the clock in UTC, weeks begin on Monday, months on the first."""

    continuous = True

    def __init__(self, venue: str) -> None:
        super().__init__(venue, CONTINUOUS_FIRST, CONTINUOUS_LAST)

    def table(self, interval: Interval, first: date, last: date) -> Periods:
        """As the protocol says."""
        begin = np.datetime64(max(first, self.first), "D")
        end = np.datetime64(min(last, self.last), "D") + 1
        if begin >= end:
            return Periods(*(np.empty(0, "datetime64[us]") for _ in range(3)))
        if interval is Interval.MONTH:
            months = np.arange(begin.astype("datetime64[M]"), end.astype("datetime64[M]") + 1)
            opened, closed = months.astype("datetime64[us]"), (months + 1).astype("datetime64[us]")
            inside = (opened >= begin) & (opened < end)
            return Periods(opened[inside], opened[inside], closed[inside])
        step = np.timedelta64(interval.length, "us")
        origin = {Interval.WEEK: EPOCH_MONDAY, Interval.DAY_3: EPOCH_THREE_DAYS}.get(interval, begin)
        skipped = -((origin.astype("datetime64[us]") - begin.astype("datetime64[us]")) // step)  # rounded up
        opened = np.arange(origin.astype("datetime64[us]") + skipped * step, end.astype("datetime64[us]"), step)
        return Periods(opened, opened, np.asarray(opened + step, "datetime64[us]"))

    def spans(self, interval: Interval, bars: Interval, opened_at: Times) -> tuple[Periods, NDArray[np.int64]]:
        """As of every calendar, by division: searching half a million bars for ten timeframes takes a second."""
        if interval is Interval.MONTH or not len(opened_at):
            return super().spans(interval, bars, opened_at)
        step = np.timedelta64(interval.length, "us")
        origin = (EPOCH_MONDAY if interval is Interval.WEEK else EPOCH_THREE_DAYS).astype("datetime64[us]")
        number = (opened_at.astype("datetime64[us]", copy=False).view(np.int64) - origin.view(np.int64)) // step.view(
            np.int64
        )
        candle = np.zeros(len(number), np.int64)
        np.cumsum(number[1:] != number[:-1], out=candle[1:])
        opened = origin + number[np.append(True, candle[1:] != candle[:-1])] * step
        return Periods(opened, opened, np.asarray(opened + step, "datetime64[us]")), candle


class ExchangeCalendar(TradingCalendar):
    """Sessions of an exchange, by its exchange_calendars code, and the shorter and longer periods made of them.

    Intraday periods are counted from the session's open; its close cuts the last one off. A week or month goes from
    its first date, 00:00 UTC as a label, to the close of its last session.
    """

    def __init__(self, venue: str) -> None:
        """Raise UnknownNameError where there is no such venue, ConfigError if the rules of its calendar are broken."""
        self._dates, self._opens, self._closes = sessions_of(venue_of(venue).calendar)
        super().__init__(venue, self._dates[0].item(), self._dates[-1].item())

    def table(self, interval: Interval, first: date, last: date) -> Periods:
        """As the protocol says."""
        if interval in {Interval.WEEK, Interval.MONTH}:
            return self._spans(interval, first, last)
        if interval is Interval.DAY_3:
            raise ConfigError(f"{self.venue} has no {interval} bars; use 1d, 1w or 1M")
        if interval is Interval.DAY:
            return Periods(*self._sessions(first, last))
        # In the east a session may open on the UTC date before its own.
        _, opens, closes = self._sessions(first - DAY, last + DAY)
        step = np.timedelta64(interval.length, "us")
        counts = -((opens - closes) // step)  # rounded up: the close cuts the last one off
        opened = np.repeat(opens, counts) + step * _within(counts)
        closed = np.minimum(opened + step, np.repeat(closes, counts))
        inside = (opened >= np.datetime64(first, "D")) & (opened < np.datetime64(last, "D") + 1)
        return Periods(opened[inside], opened[inside], closed[inside])

    def _sessions(self, first: date, last: date) -> tuple[Times, Times, Times]:
        low = int(np.searchsorted(self._dates, np.datetime64(first, "D"), side="left"))
        high = int(np.searchsorted(self._dates, np.datetime64(last, "D"), side="right"))
        return self._dates[low:high].astype("datetime64[us]"), self._opens[low:high], self._closes[low:high]

    def _spans(self, interval: Interval, first: date, last: date) -> Periods:
        opened, opens, closes = self._weeks if interval is Interval.WEEK else self._months
        inside = (opened >= np.datetime64(first, "D")) & (opened <= np.datetime64(last, "D"))
        return Periods(opened[inside].astype("datetime64[us]"), opens[inside], closes[inside])

    @cached_property
    def _weeks(self) -> tuple[Times, Times, Times]:
        week = np.timedelta64(7, "D")
        return self._joined(EPOCH_MONDAY + (self._dates - EPOCH_MONDAY) // week * week)

    @cached_property
    def _months(self) -> tuple[Times, Times, Times]:
        return self._joined(self._dates.astype("datetime64[M]").astype("datetime64[D]"))

    def _joined(self, labels: Times) -> tuple[Times, Times, Times]:
        """The periods that the label of each session makes: label, first open and last close."""
        begins = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
        ends = np.append(begins[1:], len(labels)) - 1
        return labels[begins], self._opens[begins], self._closes[ends]


def _within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, ... count - 1 for each count, one after the other."""
    total = int(counts.sum())
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(total) - starts


def _reaches(interval: Interval) -> tuple[timedelta, ...]:
    """How many days to look through for the next period: a few first, then more than any exchange was ever closed."""
    return max(4 * DAY, 2 * interval.length), max(120 * DAY, 4 * interval.length)


def trading_calendar(venue: str) -> TradingCalendar:
    """The calendar of a venue, built once a month in each process.

    That of an exchange ends about a year after it was made, and a scheduler or a watch loop may work for longer.
    """
    return _made_in(datetime.now(UTC).strftime("%Y-%m"), venue)


@lru_cache(maxsize=32)
def _made_in(_month: str, venue: str) -> TradingCalendar:
    return ContinuousCalendar(venue) if venue_of(venue).calendar == ALWAYS_OPEN else ExchangeCalendar(venue)


Calendars = Callable[[str], TradingCalendar]
