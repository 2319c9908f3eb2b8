"""Rows held back, verdicts on batches, and files read before."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from algo_trading.domain.quality import JudgedBatch, QualityResult, QuarantinedRow

# A file may hold anything; text in PostgreSQL is without NUL and without halves of surrogate pairs.
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def storable(row: QuarantinedRow) -> QuarantinedRow:
    """The row with U+FFFD for each character that cannot be stored."""

    def clean(text: str) -> str:
        return NOT_STORABLE.sub("\ufffd", text)

    return replace(
        row,
        source=clean(row.source),
        place=clean(row.place),
        symbol=clean(row.symbol),
        session=clean(row.session),
        reason=clean(row.reason),
        row={clean(name): clean(value) for name, value in row.row.items()},
    )


class QuarantineRepository(Protocol):
    """Rows that did not pass the gate, made `storable`. The same row of the same place and reason is held once."""

    def add(self, rows: Sequence[QuarantinedRow]) -> int:
        """Hold rows back; returns how many were not there yet."""
        ...

    def holds(self, rows: Sequence[QuarantinedRow]) -> bool:
        """Whether every one of these rows is held already."""
        ...

    def newest(self, limit: int | None = None, reason: str | None = None) -> list[QuarantinedRow]:
        """Held rows, newest first."""
        ...

    def of_symbols(self, symbols: Collection[str], reason: str) -> list[QuarantinedRow]:
        """Rows of these symbols that are held for a reason, oldest first."""
        ...

    def remove(self, rows: Sequence[QuarantinedRow]) -> None:
        """Hold these rows no longer; those that are not held do not matter."""
        ...

    def reasons(self) -> Mapping[str, int]:
        """Rows by reason, most frequent first."""
        ...

    def count(self) -> int:
        """Held rows."""
        ...


class QualityRepository(Protocol):
    """Verdicts of the gate; a batch judged again replaces its verdict."""

    def record(self, *results: QualityResult) -> None:
        """Store verdicts under their suite, source and batch, in one transaction."""
        ...

    def newest(self, limit: int) -> list[QualityResult]:
        """Verdicts, newest first."""
        ...

    def judged(self, limit: int) -> list[JudgedBatch]:
        """As `newest`, with the moment of each."""
        ...


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """A file imported before, by the SHA-256 of its content (and what its rows mean: symbol and calendar)."""

    fingerprint: str
    path: str
    read: int


class ImportRepository(Protocol):
    """Files that have been imported."""

    def find(self, *fingerprints: str) -> Mapping[str, ImportedFile]:
        """Those files that were imported, by their fingerprint."""
        ...

    def at(self, *paths: str) -> set[str]:
        """Those paths from which a file was imported, whatever was in it."""
        ...

    def add(self, *files: ImportedFile) -> None:
        """Remember files, in one transaction; one that is known stays as it is."""
        ...
