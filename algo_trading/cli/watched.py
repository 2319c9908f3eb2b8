"""Which watchlists and periods a command is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from algo_trading.bootstrap.services import Services
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import DAY, Interval, Period, midnight
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import AlgoTradingError, ConfigError, UnknownNameError, unknown_name

DEFAULT_VENUE = "XNYS"


@dataclass(frozen=True)
class WatchedInterval:
    """One interval of a watchlist."""

    watchlist: Watchlist
    interval: Interval

    def series(self, symbols: Sequence[str]) -> list[Series]:
        """Its series, or those of some symbols."""
        wanted = [Instrument(symbol, self.watchlist.venue) for symbol in dict.fromkeys(symbols)]
        return [Series(instrument, self.interval) for instrument in wanted] or [*self.watchlist.series(self.interval)]


@dataclass(frozen=True)
class Due:
    """A period of a watchlist that is to be processed."""

    watchlist: Watchlist
    period: Period


def watchlists_of(application: Services, name: str | None = None) -> list[Watchlist]:
    """Every watchlist, or the one that is named; the configured ones where this is the first start.

    Raises:
        ConfigError: there is none.
        UnknownNameError: there is none of this name.
    """
    application.apply_config().seed()
    found = application.watchlists.all()
    if not found:
        raise ConfigError("nothing is watched: add a [[watchlists]] table to algo-trading.toml")
    if name is None:
        return found
    named = [one for one in found if one.name == name]
    if not named:
        raise UnknownNameError(unknown_name("watchlist", name, [one.name for one in found]))
    return named


def share_venue(watchlists: Sequence[Watchlist]) -> str:
    """The venue of shares whose venue is not named: that of the first watchlist of shares, else New York's."""
    return next((one.venue for one in watchlists if is_of_shares(one)), DEFAULT_VENUE)


def is_of_shares(watchlist: Watchlist) -> bool:
    """Whether a watchlist is one of shares, which have figures such as a price-earnings ratio."""
    return venue_of(watchlist.venue).asset_class is AssetClass.EQUITY


def watched_intervals(application: Services, name: str | None, symbols: Sequence[str] = ()) -> list[WatchedInterval]:
    """Every interval of the watchlist that is named; without a name the daily and longer ones of all watchlists.

    Only watchlists with one of `symbols` count; where none has any, the first one does. Candles count without being
    asked for where nothing else is watched.
    """
    found = [
        WatchedInterval(one, interval) for one in watchlists_of(application, name) for interval in one.all_intervals
    ]
    daily = [one for one in found if not one.interval.intraday]
    chosen = found if name is not None or not daily else daily
    having = [one for one in chosen if set(symbols) & {instrument.symbol for instrument in one.watchlist.instruments}]
    if symbols and not having:
        having = [one for one in chosen if one.watchlist == chosen[0].watchlist]
    return having if symbols else chosen


def sessions_due(
    application: Services, first: date, last: date | None, name: str | None, warn: Callable[[str], None]
) -> list[Due]:
    """The periods that opened in a range of dates (on one date without `last`), in the order in which they closed.

    `warn` is given a sentence on each watchlist that has none while others have.

    Raises:
        ConfigError: there is no such period, or one that lies beyond what the clock or the source allows.
        UnknownNameError: a watchlist names a source that nobody knows.
    """
    due: list[Due] = []
    errors: list[ConfigError] = []
    for one in watched_intervals(application, name):
        try:
            due += [Due(one.watchlist, period) for period in periods_in(application, one, first, last)]
        except UnknownNameError:
            raise
        except ConfigError as error:
            errors.append(error)
    if not due:
        raise errors[0] if errors else ConfigError(f"no bar of what is watched opened in {first} .. {last or first}")
    for reason in map(str, errors):
        warn(reason)
    return sorted(due, key=lambda one: (one.period.closed_at, one.period.interval.order, one.watchlist.name))


def periods_in(application: Services, one: WatchedInterval, first: date, last: date | None) -> Sequence[Period]:
    """The periods that opened in a range of dates, or on one date; of bars longer than a day there may be none.

    Of a day that is not over, shorter periods are those that have closed.

    Raises:
        ConfigError: there is none, or one lies beyond what the clock or the source allows.
    """
    venue, interval = one.watchlist.venue, one.interval
    if last is not None and last < first:
        raise ConfigError(f"the range {first} .. {last} ends before it begins")
    calendar = application.calendars(venue)
    closed = calendar.newest_closed(interval, application.clock.now())
    begin = midnight(first)
    try:
        if last is None and interval is Interval.DAY and begin <= closed.opened_at:
            periods: Sequence[Period] = [calendar.period(interval, begin)]
        else:
            periods = calendar.periods(interval, begin, end_of(last or first))
    except AlgoTradingError as error:  # a holiday, or long before the calendar begins
        raise ConfigError(str(error)) from error
    if interval.intraday and (last or first) == application.clock.now().date():
        periods = [period for period in periods if period.opened_at <= closed.opened_at]
    newest = periods[-1].opened_at if periods else begin
    if newest > closed.opened_at:
        raise ConfigError(f"{last or first} lies beyond the newest closed session of {venue}, {closed}")
    if not periods and (interval.intraday or interval is Interval.DAY):
        raise ConfigError(f"{venue} has no session in {first} .. {last or first}")
    ends_at = application.source(one.watchlist.source).ends_at(venue, interval)
    if ends_at is not None and newest > ends_at:
        raise ConfigError(f"the source {one.watchlist.source} ends at {ends_at:%Y-%m-%d}, before {last or first}")
    return periods


def end_of(day: date) -> datetime:
    """The last moment of a date in UTC."""
    return midnight(day) + DAY - timedelta(microseconds=1)
