"""The quarantine, verdicts and imported files in memory."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from algo_trading.domain.quality import JudgedBatch, QualityResult, QuarantinedRow
from algo_trading.repositories.quality import ImportedFile, storable


def _identity(row: QuarantinedRow) -> str:
    return json.dumps([row.source, row.place, row.reason, dict(row.row)], sort_keys=True)


class FakeQuarantine:
    """Implements QuarantineRepository."""

    def __init__(self) -> None:
        self._rows: dict[str, QuarantinedRow] = {}

    def add(self, rows: Sequence[QuarantinedRow]) -> int:
        before = len(self._rows)
        for row in map(storable, rows):
            self._rows.setdefault(_identity(row), row)
        return len(self._rows) - before

    def holds(self, rows: Sequence[QuarantinedRow]) -> bool:
        return all(_identity(row) in self._rows for row in map(storable, rows))

    def newest(self, limit: int | None = None, reason: str | None = None) -> list[QuarantinedRow]:
        found = [row for row in self._rows.values() if reason in {None, row.reason}]
        return found[::-1][:limit]

    def of_symbols(self, symbols: Collection[str], reason: str) -> list[QuarantinedRow]:
        return [row for row in self._rows.values() if row.symbol in symbols and row.reason == reason]

    def remove(self, rows: Sequence[QuarantinedRow]) -> None:
        for row in map(storable, rows):
            self._rows.pop(_identity(row), None)

    def reasons(self) -> Mapping[str, int]:
        counts = Counter(row.reason for row in self._rows.values())
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def count(self) -> int:
        return len(self._rows)


class FakeQuality:
    """Implements QualityRepository."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, str, str], QualityResult] = {}

    def record(self, *results: QualityResult) -> None:
        for result in results:
            key = (result.suite, result.source, result.batch)
            self._results.pop(key, None)
            self._results[key] = result

    def newest(self, limit: int) -> list[QualityResult]:
        return list(self._results.values())[::-1][:limit]

    def judged(self, limit: int) -> list[JudgedBatch]:
        start = datetime(2026, 11, 20, tzinfo=UTC)
        moments = (start + timedelta(hours=number) for number in range(len(self._results)))
        return [JudgedBatch(*one) for one in zip(moments, self._results.values(), strict=True)][::-1][:limit]


class FakeImports:
    """Implements ImportRepository."""

    def __init__(self) -> None:
        self._files: dict[str, ImportedFile] = {}

    def find(self, *fingerprints: str) -> Mapping[str, ImportedFile]:
        return {fingerprint: self._files[fingerprint] for fingerprint in fingerprints if fingerprint in self._files}

    def at(self, *paths: str) -> set[str]:
        return {file.path for file in self._files.values()} & set(paths)

    def add(self, *files: ImportedFile) -> None:
        for file in files:
            self._files.setdefault(file.fingerprint, file)
