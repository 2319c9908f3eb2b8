"""The quarantine, the gate's verdicts and the imported files in PostgreSQL."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.schema import imported_files, quality_results, quarantine
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.repositories.quality import ImportedFile

CHUNK = 2_000  # rows in one statement: PostgreSQL binds at most 65,535 values


class PostgresQuarantine:
    """Implements QuarantineRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, rows: Sequence[QuarantinedRow]) -> int:
        added = 0
        with self._engine.begin() as connection:
            for chunk in _chunks(rows):
                values = [_quarantine_row(row) for row in chunk]
                statement = insert(quarantine).values(values).on_conflict_do_nothing().returning(quarantine.c.id)
                added += len(connection.execute(statement).all())
        return added

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
            .order_by(func.count().desc(), quarantine.c.reason)
        )
        with self._engine.connect() as connection:
            return dict(connection.execute(query).tuples().all())

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(quarantine)).scalar_one()


def _chunks(rows: Sequence[QuarantinedRow]) -> Iterator[list[QuarantinedRow]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


def _quarantine_row(row: QuarantinedRow) -> dict[str, object]:
    # PostgreSQL's text and jsonb hold no NUL character, and a file may hold anything.
    values = {name: str(value).replace("\x00", "\ufffd") for name, value in row.row.items()}
    identity = json.dumps([row.source, row.place, row.reason, values], sort_keys=True, ensure_ascii=False)
    return {
        "source": row.source,
        "place": row.place,
        "symbol": row.symbol.replace("\x00", "\ufffd"),
        "session": row.session.replace("\x00", "\ufffd"),
        "reason": row.reason,
        "row": values,
        "fingerprint": hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest(),
    }


class PostgresQuality:
    """Implements QualityRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def record(self, result: QualityResult) -> None:
        key = {"suite": result.suite, "source": result.source, "batch": result.batch}
        verdict = {
            "evaluated": result.evaluated,
            "passed": result.passed,
            "expectations": dict(result.expectations),
            "holes": {symbol: [day.isoformat() for day in days] for symbol, days in result.holes.items()},
            "errors": dict(result.errors),
        }
        statement = insert(quality_results).values({**key, **verdict})
        statement = statement.on_conflict_do_update(index_elements=list(key), set_={**verdict, "judged_at": func.now()})
        with self._engine.begin() as connection:
            connection.execute(statement)

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
                    holes={symbol: tuple(map(date.fromisoformat, days)) for symbol, days in row.holes.items()},
                    errors=row.errors,
                )
                for row in connection.execute(query.limit(limit))
            ]


class PostgresImports:
    """Implements ImportRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def find(self, fingerprint: str) -> ImportedFile | None:
        with self._engine.connect() as connection:
            row = connection.execute(
                select(imported_files).where(imported_files.c.fingerprint == fingerprint)
            ).one_or_none()
        return None if row is None else ImportedFile(row.fingerprint, row.path, row.read)

    def add(self, file: ImportedFile) -> None:
        row = {"fingerprint": file.fingerprint, "path": file.path, "read": file.read}
        with self._engine.begin() as connection:
            connection.execute(insert(imported_files).values(row).on_conflict_do_nothing())
