"""Repositories of bars, corporate actions and indicators in memory."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.repositories.bars import BAR_SCHEMA, INDICATOR_SCHEMA, UpsertCount

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
        for row in table.select(self._schema.names).to_pylist():
            old = self.rows.get(_key(row))
            self.rows[_key(row)] = row
            same = old is not None and all(_same(old[name], row[name]) for name in row)
            count += UpsertCount(int(old is None), int(old is not None and not same), int(same))
        return count

    def select(self, instruments: Iterable[Instrument] | None, interval: Interval, **bounds: Any) -> pa.Table:
        wanted = None if instruments is None else {(i.venue, i.symbol) for i in instruments}
        found = [
            row
            for key, row in sorted(self.rows.items())
            if (wanted is None or key[:2] in wanted)
            and key[2] == interval
            and (bounds.get("venue") is None or key[0] == bounds["venue"])
            and (bounds.get("first") is None or key[3].date() >= bounds["first"])
            and (bounds.get("last") is None or key[3].date() <= bounds["last"])
        ]
        return pa.Table.from_pylist(found, schema=self._schema)


class FakeBars:
    """Implements BarRepository."""

    def __init__(self) -> None:
        self._rows = _Rows(BAR_SCHEMA)

    def upsert(self, bars: pa.Table, source: str) -> UpsertCount:  # noqa: ARG002 - the source does not matter here
        return self._rows.upsert(bars)

    def read(
        self, instruments: Sequence[Instrument], interval: Interval, first: date | None, last: date | None
    ) -> pa.Table:
        return self._rows.select(instruments, interval, first=first, last=last)

    def read_venue(self, venue: str, interval: Interval, first: date, last: date) -> pa.Table:
        return self._rows.select(None, interval, venue=venue, first=first, last=last)

    def newest_before(
        self, instruments: Sequence[Instrument], interval: Interval, before: date
    ) -> Mapping[Instrument, date]:
        wanted = set(instruments)
        newest: dict[Instrument, date] = {}
        for venue, symbol, length, opened_at in sorted(self._rows.rows):
            instrument = Instrument(symbol, venue)
            if instrument in wanted and length == interval and opened_at.date() < before:
                newest[instrument] = opened_at.date()
        return newest

    def instruments(self, interval: Interval) -> list[Instrument]:
        found = {(venue, symbol) for venue, symbol, length, _ in self._rows.rows if length == interval}
        return [Instrument(symbol, venue) for venue, symbol in sorted(found)]

    def first_closes(self, instruments: Sequence[Instrument], interval: Interval) -> Mapping[Instrument, datetime]:
        closes: dict[Instrument, datetime] = {}
        for (venue, symbol, length, _), row in sorted(self._rows.rows.items(), key=lambda item: item[0]):
            if Instrument(symbol, venue) in instruments and length == interval:
                closes.setdefault(Instrument(symbol, venue), row["closed_at"])
        return closes

    def count(self) -> int:
        return len(self._rows.rows)


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

    def read(self, instruments: Sequence[Instrument], interval: Interval, session: date) -> pa.Table:
        return self._rows.select(instruments, interval, first=session, last=session)

    def count(self) -> int:
        return len(self._rows.rows)
