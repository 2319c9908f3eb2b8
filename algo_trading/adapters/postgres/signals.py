"""Signals in PostgreSQL."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ARRAY, Row, Select, column, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments, pairs_among
from algo_trading.adapters.postgres.schema.decisions import assignments, signals, strategies
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.text import posts
from algo_trading.adapters.postgres.strategies import ensure_strategies
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import PostKey
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, parse_period_key
from algo_trading.queries.selection import Selection

BY_NAME = tuple(c.collate("C") for c in (strategies.c.name, strategies.c.params, instruments.c.symbol))
_POST = (posts.c.platform + ":" + posts.c.platform_id).collate("C")


class PostgresSignals:
    """Implements SignalRepository and SignalList."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, new: Sequence[Signal]) -> int:
        if not new:
            return 0
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, (signal.instrument for signal in new))
            strategy_ids = ensure_strategies(connection, (signal.strategy for signal in new))
            keys = {signal.post: PostKey.parse(signal.post) for signal in new if signal.post}
            wanted = pairs_among(
                (posts.c.platform, posts.c.platform_id), ((key.platform, key.id) for key in keys.values())
            )
            found = connection.execute(select(posts.c.id, posts.c.platform, posts.c.platform_id).where(wanted))
            post_ids = {str(PostKey(row.platform, row.platform_id)): row.id for row in found} if keys else {}
            rows = [
                {
                    "strategy_id": strategy_ids[signal.strategy],
                    "instrument_id": ids[signal.instrument],
                    "interval": str(signal.series.interval),
                    "opened_at": signal.opened_at,
                    "side": str(signal.side),
                    "confidence": signal.confidence,
                    "size": signal.size,
                    "close": signal.close,
                    "reason": signal.reason,
                    "inputs_hash": signal.inputs_hash,
                    "shares": signal.shares,
                    "post_id": post_ids[signal.post] if signal.post else None,
                    "available_at": signal.available_at,
                }
                for signal in new
            ]
            statement = insert(signals).from_select(list(rows[0]), _as_table(rows)).on_conflict_do_nothing()
            return len(connection.execute(statement.returning(signals.c.id)).all())

    def of_period(self, venue: str, interval: Interval, opened_at: datetime) -> list[Signal]:
        query = select_signals().where(
            instruments.c.venue == venue,
            signals.c.interval == str(interval),
            signals.c.opened_at == opened_at,
            signals.c.post_id.is_(None),
        )
        return self._read(query.order_by(*BY_NAME))

    def on_posts(self, venue: str, interval: Interval, after: datetime, before: datetime) -> list[Signal]:
        query = select_signals().where(
            instruments.c.venue == venue,
            signals.c.interval == str(interval),
            signals.c.available_at >= after,
            signals.c.available_at < before,
        )
        return self._read(query.order_by(signals.c.available_at, _POST, *BY_NAME))

    def series(self) -> list[Series]:
        query = select(instruments.c.symbol, instruments.c.venue, signals.c.interval).select_from(
            signals.join(instruments)
        )
        with self._engine.connect() as connection:
            return sorted(
                Series(Instrument(symbol, venue), Interval(interval))
                for symbol, venue, interval in connection.execute(query.distinct())
            )

    def of_series(self, series: Series) -> list[Signal]:
        return self._read(
            select_signals().where(*_is(series)).order_by(signals.c.opened_at, *BY_NAME, _POST.nulls_first())
        )

    def find(self, key: str) -> Signal | None:
        name, params, symbol, venue, interval, period, *post = json.loads(key)
        series = Series(Instrument(symbol, venue), Interval(interval))
        query = select_signals().where(
            *_is(series),
            strategies.c.name == name,
            strategies.c.params == params,
            signals.c.opened_at == parse_period_key(series.interval, period),
        )
        if post:
            post_key = PostKey.parse(post[0])
            query = query.where(posts.c.platform == post_key.platform, posts.c.platform_id == post_key.id)
        else:
            query = query.where(signals.c.post_id.is_(None))
        found = self._read(query)
        return found[0] if found else None

    def newest(self, limit: int) -> list[Signal]:
        return self.listed(Selection(), limit)

    def listed(self, selection: Selection, limit: int) -> list[Signal]:
        query = select_signals().where(signals.c.side != str(Side.HOLD))
        if selection.symbol is not None:
            query = query.where(instruments.c.symbol == selection.symbol)
        if selection.strategy is not None:
            query = query.where(strategies.c.name == selection.strategy)
        if selection.account is not None:
            query = query.where(_traded_by(selection.account))
        if selection.opened_from is not None:
            query = query.where(signals.c.opened_at >= selection.opened_from)
        if selection.opened_before is not None:
            query = query.where(signals.c.opened_at < selection.opened_before)
        newest = query.order_by(signals.c.opened_at.desc(), *BY_NAME, _POST.nulls_first())
        return self._read(newest.limit(limit))

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(signals)).scalar_one()

    def _read(self, query: Select[Any]) -> list[Signal]:
        with self._engine.connect() as connection:
            return [signal_of(row) for row in connection.execute(query)]


def select_signals() -> Select[Any]:
    """Signals with the names of their strategies, instruments and posts."""
    columns = (
        signals,
        instruments.c.symbol,
        instruments.c.venue,
        strategies.c.name,
        strategies.c.params,
        posts.c.platform,
        posts.c.platform_id,
    )
    tables = signals.join(instruments).join(strategies).outerjoin(posts, posts.c.id == signals.c.post_id)
    return select(*columns).select_from(tables)


def _traded_by(account: str) -> Any:  # noqa: ANN401 - a condition of SQLAlchemy
    return exists().where(
        assignments.c.account == account,
        assignments.c.strategy_id == signals.c.strategy_id,
        assignments.c.instrument_id == signals.c.instrument_id,
        assignments.c.interval == signals.c.interval,
    )


def _is(series: Series) -> tuple[Any, ...]:
    return (
        instruments.c.venue == series.venue,
        instruments.c.symbol == series.symbol,
        signals.c.interval == str(series.interval),
    )


def _series(row: Row[Any]) -> Series:
    return Series(Instrument(row.symbol, row.venue), Interval(row.interval))


def signal_of(row: Row[Any]) -> Signal:
    """The signal of a row of `select_signals`."""
    return Signal(
        strategy=StrategyId(row.name, row.params),
        series=_series(row),
        opened_at=row.opened_at.astimezone(UTC),
        side=Side(row.side),
        confidence=row.confidence,
        size=row.size,
        close=row.close,
        reason=row.reason,
        inputs_hash=row.inputs_hash,
        shares=row.shares,
        post=str(PostKey(row.platform, row.platform_id)) if row.post_id is not None else "",
        available_at=row.available_at,
    )


def _as_table(rows: Sequence[Mapping[str, Any]]) -> Select[Any]:
    """Rows as a query with one parameter for each column: a statement of thousands of values takes longer to parse."""
    columns = [literal([row[name] for row in rows], ARRAY(signals.c[name].type)).label(name) for name in rows[0]]
    table = func.unnest(*columns).table_valued(*(column(name) for name in rows[0])).render_derived("new")
    return select(*table.c)
