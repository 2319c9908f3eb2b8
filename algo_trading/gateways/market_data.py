"""Sources of bars."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

import pyarrow as pa

from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.time import Interval
from algo_trading.errors import SourceError

# A row as it came, every value as text; the gate parses it. `place` is the file and line or the request it came from.
RAW_COLUMNS = ("symbol", "session", "open", "high", "low", "close", "volume")
# What a file may have beside the bars: cash per share on the ex-date, and the close adjusted for all that came later.
DIVIDEND, ADJUSTED_CLOSE = BESIDE = ("dividend", "adjusted_close")
RAW_SCHEMA = pa.schema([*((name, pa.string()) for name in RAW_COLUMNS), ("place", pa.string())])


@dataclass(frozen=True, slots=True)
class BarRequest:
    """Bars of one series that opened in first..last (None: from the first one the source has).

    `names` are the former names that a source which keeps bars by symbol has to know: those that the instrument had,
    and those of others that had its symbol before.
    """

    series: Series
    first: datetime | None
    last: datetime
    names: tuple[FormerName, ...] = ()

    @property
    def instrument(self) -> Instrument:
        """What the bars are of."""
        return self.series.instrument

    @property
    def first_date(self) -> date | None:
        """The date of `first`."""
        return self.first and self.first.date()

    @property
    def last_date(self) -> date:
        """The date of `last`."""
        return self.last.date()


@dataclass(frozen=True, slots=True)
class RawPayload:
    """An answer as it came over the wire, archived before anyone reads it."""

    request: BarRequest
    content: bytes
    media_type: str
    suffix: str  # of the archived file, with the dot


@dataclass(frozen=True, slots=True)
class RawBars:
    """A payload read: rows (RAW_SCHEMA) as traded, none of them judged yet, and the corporate actions beside them."""

    rows: pa.Table
    actions: tuple[CorporateAction, ...] = ()


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to one request: a payload, or the error of that symbol alone."""

    request: BarRequest
    payload: RawPayload | None = None
    error: SourceError | None = field(default=None, compare=False)


class MarketData(Protocol):
    """A source of bars.

    `refetch` is how many periods before the newest stored one are asked for again, because the source revises them.
    """

    name: str
    refetch: int

    @property
    def intervals(self) -> Collection[Interval]:
        """The intervals that it has."""
        ...

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:
        """When the newest bar opened that the source can ever serve, or None if it goes on with the calendar."""
        ...

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        """One answer for each request, in order. A symbol's failure is in its answer and nobody else's.

        Once the source asks to slow down and keeps asking, the remaining answers are a RateLimitedError.

        Raises:
            SourceError: the source as a whole cannot be reached.
        """
        ...

    def parse(self, payload: RawPayload) -> RawBars:
        """Read a payload of this source, also one archived long ago.

        Raises:
            SourceError: the payload is not what the source sends.
        """
        ...


Sources = Callable[[str], MarketData]  # by the name that a watchlist gives
