"""Repositories of bars, corporate actions and indicators in memory."""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa

from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import (
    BAR_SCHEMA,
    CLOSE_SCHEMA,
    INDICATOR_SCHEMA,
    NOTHING_COVERED,
    TURNOVER_SCHEMA,
    ActionVersion,
    Close,
    Covered,
    SeriesDigest,
    SeriesExtent,
    UpsertCount,
    with_digests,
    with_known_turnover,
)

Name = tuple[str, str, str]


def _same(old: object, new: object) -> bool:
    return old == new or (old != old and new != new)  # noqa: PLR0124 - NaN is what does not equal itself


def _between(opened: Sequence[datetime], first: datetime | None, last: datetime | None) -> slice:
    """Where the moments from `first` to `last` lie."""
    start = 0 if first is None else bisect_left(opened, first)
    return slice(start, len(opened) if last is None else bisect_right(opened, last))


class _Rows:
    """Rows of a schema by (venue, symbol, interval) and `opened_at`, the latter ascending."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._rows: dict[Name, dict[datetime, dict[str, Any]]] = {}
        self._answers: dict[tuple[object, ...], pa.Table] = {}  # what was read since something changed last
        self._digests: dict[Name, dict[datetime, int]] = {}

    def upsert(self, table: pa.Table) -> UpsertCount:
        inserted = updated = unchanged = 0
        late: set[Name] = set()
        names = self._schema.names
        for given in table.to_pylist():
            name, opened_at = (given["venue"], given["symbol"], given["interval"]), given["opened_at"]
            rows = self._rows.setdefault(name, {})
            old = rows.get(opened_at)
            kept = {column: old[column] for column in TURNOVER if old and given.get(column) is None and column in old}
            row = {column: given.get(column) for column in names} | kept
            if old is None:
                inserted += 1
                if rows and opened_at < next(reversed(rows)):
                    late.add(name)
            elif old == row or all(_same(old[column], row[column]) for column in row):
                unchanged += 1
                continue
            else:
                updated += 1
            rows[opened_at] = row
            self._answers.clear()
            self._digests.setdefault(name, {}).pop(opened_at, None)
        for name in late:
            self._rows[name] = dict(sorted(self._rows[name].items()))
        return UpsertCount(inserted, updated, unchanged)

    def select(
        self,
        series: Iterable[Series] | None,
        *,
        venue: str | None = None,
        interval: Interval | None = None,
        first: datetime | None = None,
        last: datetime | None = None,
        count: int | None = None,
    ) -> pa.Table:
        """Rows from `first` to `last`, of these at most the last `count` of each series, sorted by series and time."""
        names = self._rows if series is None else {(one.venue, one.symbol, str(one.interval)) for one in series}
        asked = (tuple(sorted(names)), venue, interval, first, last, count)
        if asked in self._answers:
            return self._answers[asked]
        found: list[dict[str, Any]] = []
        for name in sorted(names):
            if name not in self._rows or venue not in {None, name[0]} or interval not in {None, name[2]}:
                continue
            opened = list(self._rows[name])
            window = _between(opened, first, last)
            start = window.start if count is None else max(window.start, window.stop - count)
            found.extend(map(self._rows[name].__getitem__, opened[start : window.stop]))
        self._answers[asked] = pa.Table.from_pylist(found, schema=self._schema)
        return self._answers[asked]

    def digest(self, name: Name, first: datetime, last: datetime) -> SeriesDigest:
        """What the rows of a series from `first` to `last` are told apart by; the turnover does not count."""
        rows, known = self._rows.get(name, {}), self._digests.setdefault(name, {})
        opened = list(rows)
        times, found = opened[_between(opened, first, last)], 0
        for time in times:
            if time not in known:
                row = {column: rows[time][column] for column in BAR_SCHEMA.names}
                known[time] = int.from_bytes(hashlib.sha256(repr(row).encode()).digest()[:7])
            found ^= known[time]
        return SeriesDigest(len(times), found)

    def opened(self) -> dict[Series, list[datetime]]:
        """When the bars of each series opened, ascending; the series sorted, too."""
        return {
            Series(Instrument(name[1], name[0]), Interval(name[2])): list(self._rows[name])
            for name in sorted(self._rows)
        }

    def drop(self, series: Series, opened_at: datetime) -> None:
        name = series.venue, series.symbol, str(series.interval)
        del self._rows[name][opened_at]
        self._answers.clear()

    def remove(self, series: Iterable[Series]) -> int:
        names = [(one.venue, one.symbol, str(one.interval)) for one in series]
        gone = [self._rows.pop(name, {}) for name in names]
        self._answers.clear()
        return sum(map(len, gone))

    def first(self, series: Series) -> dict[str, Any]:
        return next(iter(self._rows[series.venue, series.symbol, str(series.interval)].values()))

    def count(self) -> int:
        return sum(map(len, self._rows.values()))


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
        series = [one for one in self._rows.opened() if (one.venue, one.interval) == (venue, interval)]
        return with_digests(with_known_turnover(table), self.digests(series, first, last))

    def digests(self, series: Sequence[Series], first: datetime, last: datetime) -> Mapping[Series, SeriesDigest]:
        found = {one: self._rows.digest((one.venue, one.symbol, str(one.interval)), first, last) for one in series}
        return {one: digest for one, digest in found.items() if digest.bars}

    def read_last(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        return self._rows.select(series, last=last, count=count).select(BAR_SCHEMA.names)

    def read_closes(self, series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        return self.read_last(series, last, count).select(CLOSE_SCHEMA.names)

    def last_closes(self, series: Sequence[Series], moment: datetime) -> Mapping[Series, Close]:
        rows = self.read_last(series, moment, 2).to_pylist()
        closed = [row for row in rows if row["closed_at"] <= moment]  # of two that opened by then one may be open
        return {
            Series(Instrument(row["symbol"], row["venue"]), Interval(row["interval"])): Close(
                row["close"], row["closed_at"]
            )
            for row in closed
        }

    def newest_before(self, series: Sequence[Series], before: datetime) -> Mapping[Series, datetime]:
        found = {one: opened[: bisect_left(opened, before)] for one, opened in self._rows.opened().items()}
        return {one: opened[-1] for one, opened in found.items() if opened and one in series}

    def series(self, interval: Interval | None = None) -> list[Series]:
        return sorted(one for one in self._rows.opened() if interval in {None, one.interval})

    def intervals(self, instrument: Instrument) -> list[Interval]:
        found = (one.interval for one in self._rows.opened() if one.instrument == instrument)
        return sorted(found, key=lambda one: one.order)

    def first_closes(self, series: Sequence[Series]) -> Mapping[Series, datetime]:
        return {one: self._rows.first(one)["closed_at"] for one in self._rows.opened() if one in series}

    def extents(self) -> list[SeriesExtent]:
        opened = self._rows.opened()
        return [SeriesExtent(one, opened[one][0], opened[one][-1], len(opened[one])) for one in sorted(opened)]

    def remove(self, series: Sequence[Series]) -> int:
        return self._rows.remove(series)

    def count(self) -> int:
        return self._rows.count()

    def drop(self, series: Series, opened_at: datetime) -> None:
        """Lose a bar, as only a person at the database can."""
        self._rows.drop(series, opened_at)


class FakeCorporateActions:
    """Implements CorporateActionRepository; each change happens a second after the one before, from `now` on."""

    def __init__(self, now: datetime = datetime(2013, 1, 1, tzinfo=UTC)) -> None:
        self.now = now
        self._all: list[ActionVersion] = []

    def upsert(
        self, actions: Iterable[CorporateAction], source: str, covered: Covered = NOTHING_COVERED
    ) -> UpsertCount:
        self.now += timedelta(seconds=1)
        came, count = {action.key: action for action in sorted(set(actions))}, UpsertCount()
        holding = {version.action.key: version for version in self._all if version.withdrawn_at is None}
        for key, version in holding.items():
            days = covered.get(key[0])
            if version.source == source and key not in came and days and days[0] <= key[1] <= days[1]:
                self._end(version)
        for key, action in came.items():
            old = holding.get(key)
            if old is not None and (old.action == action or (old.source == PERSON != source)):
                count += UpsertCount(unchanged=1)
                continue
            if old is not None:
                self._end(old)
            self._all.append(ActionVersion(action, source, self.now))
            count += UpsertCount(int(old is None), int(old is not None))
        return count

    def withdraw(self, instrument: Instrument, ex_date: date, kind: ActionKind) -> bool:
        self.now += timedelta(seconds=1)
        found = [one for one in self._all if one.action.key == (instrument, ex_date, kind) and one.withdrawn_at is None]
        for version in found:
            self._end(version)
        return bool(found)

    def _end(self, version: ActionVersion) -> None:
        self._all[self._all.index(version)] = version._replace(withdrawn_at=self.now)

    def read(self, instruments: Sequence[Instrument], last: date, first: date | None = None) -> list[CorporateAction]:
        wanted = set(instruments)
        return sorted(
            action
            for action, _, _, withdrawn_at in self._all
            if withdrawn_at is None
            and action.instrument in wanted
            and (first is None or first <= action.ex_date)
            and action.ex_date <= last
        )

    def changed_at(self) -> datetime | None:
        return max((at for one in self._all for at in (one.seen_at, one.withdrawn_at) if at is not None), default=None)

    def versions(
        self, instruments: Sequence[Instrument] | None = None, since: datetime | None = None
    ) -> list[ActionVersion]:
        found = [
            version
            for version in self._all
            if (instruments is None or version.action.instrument in instruments)
            and (since is None or max(version.seen_at, version.withdrawn_at or version.seen_at) > since)
        ]
        return sorted(found, key=lambda version: (version.action.key, version.seen_at))


class FakeIndicators:
    """Implements IndicatorRepository."""

    def __init__(self) -> None:
        self._rows = _Rows(INDICATOR_SCHEMA)

    def upsert(self, rows: pa.Table) -> UpsertCount:
        return self._rows.upsert(rows)

    def read(self, series: Sequence[Series], opened_at: datetime) -> pa.Table:
        return self._rows.select(series, first=opened_at, last=opened_at)

    def count(self) -> int:
        return self._rows.count()
