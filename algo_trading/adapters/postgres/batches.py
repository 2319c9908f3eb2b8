"""Judged batches in PostgreSQL: everything goes through one ADBC connection, and so into one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algo_trading.adapters.postgres.bars import upsert_bars
from algo_trading.adapters.postgres.corporate_actions import upsert_actions
from algo_trading.adapters.postgres.posts import add_posts, put_state
from algo_trading.adapters.postgres.quality import hold_back, record_results
from algo_trading.adapters.postgres.upsert import lock_instruments
from algo_trading.repositories.batches import StreamOffset

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import ArrowConnection, Database
    from algo_trading.repositories.bars import UpsertCount
    from algo_trading.repositories.batches import JudgedBars, JudgedPosts

MOVE_OFFSET = """
INSERT INTO stream_offsets AS o (stream, position) VALUES ($1, $2)
ON CONFLICT (stream) DO UPDATE SET position = excluded.position, moved_at = now() WHERE o.position < excluded.position
RETURNING 1
"""


class PostgresBatches:
    """Implements BatchRepository."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def store_bars(self, batch: JudgedBars) -> UpsertCount:
        with self._database.arrow() as connection:
            if batch.actions or batch.covered:
                instruments = [*(action.instrument for action in batch.actions), *batch.covered]
                named = {(one.symbol, one.venue) for one in instruments}
                bars = batch.good.group_by(["symbol", "venue"]).aggregate([])
                named |= set(zip(*(bars[name].to_pylist() for name in ("symbol", "venue")), strict=True))
                # All at once and in their order: two batches that took turns would wait for each other.
                lock_instruments(connection, sorted(named))
                upsert_actions(connection, batch.actions, batch.source, batch.covered)
            count = upsert_bars(connection, batch.good, batch.source)
            hold_back(connection, batch.quarantined)
            if batch.result:
                record_results(connection, [batch.result])
            if batch.offset:
                _move(connection, batch.offset)
            return count

    def store_posts(self, batch: JudgedPosts) -> int:
        with self._database.arrow() as connection:
            added = add_posts(connection, batch.posts)
            hold_back(connection, batch.quarantined)
            if batch.result:
                record_results(connection, [batch.result])
            if batch.state:
                put_state(connection, batch.state)
            return added

    def offset(self, stream: str) -> StreamOffset | None:
        with self._database.arrow() as connection:
            rows = connection.read("SELECT position FROM stream_offsets WHERE stream = $1", (stream,))
        return StreamOffset(stream, rows["position"][0].as_py()) if len(rows) else None


def _move(connection: ArrowConnection, offset: StreamOffset) -> None:
    connection.count(MOVE_OFFSET, (offset.stream, offset.position))
