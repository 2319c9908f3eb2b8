"""Fundamental figures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument


class FundamentalsRepository(Protocol):
    """What was known when: one record for each instrument and moment, which counts until the next one.

    A stored record is never rewritten; a figure that was wrong is corrected by one that was seen later.
    """

    def add(self, figures: Sequence[Fundamentals], source: str) -> int:
        """Store figures of moments that have none yet and return how many were new."""
        ...

    def read(self, instruments: Sequence[Instrument], until: datetime) -> list[Fundamentals]:
        """Every record seen at or before `until`, sorted by instrument and time."""
        ...

    def seen_since(self, instruments: Sequence[Instrument], since: datetime) -> set[Instrument]:
        """Those of the instruments with a record seen at or after `since`."""
        ...
