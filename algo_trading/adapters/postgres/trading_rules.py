"""Trading rules in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Boolean, Row, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments
from algo_trading.adapters.postgres.schema.market import instruments, trading_rules
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.repositories.bars import UpsertCount

VALUES = tuple(field.name for field in fields(TradingRules) if field.name != "instrument")


class PostgresTradingRules:
    """Implements TradingRulesRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def upsert(self, rules: Sequence[TradingRules]) -> UpsertCount:
        if not rules:
            return UpsertCount()
        added = insert(trading_rules)
        changes = {name: added.excluded[name] for name in VALUES}
        differs = or_(*(trading_rules.c[name].is_distinct_from(changes[name]) for name in VALUES))
        # xmax is 0 in a row that was inserted, and not in one that was updated.
        statement = added.on_conflict_do_update(
            index_elements=["instrument_id"], set_={**changes, "updated_at": func.now()}, where=differs
        ).returning(literal_column("xmax = 0", Boolean))
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, (one.instrument for one in rules))
            rows = [{"instrument_id": ids[one.instrument], **_values(one)} for one in rules]
            touched = connection.execute(statement, rows).scalars().all()
        inserted = sum(touched)
        return UpsertCount(inserted, len(touched) - inserted, len(rules) - len(touched))

    def all(self, venue: str | None = None) -> list[TradingRules]:
        query = select(trading_rules, instruments.c.symbol, instruments.c.venue).join(instruments)
        if venue is not None:
            query = query.where(instruments.c.venue == venue)
        order = instruments.c.venue.collate("C"), instruments.c.symbol.collate("C")
        with self._engine.connect() as connection:
            return [_rules(row) for row in connection.execute(query.order_by(*order))]


def _values(one: TradingRules) -> dict[str, Any]:
    return {name: getattr(one, name) for name in VALUES} | {"order_types": list(one.order_types)}


def _rules(row: Row[Any]) -> TradingRules:
    values = {name: getattr(row, name) for name in VALUES} | {"order_types": tuple(row.order_types)}
    return TradingRules(Instrument(row.symbol, row.venue), **values)
