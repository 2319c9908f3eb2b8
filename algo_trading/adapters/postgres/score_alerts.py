"""Subscriptions to scores in PostgreSQL, and what a new score brings."""

import contextlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, delete, select, text
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import pairs_among
from algo_trading.adapters.postgres.notices import add_notices
from algo_trading.adapters.postgres.schema.notices import score_subscriptions
from algo_trading.adapters.postgres.scores import store_scores
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.notice import Content
from algo_trading.domain.score_alert import ScoreSubscription
from algo_trading.domain.scores import PairScore

KEY = ("address", "symbol", "venue")
COLUMNS = score_subscriptions.c
KEEP = text("""
UPDATE score_subscriptions s SET bull = k.bull, bear = k.bear
FROM unnest(
    CAST(:addresses AS text[]), CAST(:symbols AS text[]), CAST(:venues AS text[]), CAST(:bulls AS integer[]),
    CAST(:bears AS integer[])
) AS k (address, symbol, venue, bull, bear)
WHERE s.address = k.address AND s.symbol = k.symbol AND s.venue = k.venue
""")


class PostgresScoreAlerts:
    """Implements ScoreAlertRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def put(self, subscription: ScoreSubscription) -> bool:
        statement = insert(score_subscriptions).values(_values(subscription))
        new = statement.excluded
        same = COLUMNS.threshold.is_not_distinct_from(new.threshold)
        changed = statement.on_conflict_do_update(
            index_elements=KEY,
            set_={
                "threshold": new.threshold,
                "channel": new.channel,
                **{side: case((same, COLUMNS[side]), else_=new[side]) for side in ("bull", "bear")},
            },
        )
        with self._engine.begin() as connection:
            known = select(COLUMNS.id).where(*(COLUMNS[name] == _values(subscription)[name] for name in KEY))
            is_new = connection.execute(known.with_for_update()).first() is None
            connection.execute(changed)
        return is_new

    def remove(self, address: str, symbol: str | None = None) -> int:
        statement = delete(score_subscriptions).where(COLUMNS.address == address)
        if symbol is not None:
            statement = statement.where(COLUMNS.symbol == symbol)
        with self._engine.begin() as connection:
            return len(connection.execute(statement.returning(COLUMNS.id)).all())

    def all(self) -> list[ScoreSubscription]:
        query = select(score_subscriptions).order_by(*(COLUMNS[name].collate("C") for name in KEY))
        with self._engine.connect() as connection:
            return [_subscription(row) for row in connection.execute(query)]

    @contextlib.contextmanager
    def step(self) -> "Iterator[PostgresScoreStep]":
        with self._engine.begin() as connection:
            yield PostgresScoreStep(connection)


@dataclass(frozen=True)
class PostgresScoreStep:
    """Implements ScoreStep within one transaction."""

    _connection: Connection

    def store(self, scores: Sequence[PairScore]) -> list[PairScore]:
        return store_scores(self._connection, scores) if scores else []

    def subscriptions(self, instruments: Collection[Instrument]) -> list[ScoreSubscription]:
        pairs = ((one.symbol, one.venue) for one in instruments)
        query = (
            select(score_subscriptions)
            .where(pairs_among((COLUMNS.symbol, COLUMNS.venue), pairs))
            .order_by(*(COLUMNS[name].collate("C") for name in ("venue", "symbol", "address")))
            .with_for_update()
        )
        return [_subscription(row) for row in self._connection.execute(query)]

    def keep(self, subscriptions: Sequence[ScoreSubscription]) -> None:
        if subscriptions:
            self._connection.execute(
                KEEP,
                {
                    "addresses": [one.address for one in subscriptions],
                    "symbols": [one.instrument.symbol for one in subscriptions],
                    "venues": [one.instrument.venue for one in subscriptions],
                    "bulls": [one.bull for one in subscriptions],
                    "bears": [one.bear for one in subscriptions],
                },
            )

    def tell(self, content: Content, to: Sequence[ScoreSubscription]) -> int:
        return add_notices(self._connection, content, [(one.address, one.channel) for one in to])


def _values(one: ScoreSubscription) -> dict[str, Any]:
    pair = {"symbol": one.instrument.symbol, "venue": one.instrument.venue}
    return {
        "address": one.address, "channel": one.channel, **pair,
        "threshold": one.threshold, "bull": one.bull, "bear": one.bear,
    }  # fmt: skip


def _subscription(row: Row[Any]) -> ScoreSubscription:
    pair = Instrument(row.symbol, row.venue)
    return ScoreSubscription(row.address, pair, row.threshold, row.channel, row.bull, row.bear)
