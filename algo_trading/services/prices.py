"""What positions and orders are priced at: bars of a period, and the last closes before a moment."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.costs import decimal_price, precision_of
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Period, array_time
from algo_trading.domain.venue import venue_of
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in which there was trade, as traded."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class LastClose:
    """A close as traded, the moment it is of, and its date in the venue's time zone."""

    price: float
    at: datetime
    date: date


@dataclass(frozen=True)
class ReadPrices:
    """Read bars and splits for accounts."""

    bars: BarRepository
    actions: CorporateActionRepository

    def traded(self, series: Iterable[Series], opened_at: datetime) -> dict[Series, Bar]:
        """Bars of a period, of the series that have one in which there was trade."""
        wanted = sorted(set(series))
        if not wanted:
            return {}
        found = split_by_series(self.bars.read(wanted, opened_at, opened_at))
        return {
            one: Bar(*(float(getattr(bars, name)[0]) for name in COLUMNS))
            for one, bars in found.items()
            if bars.volume[0] > 0 and bars.open[0] > 0
        }

    def last_closes(self, series: Iterable[Series], moment: datetime) -> dict[Series, LastClose]:
        """The newest close at or before a moment, however old, of the series that have one."""
        wanted = sorted(set(series))
        if not wanted:
            return {}
        found = self.bars.last_closes(wanted, moment)
        return {one: LastClose(price, at, trading_date(one.venue, at)) for one, (price, at) in found.items()}

    def newest_bars(self, series: Series, closed_at: datetime, count: int) -> Bars | None:
        """The last `count` bars that had closed by a moment, adjusted as of the newest; None where there is none."""
        found = split_by_series(self.bars.read_last([series], closed_at, count + 1)).get(series)
        closed = 0 if found is None else int(np.searchsorted(found.closed_at, array_time(closed_at), side="right"))
        if found is None or not closed:
            return None
        bars = found[max(0, closed - count) : closed]
        return adjusted(bars, self.actions.read([series.instrument], bars.session(-1), bars.session(0)))

    def prices(self, series: Iterable[Series], moment: datetime, today: date) -> dict[Series, Decimal]:
        """The last closes as money, of the shares that splits with an ex-date up to `today` have made of them."""
        closes = self.last_closes(series, moment)
        oldest = min((last.date for last in closes.values()), default=today)
        splits = self.splits([one.instrument for one in closes], today, oldest)
        return {
            one: decimal_price(split_price(last, splits.get(one.instrument, ()), today), precision_of(one.venue))
            for one, last in closes.items()
        }

    def splits(
        self, instruments: Sequence[Instrument], today: date, since: date
    ) -> Mapping[Instrument, list[CorporateAction]]:
        """The splits of `since` to `today`, by instrument."""
        wanted = sorted(set(instruments))
        found: dict[Instrument, list[CorporateAction]] = {}
        if wanted:
            for action in self.actions.read(wanted, today, since):
                if action.kind is ActionKind.SPLIT:
                    found.setdefault(action.instrument, []).append(action)
        return found


def split_price(last: LastClose, splits: Iterable[CorporateAction], today: date) -> float:
    """A close, divided by the splits after it up to `today`."""
    return last.price / math.prod(split.value for split in splits if last.date < split.ex_date <= today)


def trading_date(venue: str, closed_at: datetime) -> date:
    """The date, in the venue's time zone, of the trading that a close ends."""
    return (closed_at - timedelta(microseconds=1)).astimezone(ZoneInfo(venue_of(venue).zone)).date()


def period_dates(venue: str, before: Period | None, period: Period) -> tuple[date, date]:
    """The dates after the trading of the period `before` up to that of `period`: (exclusive, inclusive).

    Without a period before they are the dates of `period` alone.
    """
    last = trading_date(venue, period.closed_at)
    if before is not None:
        return trading_date(venue, before.closed_at), last
    first = trading_date(venue, period.starts_at + timedelta(microseconds=1))
    return first - timedelta(days=1), last
