"""Exchange sessions. exchange_calendars imports pandas, so it is imported inside the methods."""

import difflib
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.instrument import Session
from algo_trading.domain.times import array_time, moment_of
from algo_trading.errors import AlgoTradingError, ConfigError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd

# exchange_calendars starts 20 years back unless told; some venues' rules do not reach further than their own bounds.
FIRST_YEAR = date(1962, 1, 2)


class MarketCalendar:
    """Sessions of one venue, by its exchange_calendars code."""

    def __init__(self, code: str) -> None:
        """Raise UnknownNameError with the nearest names where `code` is none, ConfigError if its rules are broken."""
        import exchange_calendars

        known = exchange_calendars.get_calendar_names()
        if code not in known:
            near = difflib.get_close_matches(code.upper(), known, n=3, cutoff=0.4)
            hint = (
                f"did you mean {', '.join(near)}?"
                if near
                else "for New York it is XNYS, for London XLON, for crypto 24/7"
            )
            raise UnknownNameError(f"there is no exchange calendar {code!r}: {hint}")
        self.code = code
        try:
            bound = exchange_calendars.get_calendar(code).bound_min()
            start = FIRST_YEAR if bound is None or bound.date() < FIRST_YEAR else bound.date()
            schedule: pd.DataFrame = exchange_calendars.get_calendar(code, start=start.isoformat()).schedule
        except (ValueError, NotImplementedError) as error:  # version 4.13 cannot make five of its own on pandas 3.1
            raise ConfigError(
                f"exchange_calendars {exchange_calendars.__version__} cannot make its calendar {code} "
                f"({type(error).__name__}); choose another one, such as that of a neighbouring exchange"
            ) from error
        self.zone = str(exchange_calendars.get_calendar(code).tz)  # its time zone's name
        self._dates: NDArray[np.datetime64] = schedule.index.to_numpy().astype("datetime64[D]")
        self._opens: NDArray[np.datetime64] = _utc_microseconds(schedule["open"])
        self._closes: NDArray[np.datetime64] = _utc_microseconds(schedule["close"])

    @property
    def dates(self) -> NDArray[np.datetime64]:
        """Every known session date, datetime64[D], ascending."""
        return self._dates

    def closes(self, sessions: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
        """True closes (datetime64[us], UTC) of session dates; each must be a session."""
        positions = np.searchsorted(self._dates, sessions.astype("datetime64[D]"))
        return self._closes[positions]

    def is_session(self, day: date) -> bool:
        """Whether the venue trades on `day`."""
        position = int(np.searchsorted(self._dates, np.datetime64(day, "D")))
        return position < len(self._dates) and bool(self._dates[position] == np.datetime64(day, "D"))

    def session(self, day: date) -> Session:
        """The session of `day`.

        Raises:
            AlgoTradingError: the venue does not trade on `day`; the nearest sessions are named.
        """
        if not self.is_session(day):
            before, after = self.previous(day), self.next(day)
            raise AlgoTradingError(
                f"{day} is not a session of {self.code}; the nearest are {before.date} and {after.date}"
            )
        return self._at(int(np.searchsorted(self._dates, np.datetime64(day, "D"))))

    def sessions(self, first: date, last: date) -> Sequence[Session]:
        """Sessions with first <= date <= last, ascending."""
        low = int(np.searchsorted(self._dates, np.datetime64(first, "D"), side="left"))
        high = int(np.searchsorted(self._dates, np.datetime64(last, "D"), side="right"))
        return [self._at(i) for i in range(low, high)]

    def next(self, day: date) -> Session:
        """The first session after `day`."""
        return self._at(int(np.searchsorted(self._dates, np.datetime64(day, "D"), side="right")))

    def previous(self, day: date) -> Session:
        """The last session before `day`."""
        return self._at(int(np.searchsorted(self._dates, np.datetime64(day, "D"), side="left")) - 1)

    def back(self, day: date, sessions: int) -> date:
        """The date `sessions` sessions before `day` (`day` itself counts as the last one)."""
        position = int(np.searchsorted(self._dates, np.datetime64(day, "D"), side="right")) - 1
        return self._at(max(position - sessions, 0)).date

    def newest_closed(self, now: datetime) -> Session:
        """The newest session whose close is not after `now`."""
        moment = array_time(now)
        return self._at(int(np.searchsorted(self._closes, moment, side="right")) - 1)

    def _at(self, position: int) -> Session:
        if not 0 <= position < len(self._dates):
            first, last = self._dates[0], self._dates[-1]
            raise AlgoTradingError(f"the calendar {self.code} covers {first} .. {last} only")
        return Session(
            self.code,
            self._dates[position].item(),
            moment_of(self._opens[position]),
            moment_of(self._closes[position]),
        )


def _utc_microseconds(times: "pd.Series[pd.Timestamp]") -> NDArray[np.datetime64]:
    utc: NDArray[np.datetime64] = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    return utc


@lru_cache(maxsize=32)
def market_calendar(code: str) -> MarketCalendar:
    """The calendar of `code`, built once per process (it takes about a second)."""
    return MarketCalendar(code)
