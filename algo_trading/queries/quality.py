"""What the gate said, with when it did."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.queries.pages import PagedList


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a batch and the moment of it."""

    judged_at: datetime
    result: QualityResult


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A row that was held back, and since when."""

    held_at: datetime
    row: QuarantinedRow


class VerdictPages(PagedList[Verdict], Protocol):
    """Verdicts on batches, newest first. Filters: `source`, `found` (problems: held back, gaps or errors alone)."""

    def sources(self) -> list[str]:
        """Sources whose batches were judged."""
        ...
