"""The lists of verdicts and of rows held back."""

from datetime import UTC

from sqlalchemy import cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.lists.dates import within
from algo_trading.adapters.postgres.pages import read_page
from algo_trading.adapters.postgres.schema.quality import quality_results, quarantine
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.queries.pages import Page, PageRequest
from algo_trading.queries.quality import HeldRow, Verdict

NOTHING = cast({}, JSONB)
VERDICT_SORTS = {
    "judged": quality_results.c.judged_at,
    "source": quality_results.c.source,
    "rows": quality_results.c.evaluated,
    "held": quality_results.c.evaluated - quality_results.c.passed,
}
HELD_SORTS = {
    "held": quarantine.c.id,
    "source": quarantine.c.source,
    "symbol": quarantine.c.symbol,
    "reason": quarantine.c.reason,
}


class PostgresVerdictPages:
    """Verdicts on batches, newest first. Filters: `source`, `found` (problems: held back, gaps or errors alone)."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[Verdict]:
        c = quality_results.c
        query = select(quality_results).where(*within(c.judged_at, request))
        if source := request.wanted("source"):
            query = query.where(c.source == source)
        if request.wanted("found") == "problems":
            query = query.where(or_(c.evaluated > c.passed, c.gaps != NOTHING, c.errors != NOTHING))
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, VERDICT_SORTS, (c.judged_at.desc(), c.id.desc()))
        return Page(
            [
                Verdict(
                    row.judged_at.astimezone(UTC),
                    QualityResult(
                        row.suite, row.source, row.batch, row.evaluated, row.passed, row.expectations,
                        {symbol: tuple(keys) for symbol, keys in row.gaps.items()}, row.errors,
                    ),
                )
                for row in rows
            ],
            total,
        )  # fmt: skip

    def sources(self) -> list[str]:
        """Sources whose batches were judged."""
        query = select(quality_results.c.source).distinct().order_by(quality_results.c.source)
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())


class PostgresQuarantinePages:
    """Rows held back, newest first. Filters: `reason`, `source`, `symbol`."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def page(self, request: PageRequest) -> Page[HeldRow]:
        c = quarantine.c
        query = select(quarantine)
        for name, column in (("reason", c.reason), ("source", c.source), ("symbol", c.symbol)):
            if value := request.wanted(name):
                query = query.where(func.lower(column) == value.lower())
        with self._engine.connect() as connection:
            rows, total = read_page(connection, query, request, HELD_SORTS, (c.id.desc(),))
        return Page(
            [
                HeldRow(
                    row.created_at.astimezone(UTC),
                    QuarantinedRow(row.source, row.place, row.symbol, row.session, row.reason, row.row),
                )
                for row in rows
            ],
            total,
        )
