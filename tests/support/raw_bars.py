"""Rows as they come from a source, and batches of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import pyarrow as pa

from algo_trading.calendars import trading_calendar
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, midnight
from algo_trading.gateways.market_data import RAW_COLUMNS, RAW_SCHEMA
from algo_trading.quality.verdict import Batch, Verdict
from algo_trading.repositories.bars import BAR_SCHEMA

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)  # a Friday, an hour after the close in New York

Cells = Sequence[str | None]


def row(
    session: str | None = "2015-03-23",
    symbol: str | None = "IBM",
    prices: Cells = ("10", "12", "9", "11"),
    volume: str | None = "100",
) -> tuple[str | None, ...]:
    """A raw row without its place; open, high, low, close are `prices`."""
    return symbol, session, *prices, volume


def raw_table(rows: Iterable[Cells]) -> pa.Table:
    """A RAW_SCHEMA table whose places are `file:1`, `file:2` ..."""
    records = [
        dict(zip(RAW_COLUMNS, cells, strict=True)) | {"place": f"file:{n}"} for n, cells in enumerate(rows, start=1)
    ]
    return pa.Table.from_pylist(records, schema=RAW_SCHEMA)


def batch(
    rows: Iterable[Cells] | pa.Table,
    *,
    calendar: str = "XNYS",
    interval: Interval = Interval.DAY,
    now: datetime = NOW,
    neighbours: pa.Table | None = None,
    actions: Sequence[CorporateAction] = (),
    expected: Mapping[Instrument, tuple[datetime, datetime]] | None = None,
) -> Batch:
    """A batch to be judged."""
    return Batch(
        rows=rows if isinstance(rows, pa.Table) else raw_table(rows),
        source="test",
        name="batch",
        calendar=trading_calendar(calendar),
        interval=interval,
        now=now,
        neighbours=BAR_SCHEMA.empty_table() if neighbours is None else neighbours,
        actions=actions,
        expected=expected,
    )


def reasons_by_line(verdict: Verdict) -> dict[int, str]:
    """Why each line of `raw_table` was refused."""
    return {int(row.place.split(":")[1]): row.reason for row in verdict.quarantined}


def sessions(first: str, count: int, calendar: str = "XNYS") -> list[str]:
    """ISO dates of `count` sessions from `first` on."""
    calendar_of = trading_calendar(calendar)
    days = calendar_of.periods(Interval.DAY, midnight(date.fromisoformat(first)), midnight(calendar_of.last))
    return [period.key for period in days[:count]]
