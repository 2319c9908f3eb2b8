"""Bars of many series from their Parquet copies, where these are what the database holds."""

import io
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import BAR_SCHEMA, KEYS, BarRepository, digests_of
from algo_trading.repositories.objects import ObjectStore
from algo_trading.services.export import RESOLUTION, copies_of, span_of

FEW = 20  # so many series are read from the database faster than their digests and whole files are
THREADS = 2  # the database hashes one year while another one is decoded
SPAN = re.compile(r"year=(\d{4})(?:/month=(\d\d))?\.parquet")

Part = tuple[NDArray[np.int32], pa.Table]  # for each row the place of its series, and the columns beside KEYS


class ParquetBars:
    """Implements BarReader: what the database holds, whatever it is read from.

    A file is used if the database has, in the file's year or month and of each of the series asked for, as many bars
    with the same hash as the file. Everything else is read from the database: a file that is missing, unreadable or
    older than the newest change of one of these series costs time alone.
    """

    def __init__(self, bars: BarRepository, objects: ObjectStore) -> None:
        self._bars = bars
        self._objects = objects

    def series(self, interval: Interval | None = None) -> list[Series]:
        return self._bars.series(interval)

    def intervals(self, instrument: Instrument) -> list[Interval]:
        return self._bars.intervals(instrument)

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        wanted = sorted(set(series), key=lambda one: (one.venue, one.symbol, str(one.interval)))
        if len(wanted) <= FEW:
            return self._bars.read(wanted, first, last)
        groups: defaultdict[tuple[str, Interval], dict[Series, int]] = defaultdict(dict)
        for place, one in enumerate(wanted):
            groups[one.venue, one.interval][one] = place
        parts = [part for places in groups.values() for part in self._of_venue(places, first, last)]
        return _sorted(wanted, parts) if parts else BAR_SCHEMA.empty_table()

    def _of_venue(self, places: dict[Series, int], first: datetime | None, last: datetime | None) -> Iterator[Part]:
        """Bars of series of one venue and interval: files that are proven, and what the database has between them."""
        wanted = list(places)
        folder, low = copies_of(wanted[0].venue, wanted[0].interval), first
        spans = [
            (begin, end, f"{folder}{name}.parquet")
            for begin, end, name in self._spans(folder, wanted[0].interval)
            if (first is None or end >= first) and (last is None or begin <= last)
        ]
        with ThreadPoolExecutor(THREADS) as pool:
            copies = list(pool.map(lambda span: self._proven(wanted, *span), spans))
        for (begin, end, _), copy in zip(spans, copies, strict=True):
            if copy is None:
                continue
            if low is None or low < begin:
                yield _part(self._bars.read(wanted, low, begin - RESOLUTION), places, first, last)
            yield _part(copy, places, first, last)
            low = end + RESOLUTION
        if low is None or last is None or low <= last:
            yield _part(self._bars.read(wanted, low, last), places, first, last)

    def _spans(self, folder: str, interval: Interval) -> list[tuple[datetime, datetime, str]]:
        """First and last moment and name of each file, in ascending order."""
        found = [SPAN.fullmatch(key.removeprefix(folder)) for key in self._objects.keys(folder)]
        begins = [datetime(int(match[1]), int(match[2] or 1), 1, tzinfo=UTC) for match in found if match]
        return [span_of(interval, begin) for begin in sorted(begins)]

    def _proven(self, wanted: Sequence[Series], begin: datetime, end: datetime, key: str) -> pa.Table | None:
        """The bars of a file, at least those wanted; None unless the database holds the same."""
        try:
            file = pq.ParquetFile(io.BytesIO(self._objects.get(key)), read_dictionary=list(KEYS))
            kept = digests_of(file.schema_arrow)
            stored = self._bars.digests(wanted, begin, end)
            if any(stored.get(one) != kept.get(one.symbol) for one in wanted):
                return None
            groups = _groups(file, sorted(one.symbol for one in wanted))
            return file.read_row_groups(groups, columns=BAR_SCHEMA.names)
        except (KeyError, ValueError, OSError):  # it went away since, or is not a file of bars (Arrow raises both)
            return None


def _groups(file: pq.ParquetFile, symbols: Sequence[str]) -> list[int]:
    """The row groups that may hold one of `symbols`, which are sorted."""
    column, found = BAR_SCHEMA.get_field_index("symbol"), []
    for group in range(file.num_row_groups):
        extremes = file.metadata.row_group(group).column(column).statistics
        if extremes is not None and extremes.has_min_max:
            at = bisect_left(symbols, extremes.min)
            if at == len(symbols) or symbols[at] > extremes.max:
                continue
        found.append(group)
    return found


def _part(table: pa.Table, places: dict[Series, int], first: datetime | None, last: datetime | None) -> Part:
    """The rows of the series in `places` that opened in first..last."""
    symbols, where = [one.symbol for one in places], np.array([*places.values(), -1], dtype=np.int32)
    rows = [np.empty(0, dtype=np.int32)]
    for chunk in table["symbol"].chunks:
        names = chunk if pa.types.is_dictionary(chunk.type) else chunk.dictionary_encode()
        known = pc.index_in(names.dictionary, value_set=pa.array(symbols, pa.string())).fill_null(-1).to_numpy()
        rows.append(where[known][names.indices.to_numpy()])
    place = np.concatenate(rows)
    chosen = place >= 0
    opened = table["opened_at"]
    for bound, inside in ((first, pc.greater_equal), (last, pc.less_equal)):
        if bound:
            chosen &= inside(opened, pa.scalar(bound, opened.type)).to_numpy()
    values = table.drop_columns(list(KEYS))
    return (place, values) if chosen.all() else (place[chosen], values.filter(pa.array(chosen)))


def _sorted(wanted: Sequence[Series], parts: Sequence[Part]) -> pa.Table:
    """The parts as one table in BAR_SCHEMA, by the place of the series and time.

    Each series comes in the order of time, part after part, so that places are nearly always all there is to sort by.
    """
    place = np.concatenate([part[0] for part in parts])
    values = pa.concat_tables([part[1] for part in parts]).combine_chunks()
    # Of two bytes numpy sorts without comparing.
    order = np.argsort(place.astype(np.min_scalar_type(len(wanted))), kind="stable")
    opened = values["opened_at"].cast(pa.int64()).to_numpy()
    if ((np.diff(opened[order]) <= 0) & (np.diff(place[order]) == 0)).any():
        order = np.lexsort((opened, place))
    names = pa.array(place[order])
    keys = [pa.array([str(getattr(one, key)) for one in wanted], pa.string()).take(names) for key in KEYS]
    rows = pa.array(order)
    return pa.table([*keys, *(column.take(rows) for column in values.columns)], schema=BAR_SCHEMA)
