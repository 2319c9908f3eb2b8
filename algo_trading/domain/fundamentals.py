"""Figures of a company that change slowly."""

from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Fundamentals:
    """What was known of `instrument` when it was looked up at `seen_at`; None: the source does not say.

    `pe_ratio` is price over trailing earnings per share, `market_cap` is in the currency of the listing.
    """

    instrument: Instrument
    seen_at: datetime
    pe_ratio: float | None
    market_cap: float | None
