"""The quarantine, the gate's verdicts and the imported files in PostgreSQL."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from sqlalchemy import ARRAY, Text, any_, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema.quality import imported_files, quality_results, quarantine
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.repositories.quality import ImportedFile, storable

VERDICT = ("evaluated", "passed", "expectations", "holes", "errors")


class PostgresQuarantine:
    """Implements QuarantineRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, rows: Sequence[QuarantinedRow]) -> int:
        if not rows:
            return 0
        statement = insert(quarantine).on_conflict_do_nothing().returning(quarantine.c.id)
        with self._engine.begin() as connection:
            return len(connection.execute(statement, [_quarantine_row(row) for row in rows]).all())

    def holds(self, rows: Sequence[QuarantinedRow]) -> bool:
        wanted = sorted({_fingerprint(storable(row)) for row in rows})
        query = select(func.count()).where(quarantine.c.fingerprint == any_(literal(wanted, ARRAY(Text))))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one() == len(wanted)

    def newest(self, limit: int | None = None, reason: str | None = None) -> list[QuarantinedRow]:
        query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
        if reason is not None:
            query = query.where(quarantine.c.reason == reason)
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
        self._engine = database.engine

    def record(self, *results: QualityResult) -> None:
        if not results:
            return
        statement = insert(quality_results)
        verdict = {name: statement.excluded[name] for name in VERDICT} | {"judged_at": func.now()}
        statement = statement.on_conflict_do_update(index_elements=["suite", "source", "batch"], set_=verdict)
        with self._engine.begin() as connection:
            connection.execute(statement, [_quality_row(result) for result in results])

    def newest(self, limit: int) -> list[QualityResult]:
        query = select(quality_results).order_by(quality_results.c.judged_at.desc(), quality_results.c.id.desc())
        with self._engine.connect() as connection:
            return [
                QualityResult(
                    suite=row.suite,
                    source=row.source,
                    batch=row.batch,
                    evaluated=row.evaluated,
                    passed=row.passed,
                    expectations=row.expectations,
                    holes={symbol: tuple(keys) for symbol, keys in row.holes.items()},
                    errors=row.errors,
                )
                for row in connection.execute(query.limit(limit))
            ]


def _quality_row(result: QualityResult) -> dict[str, object]:
    return {
        "suite": result.suite,
        "source": result.source,
        "batch": result.batch,
        "evaluated": result.evaluated,
        "passed": result.passed,
        "expectations": dict(result.expectations),
        "holes": {symbol: list(keys) for symbol, keys in result.holes.items()},
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
