"""Fundamental figures and where they come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import SourceError


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


@dataclass(frozen=True, slots=True)
class FundamentalsPayload:
    """A reply about one instrument as it came, archived before anyone reads it; or why there is none."""

    instrument: Instrument
    content: bytes = b""
    error: SourceError | None = field(default=None, compare=False)


class FundamentalsSource(Protocol):
    """Looks fundamental figures up."""

    name: str

    def fetch(self, instruments: Sequence[Instrument]) -> Sequence[FundamentalsPayload]:
        """One JSON payload for each instrument, in order; an instrument's failure is in its payload.

        Raises:
            RateLimitedError: the source asks to slow down and keeps asking.
            SourceError: the source as a whole cannot be reached.
        """
        ...

    def parse(self, payload: FundamentalsPayload, seen_at: datetime) -> Fundamentals:
        """Read a payload, also one archived long ago.

        Raises:
            SourceError: the payload is not what the source sends.
        """
        ...
