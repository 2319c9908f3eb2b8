"""Symbols that people ask for and that were not tracked."""

from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.instrument import Instrument


@dataclass(frozen=True, slots=True)
class SymbolRequest:
    """What a user wants to be tracked; once its history is loaded and backtested, or cannot be, it is finished.

    `address` is where the outcome is told. `watchlist` is the one that monitors it.
    """

    instrument: Instrument
    watchlist: str
    user: str
    address: str
    asked_at: datetime
    outcome: str = ""
    finished_at: datetime | None = None
