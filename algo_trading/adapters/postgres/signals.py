"""Signals and the session log in PostgreSQL."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments
from algo_trading.adapters.postgres.schema import instruments, sessions, signals
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.repositories.signals import Stage

_BY_NAME = tuple(c.collate("C") for c in (signals.c.strategy, signals.c.params, instruments.c.symbol))
_POST = signals.c.post.collate("C")


class PostgresSignals:
    """Implements SignalRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def add(self, new: Sequence[Signal]) -> int:
        if not new:
            return 0
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, (signal.instrument for signal in new))
            rows = [
                {
                    "strategy": signal.strategy.name,
                    "params": signal.strategy.params,
                    "instrument_id": ids[signal.instrument],
                    "interval": str(signal.interval),
                    "session": signal.session,
                    "side": str(signal.side),
                    "confidence": signal.confidence,
                    "size": signal.size,
                    "close": signal.close,
                    "reason": signal.reason,
                    "inputs_hash": signal.inputs_hash,
                    "shares": signal.shares,
                    "post": signal.post,
                    "available_at": signal.available_at,
                }
                for signal in new
            ]
            statement = insert(signals).on_conflict_do_nothing().returning(signals.c.id)
            return len(connection.execute(statement, rows).all())

    def of_session(self, venue: str, session: date) -> list[Signal]:
        query = _select().where(instruments.c.venue == venue, signals.c.session == session, signals.c.post == "")
        return self._read(query.order_by(*_BY_NAME))

    def on_posts(self, venue: str, after: datetime, before: datetime) -> list[Signal]:
        query = _select().where(
            instruments.c.venue == venue, signals.c.available_at >= after, signals.c.available_at < before
        )
        return self._read(query.order_by(signals.c.available_at, _POST, *_BY_NAME))

    def instruments(self) -> list[Instrument]:
        query = (
            select(instruments.c.symbol, instruments.c.venue)
            .where(exists().where(signals.c.instrument_id == instruments.c.id))
            .order_by(instruments.c.venue.collate("C"), instruments.c.symbol.collate("C"))
        )
        with self._engine.connect() as connection:
            return [Instrument(row.symbol, row.venue) for row in connection.execute(query)]

    def of_instrument(self, instrument: Instrument) -> list[Signal]:
        return self._read(
            _select()
            .where(instruments.c.venue == instrument.venue, instruments.c.symbol == instrument.symbol)
            .order_by(signals.c.session, *_BY_NAME, _POST)
        )

    def find(self, key: str) -> Signal | None:
        strategy, params, symbol, venue, interval, session, *post = json.loads(key)
        found = self._read(
            _select().where(
                signals.c.strategy == strategy,
                signals.c.params == params,
                instruments.c.venue == venue,
                instruments.c.symbol == symbol,
                signals.c.interval == interval,
                signals.c.session == date.fromisoformat(session),
                signals.c.post == "".join(post),
            )
        )
        return found[0] if found else None

    def newest(self, limit: int) -> list[Signal]:
        query = (
            _select()
            .where(signals.c.side != str(Side.HOLD))
            .order_by(signals.c.session.desc(), *_BY_NAME, _POST)
            .limit(limit)
        )
        return self._read(query)

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(signals)).scalar_one()

    def _read(self, query: Select[Any]) -> list[Signal]:
        with self._engine.connect() as connection:
            return [_signal(row) for row in connection.execute(query)]


def _select() -> Select[Any]:
    return select(signals, instruments.c.symbol, instruments.c.venue).join(instruments)


def _signal(row: Row[Any]) -> Signal:
    return Signal(
        strategy=StrategyId(row.strategy, row.params),
        instrument=Instrument(row.symbol, row.venue),
        interval=Interval(row.interval),
        session=row.session,
        side=Side(row.side),
        confidence=row.confidence,
        size=row.size,
        close=row.close,
        reason=row.reason,
        inputs_hash=row.inputs_hash,
        shares=row.shares,
        post=row.post,
        available_at=row.available_at,
    )


class PostgresSessionLog:
    """Implements SessionLog."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def mark(self, venue: str, session: date, stage: Stage) -> None:
        row = {"venue": venue, "session": session, "stage": str(stage)}
        with self._engine.begin() as connection:
            connection.execute(insert(sessions).values(row).on_conflict_do_nothing())

    def reached(self, venue: str, session: date, stage: Stage) -> bool:
        query = select(sessions.c.session).where(
            sessions.c.venue == venue, sessions.c.session == session, sessions.c.stage == str(stage)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def newest(self, stage: Stage) -> date | None:
        query = select(func.max(sessions.c.session)).where(sessions.c.stage == str(stage))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()
