"""Mentions that a strategy has no signal on, found without looking at the others time and again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.errors import LockNotAvailable
from sqlalchemy import ARRAY, BigInteger, Connection, Engine, Row, Select, exists, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from algo_trading.adapters.postgres.instruments import among
from algo_trading.adapters.postgres.schema import Time, decided_mentions, instruments, mentions, posts, signals
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import StrategyId

STEP = 1000  # marks move by so many mentions; up to as many decided ones are looked at again

Since = Mapping[Instrument, datetime | None]


@dataclass(frozen=True)
class _Pair:
    """An instrument that the strategy decides on, and the mark up to which each of its mentions has a signal."""

    id: int
    since: datetime | None
    mark: int


def rows_without_signal(engine: Engine, strategy: StrategyId, since: Since, query: Select[Any]) -> list[Row[Any]]:
    """The rows of `query`, which selects mentions, on which the strategy has no signal.

    `since` says of each instrument from which availability on its mentions count (None: all). What is known to be
    decided stands as a mark in `decided_mentions` and is not looked at; signals stay, so a mark never goes wrong.
    """
    with engine.connect() as connection:
        pairs = _pairs(connection, strategy, since)
        found = _look(connection, strategy, pairs, query)
        behind = [pair for pair, mark in _marks(pairs, found, _newest(connection)).items() if mark > pair.mark]
    newest = _newest_for_good(engine) if behind else None
    if newest is not None:
        _move_marks(engine, strategy, behind, query, newest)
    return found


def _newest_for_good(engine: Engine) -> int | None:
    """The highest number, once nobody is about to commit a lower one; None while somebody stores mentions."""
    with engine.begin() as connection:
        try:
            connection.execute(text("LOCK TABLE mentions IN SHARE MODE NOWAIT"))
        except OperationalError as error:
            if not isinstance(error.orig, LockNotAvailable):
                raise
            return None
        return _newest(connection)


def _move_marks(engine: Engine, strategy: StrategyId, pairs: Sequence[_Pair], query: Select[Any], newest: int) -> None:
    """Note what is decided, now that everything up to `newest` can be seen."""
    with engine.begin() as connection:
        moved = _marks(pairs, _look(connection, strategy, pairs, query), newest)
        statement = insert(decided_mentions)
        statement = statement.on_conflict_do_update(
            constraint=decided_mentions.primary_key,
            set_={name: statement.excluded[name] for name in ("since", "up_to")},
        )
        rows = [
            {
                "strategy": strategy.name,
                "params": strategy.params,
                "instrument_id": pair.id,
                "since": pair.since,
                "up_to": mark,
            }
            for pair, mark in sorted(moved.items(), key=lambda item: item[0].id)
        ]
        connection.execute(statement, rows)


def _pairs(connection: Connection, strategy: StrategyId, since: Since) -> list[_Pair]:
    of_strategy = (
        (decided_mentions.c.instrument_id == instruments.c.id)
        & (decided_mentions.c.strategy == strategy.name)
        & (decided_mentions.c.params == strategy.params)
    )
    query = (
        select(instruments, decided_mentions.c.since, decided_mentions.c.up_to)
        .join_from(instruments, decided_mentions, of_strategy, isouter=True)
        .where(among(since))
    )
    pairs = []
    for row in connection.execute(query):
        wanted = since[Instrument(row.symbol, row.venue)]
        # A mark tells nothing of mentions from before those that it was made for.
        is_good = row.up_to is not None and (row.since is None or (wanted is not None and row.since <= wanted))
        pairs.append(_Pair(row.id, wanted, row.up_to if is_good else 0))
    return pairs


def _look(connection: Connection, strategy: StrategyId, pairs: Sequence[_Pair], query: Select[Any]) -> list[Row[Any]]:
    """Mentions without a signal, for all pairs of a mark at once: as a constant it lets the planner use the index."""
    decided = exists().where(
        signals.c.strategy == strategy.name,
        signals.c.params == strategy.params,
        signals.c.instrument_id == mentions.c.instrument_id,
        signals.c.post == posts.c.platform + ":" + posts.c.platform_id,
        signals.c.post != "",
    )
    found: list[Row[Any]] = []
    for mark in sorted({pair.mark for pair in pairs}):
        group = [pair for pair in pairs if pair.mark == mark]
        ids = literal([pair.id for pair in group], ARRAY(BigInteger))
        moments = literal([pair.since for pair in group], ARRAY(Time))
        wanted = func.unnest(ids, moments).table_valued("id", "since").render_derived("wanted")
        found += connection.execute(
            query.join(wanted, wanted.c.id == mentions.c.instrument_id).where(
                mentions.c.number > mark,
                or_(wanted.c.since.is_(None), mentions.c.available_at >= wanted.c.since),
                ~decided,
            )
        )
    return found


def _newest(connection: Connection) -> int:
    return connection.execute(select(func.max(mentions.c.number))).scalar() or 0


def _marks(pairs: Sequence[_Pair], found: Sequence[Row[Any]], newest: int) -> dict[_Pair, int]:
    """Up to where each pair is decided, in whole steps: pairs then share few marks, and each rests for a while."""
    first: dict[int, int] = {}
    for row in found:
        first[row.instrument_id] = min(row.number, first.get(row.instrument_id, row.number))
    return {pair: min(first.get(pair.id, newest + 1) - 1, newest) // STEP * STEP for pair in pairs}
