"""The quarantine, the gate's verdicts and the imported files in PostgreSQL."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, Row, Select, Text, any_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import ArrowConnection, Database
from algo_trading.adapters.postgres.schema.quality import imported_files, quality_results, quarantine
from algo_trading.domain.quality import JudgedBatch, QualityResult, QuarantinedRow
from algo_trading.repositories.quality import ImportedFile, storable

AT_ONCE = 5_000  # rows held back by one statement
HOLD_BACK = """
INSERT INTO quarantine (source, place, symbol, session, reason, row, fingerprint)
SELECT * FROM jsonb_to_recordset($1::jsonb) AS held
    (source text, place text, symbol text, session text, reason text, "row" jsonb, fingerprint text)
ON CONFLICT DO NOTHING
RETURNING 1
"""
RECORD = """
INSERT INTO quality_results (suite, source, batch, evaluated, passed, expectations, gaps, errors)
SELECT * FROM jsonb_to_recordset($1::jsonb) AS judged
    (suite text, source text, batch text, evaluated int, passed int, expectations jsonb, gaps jsonb, errors jsonb)
ON CONFLICT (suite, source, batch) DO UPDATE SET
    evaluated = excluded.evaluated, passed = excluded.passed, expectations = excluded.expectations,
    gaps = excluded.gaps, errors = excluded.errors, judged_at = now()
RETURNING 1
"""


class PostgresQuarantine:
    """Implements QuarantineRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine

    def add(self, rows: Sequence[QuarantinedRow]) -> int:
        with self._database.arrow() as connection:
            return hold_back(connection, rows)

    def holds(self, rows: Sequence[QuarantinedRow]) -> bool:
        wanted = sorted({_fingerprint(storable(row)) for row in rows})
        query = select(func.count()).where(quarantine.c.fingerprint == any_(literal(wanted, ARRAY(Text))))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one() == len(wanted)

    def newest(self, limit: int | None = None, reason: str | None = None) -> list[QuarantinedRow]:
        query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
        if reason is not None:
            query = query.where(quarantine.c.reason == reason)
        return self._rows(query)

    def of_symbols(self, symbols: Collection[str], reason: str) -> list[QuarantinedRow]:
        wanted = quarantine.c.symbol == any_(literal(sorted(symbols), ARRAY(Text)))
        return self._rows(select(quarantine).where(wanted, quarantine.c.reason == reason).order_by(quarantine.c.id))

    def remove(self, rows: Sequence[QuarantinedRow]) -> None:
        gone = sorted({_fingerprint(storable(row)) for row in rows})
        with self._engine.begin() as connection:
            connection.execute(delete(quarantine).where(quarantine.c.fingerprint == any_(literal(gone, ARRAY(Text)))))

    def _rows(self, query: Select[Any]) -> list[QuarantinedRow]:
        with self._engine.connect() as connection:
            return [
                QuarantinedRow(row.source, row.place, row.symbol, row.session, row.reason, row.row)
                for row in connection.execute(query)
            ]

    def reasons(self) -> Mapping[str, int]:
        query = (
            select(quarantine.c.reason, func.count())
            .group_by(quarantine.c.reason)
            .order_by(func.count().desc(), quarantine.c.reason.collate("C"))
        )
        with self._engine.connect() as connection:
            return {reason: number for reason, number in connection.execute(query)}  # noqa: C416 - rows are no pairs to mypy

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(quarantine)).scalar_one()


def hold_back(connection: ArrowConnection, rows: Sequence[QuarantinedRow]) -> int:
    """As PostgresQuarantine.add, in the transaction of `connection`."""
    parts = (rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE))
    return sum(connection.write(HOLD_BACK, [_quarantine_row(row) for row in part]) for part in parts)


def record_results(connection: ArrowConnection, results: Sequence[QualityResult]) -> None:
    """As PostgresQuality.record, in the transaction of `connection`."""
    newest = {(result.suite, result.source, result.batch): _quality_row(result) for result in results}
    connection.write(RECORD, list(newest.values()))


def _quarantine_row(raw: QuarantinedRow) -> dict[str, object]:
    row = storable(raw)
    return {
        "source": row.source,
        "place": row.place,
        "symbol": row.symbol,
        "session": row.session,
        "reason": row.reason,
        "row": row.row,
        "fingerprint": _fingerprint(row),
    }


def _fingerprint(row: QuarantinedRow) -> str:
    """What makes a storable row one that is held once."""
    identity = json.dumps([row.source, row.place, row.reason, row.row], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(identity.encode()).hexdigest()


class PostgresQuality:
    """Implements QualityRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._engine = database.engine

    def record(self, *results: QualityResult) -> None:
        with self._database.arrow() as connection:
            record_results(connection, results)

    def newest(self, limit: int) -> list[QualityResult]:
        return [batch.result for batch in self.judged(limit)]

    def judged(self, limit: int) -> list[JudgedBatch]:
        query = select(quality_results).order_by(quality_results.c.judged_at.desc(), quality_results.c.id.desc())
        with self._engine.connect() as connection:
            return [JudgedBatch(row.judged_at, _result(row)) for row in connection.execute(query.limit(limit))]


def _result(row: Row[Any]) -> QualityResult:
    return QualityResult(
        suite=row.suite,
        source=row.source,
        batch=row.batch,
        evaluated=row.evaluated,
        passed=row.passed,
        expectations=row.expectations,
        gaps={symbol: tuple(keys) for symbol, keys in row.gaps.items()},
        errors=row.errors,
    )


def _quality_row(result: QualityResult) -> dict[str, object]:
    return {
        "suite": result.suite,
        "source": result.source,
        "batch": result.batch,
        "evaluated": result.evaluated,
        "passed": result.passed,
        "expectations": dict(result.expectations),
        "gaps": {symbol: list(keys) for symbol, keys in result.gaps.items()},
        "errors": dict(result.errors),
    }


class PostgresImports:
    """Implements ImportRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def find(self, *fingerprints: str) -> Mapping[str, ImportedFile]:
        wanted = literal(list(fingerprints), ARRAY(Text))
        query = select(imported_files).where(imported_files.c.fingerprint == any_(wanted))
        with self._engine.connect() as connection:
            return {
                row.fingerprint: ImportedFile(row.fingerprint, row.path, row.read) for row in connection.execute(query)
            }

    def at(self, *paths: str) -> set[str]:
        wanted = literal(list(paths), ARRAY(Text))
        with self._engine.connect() as connection:
            return set(
                connection.execute(select(imported_files.c.path).where(imported_files.c.path == any_(wanted))).scalars()
            )

    def add(self, *files: ImportedFile) -> None:
        if files:
            rows = [{"fingerprint": file.fingerprint, "path": file.path, "read": file.read} for file in files]
            with self._engine.begin() as connection:
                connection.execute(insert(imported_files).on_conflict_do_nothing(), rows)
