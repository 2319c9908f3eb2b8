"""The names under which an instrument is spoken of."""

from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument with its names.

    `aliases` are further names ("Big Blue"). `ambiguous` holds those of its symbol, name and aliases that are also
    everyday words (ONE, LINK, Apple): alone they are weak evidence. `rank` is the place by market capitalisation among
    its kind, 1 the largest; the capitalisation, the day's volume and the price are in US dollars.
    """

    instrument: Instrument
    name: str
    aliases: tuple[str, ...] = ()
    ambiguous: frozenset[str] = frozenset()
    rank: int | None = None
    market_cap: float | None = None
    volume: float | None = None
    price: float | None = None


@dataclass(frozen=True, slots=True)
class ListedFigures:
    """What a listing said of an instrument at a moment; the fields are those of `Listing`."""

    seen_at: datetime
    rank: int | None = None
    market_cap: float | None = None
    volume: float | None = None
    price: float | None = None
