"""What the gate found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row held back, as it came: where it was read (`place`: file and line, or request) and why it was refused."""

    source: str
    place: str
    symbol: str
    session: str
    reason: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class QualityResult:
    """The verdict on one batch.

    `expectations` counts the failing rows of each rule, `gaps` lists the keys of periods missing for each symbol and
    `errors` the symbols that the source could not answer for, with its sentence.
    """

    suite: str
    source: str
    batch: str
    evaluated: int
    passed: int
    expectations: Mapping[str, int]
    gaps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def success(self) -> bool:
        """Whether every row passed."""
        return self.evaluated == self.passed


@dataclass(frozen=True, slots=True)
class JudgedBatch:
    """The verdict on a batch and the moment of it."""

    judged_at: datetime
    result: QualityResult
