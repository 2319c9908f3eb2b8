"""Where fundamental figures come from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import SourceError


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
