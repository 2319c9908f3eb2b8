"""Validated bars as Parquet: one file per interval, venue and year."""

import io
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from urllib.parse import quote

import pyarrow.parquet as pq

from algo_trading.domain.instrument import Interval
from algo_trading.repositories.bars import BarRepository
from algo_trading.repositories.objects import ObjectStore


class ExclusiveWork(Protocol):
    """Lets one process at a time do a named piece of work."""

    def exclusively(self, work: str) -> AbstractContextManager[None]:
        """Wait until nobody else does `work`, and hold it for the block."""
        ...


@dataclass(frozen=True)
class ExportBars:
    """Write what the database holds of whole years."""

    bars: BarRepository
    objects: ObjectStore
    locks: ExclusiveWork

    def __call__(self, venue: str, years: Iterable[int]) -> list[str]:
        """Replace the files of `years` and return their keys. Rows are sorted by symbol and time, zstd-compressed.

        The database is read inside the lock: of two writers the later one always writes the newer state.
        """
        keys = []
        for year in sorted(set(years)):
            key = f"bars/interval={Interval.DAY}/venue={quote(venue, safe='')}/year={year}.parquet"
            with self.locks.exclusively(key):
                table = self.bars.read_venue(venue, Interval.DAY, date(year, 1, 1), date(year, 12, 31))
                if table.num_rows:
                    buffer = io.BytesIO()
                    pq.write_table(table, buffer, compression="zstd")
                    self.objects.put(key, buffer.getvalue(), "application/vnd.apache.parquet")
                    keys.append(key)
        return keys
