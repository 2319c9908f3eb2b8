"""Bars that came are judged; good ones are stored, the others held back, and the source's offset moves, all at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.calendars import Calendars, TradingCalendar
from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.quality import QuarantinedRow
from algo_trading.domain.time import Interval, array_time, midnight, moment_of
from algo_trading.gateways.clock import Clock
from algo_trading.quality.bar_rules import Reason
from algo_trading.quality.parse import parse_opened
from algo_trading.quality.verdict import Batch, Gate, Verdict
from algo_trading.repositories.bars import KEYS, TIME, BarRepository, CorporateActionRepository, Covered
from algo_trading.repositories.batches import BatchRepository, JudgedBars, StreamOffset
from algo_trading.repositories.quality import QuarantineRepository

NEIGHBOURS = timedelta(days=15)  # around daily bars
ALIKE = 0.01  # by which the closes of two sources may differ that confirm each other
Asked = tuple[datetime | None, datetime]


@dataclass(frozen=True)
class BarBatch:
    """Bars of one venue and interval as a source gave them; a pulling source and one that pushes make the same.

    `rows` (RAW_SCHEMA) are of some of `series`. `name` tells the batch among those of the source.
    `asked` is from when to when (by the openings of bars; None: from the first that there is) each series was asked
    for: a bar that is missing there is a gap. Where `asked` is None, all that is missing between the first and the
    last good row of a series is; where it is empty, nothing.

    `errors` are sentences about series that the source could not answer for. A source that pushes gives the `offset`
    behind the batch; that of one that pulls is the newest stored bar of a series. With `record` off no verdict is
    stored: for a caller who sums up several batches.
    """

    source: str
    name: str
    venue: str
    interval: Interval
    series: Sequence[Series]
    rows: pa.Table
    actions: Sequence[CorporateAction] = ()
    asked: Mapping[Series, Asked] | None = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    offset: StreamOffset | None = None
    record: bool = True


@dataclass(frozen=True)
class AcceptedBars:
    """The verdict, which of its good rows were not stored like this before, and how many were written."""

    verdict: Verdict
    changed: NDArray[np.bool_]
    stored: int

    @property
    def unchanged(self) -> int:
        """Good rows that were there as they are."""
        return len(self.verdict.good) - self.stored


@dataclass(frozen=True)
class AcceptBars:
    """The one way in for bars."""

    gate: Gate
    bars: BarRepository
    actions: CorporateActionRepository
    batches: BatchRepository
    quarantine: QuarantineRepository
    calendars: Calendars
    clock: Clock

    def __call__(self, batch: BarBatch) -> AcceptedBars:
        """Judge the rows against stored bars, and store in one transaction all that comes of it.

        The same batch again changes nothing.
        """
        calendar, interval = self.calendars(batch.venue), batch.interval
        around = NEIGHBOURS if not interval.intraday else 15 * interval.length + timedelta(days=1)
        first, last = _extent(batch, calendar)
        first, last = first - around, last + around
        read = self.bars.read_turnover if TURNOVER[0] in batch.rows.column_names else self.bars.read
        neighbours = read(batch.series, first, last)
        stored = self.actions.read(sorted({one.instrument for one in batch.series}), last.date(), first.date())
        judged = Batch(
            rows=batch.rows,
            source=batch.source,
            name=batch.name,
            calendar=calendar,
            interval=interval,
            now=self.clock.now(),
            neighbours=neighbours,
            actions=_newest([*stored, *batch.actions]),
            expected=None if batch.asked is None else _expected(batch, batch.asked, neighbours),
        )
        verdict = self.gate.judge(judged)
        if believed := self._confirmed(batch.source, verdict.quarantined):
            verdict = self.gate.judge(replace(judged, believed=believed))
        changed = differing(verdict.good, neighbours)
        count = self.batches.store_bars(
            JudgedBars(
                source=batch.source,
                good=verdict.good if changed.all() else verdict.good.filter(pa.array(changed)),
                actions=batch.actions,
                covered=_covered(batch, stored),
                quarantined=verdict.quarantined,
                result=replace(verdict.result, errors=batch.errors) if batch.record else None,
                offset=batch.offset,
            )
        )
        return AcceptedBars(verdict, changed, count.stored)

    def _confirmed(self, source: str, rows: Sequence[QuarantinedRow]) -> set[tuple[str, date]]:
        """Which of the rows that look like an untold split another source gave alike: neither knows of any split."""
        held = {(row.symbol, row.session): row for row in rows if row.reason == Reason.UNTOLD_SPLIT}
        if not held:
            return set()
        others = self.quarantine.of_symbols({symbol for symbol, _ in held}, Reason.UNTOLD_SPLIT)
        return {
            (row.symbol, date.fromisoformat(row.session))
            for row in others
            if row.source != source and (row.symbol, row.session) in held and _alike(row, held[row.symbol, row.session])
        }


def _alike(one: QuarantinedRow, other: QuarantinedRow) -> bool:
    closes = [float(row.row["close"]) for row in (one, other)]
    return one.row["venue"] == other.row["venue"] and abs(closes[0] / closes[1] - 1) <= ALIKE


def differing(good: pa.Table, stored: pa.Table) -> NDArray[np.bool_]:
    """Which rows of `good` are not among `stored` as they are; a null of TURNOVER says nothing that could differ."""
    stored = _among(good, stored)
    if not len(stored):
        return np.ones(len(good), dtype=bool)
    keys = [*KEYS, "opened_at"]
    values = [name for name in good.column_names if name not in keys]
    before = stored.rename_columns([name if name in keys else f"{name} before" for name in stored.column_names])
    row = pa.array(np.arange(len(good)))
    joined = good.append_column("row", row).join(before, keys, join_type="left outer").sort_by("row")
    same = np.ones(len(good), dtype=bool)
    for name in values:
        alike = pc.equal(joined[name], joined[f"{name} before"]).fill_null(fill_value=False)
        same &= (pc.or_(alike, pc.is_null(joined[name])) if name in TURNOVER else alike).to_numpy()
    return ~same


def _among(good: pa.Table, stored: pa.Table) -> pa.Table:
    """Those of `stored` that opened between the first and the last row of `good`."""
    span = pc.min_max(good["opened_at"])
    if not len(good) or not len(stored):
        return stored.slice(0, 0)
    opened = stored["opened_at"]
    return stored.filter(pc.and_(pc.greater_equal(opened, span["min"]), pc.less_equal(opened, span["max"])))


def _extent(batch: BarBatch, calendar: TradingCalendar) -> tuple[datetime, datetime]:
    """From when to when the bars open that were asked for, or else that came, as far as the calendar reaches."""
    asked = (batch.asked or {}).values()
    firsts = [first for first, _ in asked if first is not None]
    ends = [*firsts, *(last for _, last in asked)]
    if not asked or len(firsts) < len(asked):
        opened = _opened(batch.rows, batch.interval)
        earliest, latest = (array_time(midnight(day)) for day in (calendar.first, calendar.last))
        known = np.clip(opened[~np.isnat(opened)].astype("datetime64[us]"), earliest, latest)
        ends += [moment_of(known.min()), moment_of(known.max())] if len(known) else []
    return min(ends, default=midnight(calendar.last)), max(ends, default=midnight(calendar.last))


def _opened(rows: pa.Table, interval: Interval) -> NDArray[np.datetime64]:
    return parse_opened(rows["session"], interval)[0]


def _covered(batch: BarBatch, stored: Sequence[CorporateAction]) -> Covered:
    """The days of which the batch must tell every action that its source knows: those of the bars that came.

    The first one is left out, for an action may show as a change from the bar before. Nothing is covered of instruments
    of which nothing that is stored is missing.
    """
    told = {action.key for action in batch.actions}
    missing = {action.instrument for action in stored if action.key not in told}
    asked = {one.instrument for one in batch.asked or ()} & missing
    if not asked or batch.interval.intraday:
        return {}
    opened, symbols = _opened(batch.rows, batch.interval), batch.rows["symbol"].to_numpy()
    covered: dict[Instrument, tuple[date, date]] = {}
    for instrument in asked:
        days = np.unique(opened[(symbols == instrument.symbol) & ~np.isnat(opened)].astype("datetime64[D]"))
        if len(days) > 1:
            covered[instrument] = days[1].item(), days[-1].item()
    return covered


def _newest(actions: Sequence[CorporateAction]) -> list[CorporateAction]:
    """Of several with the same key the last."""
    by_key = {action.key: action for action in actions}
    return sorted(by_key.values())


def _expected(
    batch: BarBatch, asked: Mapping[Series, Asked], neighbours: pa.Table
) -> dict[Instrument, tuple[datetime, datetime]]:
    """Where a missing bar of an instrument is a gap: a series without a bar before has none before its first."""
    given = pa.table({"symbol": batch.rows["symbol"], "opened_at": pa.array(_opened(batch.rows, batch.interval))})
    stored, came = _oldest(neighbours), _oldest(given.cast(pa.schema([given.schema.field(0), ("opened_at", TIME)])))
    expected: dict[Instrument, tuple[datetime, datetime]] = {}
    for series, (first, last) in asked.items():
        before = stored.get(series.symbol)
        known = first is not None and before is not None and before < first
        expected[series.instrument] = (first if first is not None and known else came.get(series.symbol, last), last)
    return expected


def _oldest(bars: pa.Table) -> dict[str, datetime]:
    """When the oldest bar of each symbol opened; unreadable times do not count."""
    found = bars.group_by("symbol").aggregate([("opened_at", "min")])
    oldest = zip(found["symbol"].to_pylist(), found["opened_at_min"].to_pylist(), strict=True)
    return {symbol: opened for symbol, opened in oldest if opened is not None}
