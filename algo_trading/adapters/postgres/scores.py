"""Scores of pairs in PostgreSQL."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from math import isnan, nan
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import ensure_instruments, instrument_id
from algo_trading.adapters.postgres.price_changes import ANNOUNCE
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.scores import candle_ranks, candle_scores, tuned_thresholds
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import CandleRank, PairScore, TunedThresholds
from algo_trading.domain.time import Interval
from algo_trading.repositories.scores import ScorePoint

POINT = tuple(field.name for field in fields(ScorePoint))
RANK = tuple(field.name for field in fields(CandleRank))
TUNED = tuple(field.name for field in fields(TunedThresholds) if field.name not in {"instrument", "timeframes"})
THRESHOLDS = select(tuned_thresholds, instruments.c.symbol, instruments.c.venue).join(instruments)


class PostgresScores:
    """Implements ScoreRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def store(self, scores: Sequence[PairScore]) -> None:
        if scores:
            with self._engine.begin() as connection:
                store_scores(connection, scores)

    def newest(self) -> list[PairScore]:
        query = (
            select(candle_scores, instruments.c.symbol, instruments.c.venue)
            .join(instruments)
            .ext(distinct_on(candle_scores.c.instrument_id))
            .order_by(candle_scores.c.instrument_id, candle_scores.c.at.desc())
        )
        with self._engine.connect() as connection:
            points = connection.execute(query).all()
            ranks: defaultdict[int, dict[Interval, CandleRank]] = defaultdict(dict)
            for row in connection.execute(select(candle_ranks)).mappings():
                values: dict[str, Any] = {name: nan if row[name] is None else row[name] for name in RANK}
                ranks[row["instrument_id"]][Interval(row["interval"])] = CandleRank(**values)
        found = [
            PairScore(
                Instrument(row.symbol, row.venue), row.at.astimezone(UTC), row.price, row.bull, row.bear, row.maximum,
                dict(sorted(ranks[row.instrument_id].items(), key=lambda item: item[0].order)),
            )
            for row in points
        ]  # fmt: skip
        return sorted(found, key=lambda score: (score.instrument.venue, score.instrument.symbol))

    def history(self, instrument: Instrument, first: datetime, last: datetime) -> list[ScorePoint]:
        query = (
            select(*(candle_scores.c[name] for name in POINT))
            .join(instruments)
            .where(instruments.c.symbol == instrument.symbol, instruments.c.venue == instrument.venue)
            .where(candle_scores.c.at.between(first, last))
            .order_by(candle_scores.c.at)
        )
        with self._engine.connect() as connection:
            return [ScorePoint(row.at.astimezone(UTC), *row[1:]) for row in connection.execute(query)]

    def remove(self, instrument: Instrument, timeframes: Collection[Interval] | None = None) -> None:
        newest = next((one for one in self.newest() if one.instrument == instrument), None)
        left = newest.without(timeframes) if newest and timeframes is not None else None
        if left and left.timeframes:
            self.store([left])
            return
        with self._engine.begin() as connection:
            for table in (candle_ranks, candle_scores):
                connection.execute(delete(table).where(table.c.instrument_id == instrument_id(instrument)))


def store_scores(connection: Connection, scores: Sequence[PairScore]) -> list[PairScore]:
    """Store them as `ScoreRepository.store` and return those that are newer than all of their pairs before.

    The instruments are locked until the transaction ends: whoever scores one of them, too, waits.
    """
    ids = ensure_instruments(connection, [score.instrument for score in scores])
    lock = select(instruments.c.id).where(instruments.c.id.in_(ids.values())).order_by(instruments.c.id)
    connection.execute(lock.with_for_update(key_share=True))
    connection.execute(text(ANNOUNCE))
    return [
        score
        for score in sorted(scores, key=lambda score: (ids[score.instrument], score.at))
        if _stored(connection, ids[score.instrument], score)
    ]


def _stored(connection: Connection, number: int, score: PairScore) -> bool:
    """Store a score; whether it is newer than those that were there."""
    own = {"instrument_id": number}
    query = select(func.max(candle_scores.c.at)).where(candle_scores.c.instrument_id == number)
    newest: datetime | None = connection.execute(query).scalar()
    point = {name: getattr(score, name) for name in POINT}
    statement = insert(candle_scores).values({**own, **point})
    connection.execute(statement.on_conflict_do_update(index_elements=["instrument_id", "at"], set_=point))
    if newest is not None and newest > score.at:
        return False
    connection.execute(delete(candle_ranks).where(candle_ranks.c.instrument_id == number))
    rows = [
        {**own, "interval": str(interval), **{name: _null(getattr(rank, name)) for name in RANK}}
        for interval, rank in score.timeframes.items()
    ]
    if rows:
        connection.execute(insert(candle_ranks), rows)
    return newest is None or newest < score.at


class PostgresThresholds:
    """Implements ThresholdRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def store(self, tuned: TunedThresholds) -> None:
        figures = {name: getattr(tuned, name) for name in TUNED} | {"deflated_sharpe": _null(tuned.deflated_sharpe)}
        with self._engine.begin() as connection:
            ids = ensure_instruments(connection, [tuned.instrument])
            key = {"instrument_id": ids[tuned.instrument], "timeframes": _names(tuned.timeframes)}
            statement = insert(tuned_thresholds).values({**key, **figures})
            statement = statement.on_conflict_do_update(index_elements=[*key, "usable_from"], set_=figures)
            connection.execute(statement)

    def newest(self, at: datetime) -> list[TunedThresholds]:
        columns = tuned_thresholds.c
        query = (
            THRESHOLDS.where(columns.usable_from <= at)
            .ext(distinct_on(columns.instrument_id, columns.timeframes))
            .order_by(columns.instrument_id, columns.timeframes, columns.usable_from.desc())
        )
        return sorted(self._read(query), key=lambda one: (one.instrument.venue, one.instrument.symbol, one.timeframes))

    def history(self, instrument: Instrument, timeframes: Sequence[Interval], until: datetime) -> list[TunedThresholds]:
        columns = tuned_thresholds.c
        return self._read(
            THRESHOLDS.where(instruments.c.symbol == instrument.symbol, instruments.c.venue == instrument.venue)
            .where(columns.timeframes == _names(timeframes), columns.usable_from <= until)
            .order_by(columns.usable_from)
        )

    def remove(self, instrument: Instrument) -> None:
        columns = tuned_thresholds.c
        with self._engine.begin() as connection:
            connection.execute(delete(tuned_thresholds).where(columns.instrument_id == instrument_id(instrument)))

    def _read(self, query: Select[Any]) -> list[TunedThresholds]:
        with self._engine.connect() as connection:
            return [_tuned(row) for row in connection.execute(query).mappings()]


def _tuned(row: RowMapping) -> TunedThresholds:
    figures: dict[str, Any] = {name: row[name] for name in TUNED}
    figures |= {name: row[name].astimezone(UTC) for name in ("tuned_at", "usable_from")}
    figures["deflated_sharpe"] = nan if row["deflated_sharpe"] is None else row["deflated_sharpe"]
    timeframes = tuple(Interval(name) for name in row["timeframes"])
    return TunedThresholds(Instrument(row["symbol"], row["venue"]), timeframes, **figures)


def _names(timeframes: Sequence[Interval]) -> list[str]:
    return [str(one) for one in timeframes]


def _null(value: float) -> float | None:
    return None if isnan(value) else value
