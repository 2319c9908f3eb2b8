"""Repositories of bars, corporate actions and indicators in memory."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import (
    BAR_SCHEMA,
    CLOSE_SCHEMA,
    INDICATOR_SCHEMA,
    TURNOVER_SCHEMA,
    SeriesDigest,
    SeriesExtent,
    UpsertCount,
    series_of,
    with_digests,
    with_known_turnover,
)

Key = tuple[str, str, str, datetime]


def _key(row: Mapping[str, Any]) -> Key:
    return row["venue"], row["symbol"], row["interval"], row["opened_at"]


def _same(old: object, new: object) -> bool:
    return old == new or (old != old and new != new)  # noqa: PLR0124 - NaN is what does not equal itself


class _Rows:
    """Rows of a schema by (venue, symbol, interval, opened_at)."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self.rows: dict[Key, dict[str, Any]] = {}

    def upsert(self, table: pa.Table) -> UpsertCount:
        count = UpsertCount()
        for given in table.to_pylist():
            old = self.rows.get(_key(given))
            kept = {name: old[name] for name in TURNOVER if old and given.get(name) is None and name in old}
            row = {name: given.get(name) for name in self._schema.names} | kept
            self.rows[_key(row)] = row
            same = old is not None and all(_same(old[name], row[name]) for name in row)
            count += UpsertCount(int(old is None), int(old is not None and not same), int(same))
        return count

    def select(
        self,
        series: Iterable[Series] | None,
        *,
        venue: str | None = None,
        interval: Interval | None = None,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> pa.Table:
        wanted = None if series is None else {(one.venue, one.symbol, str(one.interval)) for one in series}
        found = [
            row
            for key, row in sorted(self.rows.items())
            if (wanted is None or key[:3] in wanted)
            and (interval is None or key[2] == interval)
            and (venue is None or key[0] == venue)
            and (first is None or key[3] >= first)
            and (last is None or key[3] <= last)
        ]
        return pa.Table.from_pylist(found, schema=self._schema)

    def opened(self) -> dict[Series, list[Key]]:
        """The keys of each series, ascending."""
        found: dict[Series, list[Key]] = {}
        for key in sorted(self.rows):
            found.setdefault(Series(Instrument(key[1], key[0]), Interval(key[2])), []).append(key)
        return found


class FakeBars:
    """Implements BarRepository."""

    def __init__(self) -> None:
        self._rows = _Rows(TURNOVER_SCHEMA)

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:  # noqa: ARG002 - the source does not matter here
        return self._rows.upsert(bars)

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        return self.read_turnover(series, first, last).select(BAR_SCHEMA.names)

    def read_turnover(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> pa.Table:
        return self._rows.select(series, first=first, last=last)

    def read_venue(self, venue: str, interval: Interval, first: datetime, last: datetime) -> pa.Table:
        table = self._rows.select(None, venue=venue, interval=interval, first=first, last=last)
        return with_digests(with_known_turnover(table), _digests(table))

    def digests(self, series: Sequence[Series], first: datetime, last: datetime) -> Mapping[Series, SeriesDigest]:
        return _digests(self.read_turnover(series, first, last))

    def read_last(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        tables = [self.read_turnover([one], None, last) for one in sorted(set(series), key=by_text)]
        newest = [table.slice(max(table.num_rows - count, 0)) for table in tables]
        return pa.concat_tables([TURNOVER_SCHEMA.empty_table(), *newest]).select(BAR_SCHEMA.names)

    def read_closes(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        return self.read_last(series, last, count).select(CLOSE_SCHEMA.names)

    def newest_before(self, series: Sequence[Series], before: datetime) -> Mapping[Series, datetime]:
        earlier = {one: [key[3] for key in keys if key[3] < before] for one, keys in self._rows.opened().items()}
        return {one: opened[-1] for one, opened in earlier.items() if opened and one in series}

    def series(self, interval: Interval | None = None) -> list[Series]:
        return sorted(one for one in self._rows.opened() if interval in {None, one.interval})

    def first_closes(self, series: Sequence[Series]) -> Mapping[Series, datetime]:
        opened = self._rows.opened()
        return {one: self._rows.rows[keys[0]]["closed_at"] for one, keys in opened.items() if one in series}

    def extents(self) -> list[SeriesExtent]:
        opened = self._rows.opened()
        return [SeriesExtent(one, opened[one][0][3], opened[one][-1][3], len(opened[one])) for one in sorted(opened)]

    def remove(self, series: Sequence[Series]) -> int:
        gone = {(one.venue, one.symbol, str(one.interval)) for one in series}
        before = len(self._rows.rows)
        self._rows.rows = {key: row for key, row in self._rows.rows.items() if key[:3] not in gone}
        return before - len(self._rows.rows)

    def count(self) -> int:
        return len(self._rows.rows)


def _digests(table: pa.Table) -> dict[Series, SeriesDigest]:
    found: dict[Series, SeriesDigest] = {}
    rows = table.select(BAR_SCHEMA.names).to_pylist()
    for series, row in zip(series_of(table), rows, strict=True):
        bars, before = found.get(series, SeriesDigest(0, 0))
        digest = int.from_bytes(hashlib.sha256(repr(row).encode()).digest()[:7])
        found[series] = SeriesDigest(bars + 1, before ^ digest)
    return found


def by_text(series: Series) -> tuple[str, str, str]:
    """The order in which tables of bars are sorted."""
    return series.venue, series.symbol, str(series.interval)


class FakeCorporateActions:
    """Implements CorporateActionRepository."""

    def __init__(self) -> None:
        self._values: dict[tuple[Instrument, date, str], CorporateAction] = {}

    def upsert(self, actions: Iterable[CorporateAction], source: str) -> UpsertCount:  # noqa: ARG002 - as above
        count = UpsertCount()
        for action in sorted(set(actions)):
            key = (action.instrument, action.ex_date, str(action.kind))
            old = self._values.get(key)
            self._values[key] = action
            count += UpsertCount(int(old is None), int(old is not None and old != action), int(old == action))
        return count

    def read(self, instruments: Sequence[Instrument], last: date, first: date | None = None) -> list[CorporateAction]:
        wanted = set(instruments)
        return sorted(
            action
            for action in self._values.values()
            if action.instrument in wanted and (first is None or first <= action.ex_date) and action.ex_date <= last
        )


class FakeIndicators:
    """Implements IndicatorRepository."""

    def __init__(self) -> None:
        self._rows = _Rows(INDICATOR_SCHEMA)

    def upsert(self, rows: pa.Table) -> UpsertCount:
        return self._rows.upsert(rows)

    def read(self, series: Sequence[Series], opened_at: datetime) -> pa.Table:
        return self._rows.select(series, first=opened_at, last=opened_at)

    def count(self) -> int:
        return len(self._rows.rows)
