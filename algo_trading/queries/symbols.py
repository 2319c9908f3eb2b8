"""What bars there are."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SymbolLine:
    """The bars of one series: how many, and the keys of the first and the last period."""

    symbol: str
    venue: str
    interval: str
    first: str
    last: str
    bars: int


class SymbolList(Protocol):
    """Series that have bars."""

    def all(self) -> list[SymbolLine]:
        """Sorted by venue, symbol and interval, short intervals first."""
        ...
