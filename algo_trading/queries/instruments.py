"""Instruments with what is known of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.queries.pages import PagedList


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """An instrument that has bars.

    `close` and `change` (a fraction) are those of the newest bar of `interval`, its daily one where there are daily
    bars, as traded; that bar opened at `opened_at`. `intervals` are those it has bars of, from short to long. Rank,
    capitalisation and volume of a day (US dollars) are a listing's; `sentiment` is the mean of the last week's mentions
    in [-1, 1], `mentions` their number. Scores are the newest, of `maximum` each. What is unknown is None.
    """

    instrument: Instrument
    name: str
    intervals: tuple[Interval, ...]
    interval: Interval
    opened_at: datetime
    close: float
    change: float | None = None
    rank: int | None = None
    market_cap: float | None = None
    volume: float | None = None
    sentiment: float | None = None
    mentions: int = 0
    bull: int | None = None
    bear: int | None = None
    maximum: int | None = None


class InstrumentList(PagedList[InstrumentLine], Protocol):
    """Instruments that have bars, by symbol. Filters: `q` (part of symbol or name), `venue`, `interval`."""

    def venues(self) -> list[str]:
        """The venues of instruments that have bars."""
        ...
