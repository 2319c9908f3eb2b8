"""Insert what is new, update what differs, leave the rest alone.

What is stored of the keys that come is read and compared in Arrow: new rows then go by COPY straight into their table,
without a conflict check, and an unchanged million rows costs a read. ON CONFLICT DO UPDATE would write every row again
(docs/benchmarks.md). Nobody changes a row between the comparison and the end of the transaction: a load locks its
instruments, in the order of their ids, so that two loads wait for each other and never deadlock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.repositories.bars import UpsertCount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from algo_trading.adapters.postgres.database import ArrowConnection

# ADBC binds no arrays, so names travel as one string, parted by a control character that no symbol has: chr(31).
SEPARATOR = "\x1f"
NAMED = "unnest(string_to_array($1, chr(31)), string_to_array($2, chr(31))) AS named (symbol, venue)"
# Sorted, so that two loads that bring the same new symbols wait for each other instead of deadlocking.
ADD_INSTRUMENTS = f"""
INSERT INTO instruments (symbol, venue)
SELECT symbol, venue FROM {NAMED} EXCEPT SELECT symbol, venue FROM instruments ORDER BY symbol, venue
ON CONFLICT DO NOTHING
RETURNING 1
"""
# New instruments are added before any is locked. Foreign keys that point here are not held up.
LOCK_INSTRUMENTS = f"""
SELECT i.symbol, i.venue, i.id FROM instruments AS i JOIN {NAMED} USING (symbol, venue)
ORDER BY i.id FOR NO KEY UPDATE OF i
"""
BATCH = 250_000  # rows that are compared at once, which bounds the memory beside the rows themselves


@dataclass(frozen=True, slots=True)
class Upsert:
    """Into `table`, keyed by the instrument and `keys`; a row is updated when one of `compared` differs.

    `carried` columns are written with a new or changed row but do not count as a change themselves. Rows may have the
    `optional` columns or not; in these a null leaves what is stored, and counts as no change. `added` is
    told of new rows, which then have the instrument's id, in the same transaction. The rows name their instrument by
    symbol and venue. Names of tables and columns come from this package, never from outside.
    """

    table: str
    keys: Sequence[str]
    compared: Sequence[str]
    carried: Sequence[str] = ()
    pruned_by: str | None = None  # the key whose range tells PostgreSQL which partitions to look at
    optional: Sequence[str] = ()
    added: Callable[[ArrowConnection, pa.Table], None] | None = None

    def run(self, connection: ArrowConnection, rows: pa.Table) -> UpsertCount:
        """Upsert `rows`, whose keys are unique; the instruments stay locked until the transaction ends."""
        count = UpsertCount()
        if rows.num_rows == 0:
            return count
        identified = _with_ids(connection, rows)
        for first in range(0, rows.num_rows, BATCH):
            count += self._batch(connection, identified.slice(first, BATCH))
        return count

    def _batch(self, connection: ArrowConnection, rows: pa.Table) -> UpsertCount:
        key = ["instrument_id", *self.keys]
        stored = self._stored(connection, rows)
        at = _positions(stored, rows, key)
        known = at >= 0
        changed = known.copy()
        if known.any():
            old, came = stored.take(pa.array(at[known])), rows if known.all() else rows.filter(pa.array(known))
            changed[known] = np.logical_or.reduce(
                [_differ(old[name], came[name]) for name in self.compared]
                + [_differ(old[name], came[name]) & came[name].is_valid().to_numpy() for name in self._given(rows)]
            )
        inserted = len(rows) - int(known.sum())
        if inserted:
            new = rows if not known.any() else rows.filter(pa.array(~known))
            connection.append(self.table, new)
            if self.added:
                self.added(connection, new)
        updated = self._update(connection, rows.filter(pa.array(changed))) if changed.any() else 0
        return UpsertCount(inserted, updated, len(rows) - inserted - updated)

    def _given(self, rows: pa.Table) -> list[str]:
        return [name for name in self.optional if name in rows.column_names]

    def _stored(self, connection: ArrowConnection, rows: pa.Table) -> pa.Table:
        """What is stored of the rows' instruments (where the table is partitioned: in the rows' range)."""
        columns = ["instrument_id", *self.keys, *self.compared, *self._given(rows)]
        schema = pa.schema([rows.schema.field(name) for name in columns])
        conditions = [f"instrument_id = {any_of(pc.unique(rows['instrument_id']).to_pylist())}"]
        if self.pruned_by:
            extremes = pc.min_max(rows[self.pruned_by])
            bounds = [extremes[end].as_py().isoformat() for end in ("min", "max")]
            conditions.append(f"{self.pruned_by} BETWEEN '{bounds[0]}' AND '{bounds[1]}'")
        query = f"SELECT {', '.join(columns)} FROM {self.table} WHERE {' AND '.join(conditions)}"
        return connection.read(query).cast(schema)

    def _update(self, connection: ArrowConnection, rows: pa.Table) -> int:
        connection.stage("staged", rows)
        values = {name: f"s.{name}" for name in (*self.compared, *self.carried)}
        values |= {name: f"coalesce(s.{name}, t.{name})" for name in self._given(rows)}
        # On the whole primary key: joined by less, a plan made from stale statistics can take minutes.
        conditions = [f"t.{key} = s.{key}" for key in ("instrument_id", *self.keys)]
        bounds: list[object] = []
        if self.pruned_by:
            extremes = pc.min_max(rows[self.pruned_by])
            bounds = [extremes["min"], extremes["max"]]
            conditions.append(f"t.{self.pruned_by} BETWEEN $1 AND $2")
        updated = connection.count(
            f"""
            UPDATE {self.table} AS t
            SET {", ".join(f"{name} = {value}" for name, value in values.items())}, updated_at = now()
            FROM staged AS s
            WHERE {" AND ".join(conditions)}
            RETURNING 1
            """,
            bounds,
        )
        connection.execute("DROP TABLE staged")
        return updated


def any_of(ids: Iterable[int]) -> str:
    """SQL for one of these whole numbers.

    Written out, not bound: ADBC streams a query without parameters, and holds the whole result of one with some.
    """
    return f"ANY ('{{{','.join(str(int(one)) for one in ids)}}}')"


def lock_instruments(connection: ArrowConnection, names: Collection[tuple[str, str]]) -> pa.Table:
    """Lock the instruments of some symbols and venues in the order of their ids; ones that are not there are added.

    Returns their symbol, venue and id.
    """
    parameters = [SEPARATOR.join(name[part] for name in names) for part in range(2)]
    connection.count(ADD_INSTRUMENTS, parameters)
    return connection.read(LOCK_INSTRUMENTS, parameters)


def _with_ids(connection: ArrowConnection, rows: pa.Table) -> pa.Table:
    """`rows` with the instrument's id instead of its symbol and venue.

    Instruments that are not there yet are added, and all are locked.
    """
    named = rows.group_by(["symbol", "venue"]).aggregate([])
    names = zip(*(named[name].to_pylist() for name in ("symbol", "venue")), strict=True)
    ids = lock_instruments(connection, list(names))
    positions = pc.index_in(_names(rows), value_set=_names(ids))
    return rows.drop_columns(["symbol", "venue"]).append_column("instrument_id", ids["id"].take(positions))


def _names(table: pa.Table) -> pa.Array:
    return pc.binary_join_element_wise(table["symbol"], table["venue"], SEPARATOR)


def _positions(stored: pa.Table, rows: pa.Table, keys: Sequence[str]) -> NDArray[np.int64]:
    """For each of `rows` where its keys are in `stored`; -1: nowhere."""
    if not len(stored):
        return np.full(len(rows), -1)
    # Each combination of keys as one number: its digits are the places of the keys among all that there are.
    codes = np.zeros(len(stored) + len(rows), dtype=np.int64)
    for key in keys:
        values = pa.chunked_array([*stored[key].chunks, *rows[key].chunks]).combine_chunks().dictionary_encode()
        codes = codes * len(values.dictionary) + values.indices.to_numpy()
    there, wanted = codes[: len(stored)], codes[len(stored) :]
    order = np.argsort(there, kind="stable")
    at: NDArray[np.int64] = order[np.minimum(np.searchsorted(there, wanted, sorter=order), len(stored) - 1)]
    return np.where(there[at] == wanted, at, -1)


def _differ(old: pa.ChunkedArray, new: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Where two columns are distinct as PostgreSQL sees it: two nulls are not, nor are two NaN, nor 0 and -0."""
    same = pc.equal(old, new)
    if pa.types.is_floating(new.type):
        same = pc.or_kleene(same, pc.and_(pc.is_nan(old), pc.is_nan(new)))
    same = pc.or_(pc.fill_null(same, pa.scalar(value=False)), pc.and_(pc.is_null(old), pc.is_null(new)))
    flags: NDArray[np.bool_] = pc.invert(same).to_numpy()
    return flags
