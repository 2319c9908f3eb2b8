"""Insert what is new, update what differs, leave the rest alone.

ON CONFLICT DO UPDATE would write every row again: on an unchanged million rows it took six times as long as this
anti-join and left the table 2.7 times as large (docs/benchmarks.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from algo_trading.repositories.bars import UpsertCount

if TYPE_CHECKING:
    import pyarrow as pa

    from algo_trading.adapters.postgres.database import ArrowConnection

# Sorted, so that two loads that bring the same new symbols wait for each other instead of deadlocking.
ADD_INSTRUMENTS = """
INSERT INTO instruments (symbol, venue)
SELECT symbol, venue FROM named EXCEPT SELECT symbol, venue FROM instruments ORDER BY symbol, venue
ON CONFLICT DO NOTHING
"""
IDS = "SELECT i.symbol, i.venue, i.id FROM instruments AS i JOIN named USING (symbol, venue)"
SEPARATOR = "\x1f"  # no symbol has this control character


@dataclass(frozen=True, slots=True)
class Upsert:
    """Into `table`, keyed by the instrument and `keys`; a row is updated when one of `compared` differs.

    `carried` columns are written with a new or changed row but do not count as a change themselves. The staged rows
    name their instrument by symbol and venue. Names come from this package, never from outside.
    """

    table: str
    keys: Sequence[str]
    compared: Sequence[str]
    carried: Sequence[str] = ()
    pruned_by: str | None = None  # the key whose range tells PostgreSQL which partitions to look at

    def run(self, connection: ArrowConnection, rows: pa.Table) -> UpsertCount:
        """Upsert `rows`, whose keys are unique."""
        if rows.num_rows == 0:
            return UpsertCount()
        connection.stage("staged", _with_ids(connection, rows))
        bounds: list[object] = []
        prune = ""
        if self.pruned_by:
            extremes = pc.min_max(rows[self.pruned_by])
            bounds = [extremes["min"], extremes["max"]]
            prune = f" AND t.{self.pruned_by} BETWEEN $1 AND $2"
        values = [*self.compared, *self.carried]
        columns = ["instrument_id", *self.keys, *values]
        # On the whole primary key: joined by less, a plan made from stale statistics can take minutes.
        same_key = " AND ".join(f"t.{key} = s.{key}" for key in columns[: len(self.keys) + 1])
        updated = connection.count(
            f"""
            UPDATE {self.table} AS t
            SET {", ".join(f"{name} = s.{name}" for name in values)}, updated_at = now()
            FROM staged AS s
            WHERE {same_key}{prune}
              AND ({", ".join(f"t.{name}" for name in self.compared)})
                  IS DISTINCT FROM ({", ".join(f"s.{name}" for name in self.compared)})
            RETURNING 1
            """,
            bounds,
        )
        # In the order of the index, which then grows at its end for each instrument.
        inserted = connection.count(
            f"""
            INSERT INTO {self.table} ({", ".join(columns)})
            SELECT {", ".join(f"s.{name}" for name in columns)}
            FROM staged AS s LEFT JOIN {self.table} AS t ON {same_key}{prune}
            WHERE t.instrument_id IS NULL
            ORDER BY {", ".join(f"s.{name}" for name in columns[: len(self.keys) + 1])}
            ON CONFLICT DO NOTHING
            RETURNING 1
            """,
            bounds,
        )
        connection.execute("DROP TABLE staged")
        return UpsertCount(inserted, updated, rows.num_rows - inserted - updated)


def _with_ids(connection: ArrowConnection, rows: pa.Table) -> pa.Table:
    """`rows` with the instrument's id instead of its symbol and venue; instruments that are not there yet are added."""
    connection.stage("named", rows.group_by(["symbol", "venue"]).aggregate([]))
    connection.execute(ADD_INSTRUMENTS)
    ids = connection.read(IDS)
    connection.execute("DROP TABLE named")
    positions = pc.index_in(_names(rows), value_set=_names(ids))
    return rows.drop_columns(["symbol", "venue"]).append_column("instrument_id", ids["id"].take(positions))


def _names(table: pa.Table) -> pa.Array:
    return pc.binary_join_element_wise(table["symbol"], table["venue"], SEPARATOR)
