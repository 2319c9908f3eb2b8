"""Fundamental figures in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import among, ensure_instruments
from algo_trading.adapters.postgres.schema.market import fundamentals, instruments
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument


class PostgresFundamentals:
    """Implements FundamentalsRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, figures: Sequence[Fundamentals], source: str) -> int:
        if not figures:
            return 0
        statement = insert(fundamentals).on_conflict_do_nothing().returning(fundamentals.c.instrument_id)
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, (seen.instrument for seen in figures))
            rows = [
                {
                    "instrument_id": ids[seen.instrument],
                    "seen_at": seen.seen_at,
                    "pe_ratio": seen.pe_ratio,
                    "market_cap": seen.market_cap,
                    "source": source,
                }
                for seen in figures
            ]
            return len(connection.execute(statement, rows).all())

    def read(self, wanted: Sequence[Instrument], until: datetime) -> list[Fundamentals]:
        query = (
            select(fundamentals, instruments.c.symbol, instruments.c.venue)
            .join(instruments)
            .where(among(wanted), fundamentals.c.seen_at <= until)
            .order_by(instruments.c.symbol.collate("C"), instruments.c.venue.collate("C"), fundamentals.c.seen_at)
        )
        with self._engine.connect() as connection:
            return [
                Fundamentals(Instrument(row.symbol, row.venue), row.seen_at, row.pe_ratio, row.market_cap)
                for row in connection.execute(query)
            ]

    def seen_since(self, wanted: Sequence[Instrument], since: datetime) -> set[Instrument]:
        recent = exists().where(fundamentals.c.instrument_id == instruments.c.id, fundamentals.c.seen_at >= since)
        with self._engine.connect() as connection:
            rows = connection.execute(select(instruments.c.symbol, instruments.c.venue).where(among(wanted), recent))
            return {Instrument(row.symbol, row.venue) for row in rows}
