"""Indicators of a period, on prices adjusted as of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.domain.corporate_actions import CorporateAction, factors_of
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Period
from algo_trading.indicators.panel import MEMORY, panel, validity
from algo_trading.repositories.bars import (
    INDICATOR_SCHEMA,
    INDICATORS,
    TIME,
    BarRepository,
    CorporateActionRepository,
    IndicatorRepository,
    UpsertCount,
    series_of,
    series_starts,
)

BATCH = 250  # series whose bars are in memory at once: some 30 MB


@dataclass(frozen=True)
class ComputeReport:
    """Rows of a period: `published` are all of them, `counts` what became of them; `missing` had no bar."""

    published: int
    counts: UpsertCount
    missing: tuple[Series, ...]


@dataclass(frozen=True)
class ComputeIndicators:
    """Publish one row of indicators for each series and period."""

    bars: BarRepository
    actions: CorporateActionRepository
    indicators: IndicatorRepository

    def __call__(self, period: Period, series: Sequence[Series]) -> ComputeReport:
        """Compute and store the rows of `period`; a series without a bar of it has none and is named.

        Only bars and actions up to `period` are read, so the rows are the same whenever this runs, and of the bars
        no more than the indicators remember: with all of them the rows agree but for their last digits. An indicator
        that has not enough bars yet is null.
        """
        return self.over([period], series)

    def over(self, periods: Sequence[Period], series: Sequence[Series]) -> ComputeReport:
        """As for one period, of consecutive ones of the same date; their bars are read once.

        `missing` are the series without any bar of these periods.
        """
        wanted = sorted(set(series))
        missing = set(wanted)
        published, counts = 0, UpsertCount()
        for first in range(0, len(wanted), BATCH):
            rows = self._rows(periods, wanted[first : first + BATCH])
            published += rows.num_rows
            missing -= set(series_of(rows))
            counts += self.indicators.upsert(rows)
        return ComputeReport(published, counts, tuple(sorted(missing)))

    def _rows(self, periods: Sequence[Period], series: Sequence[Series]) -> pa.Table:
        first, last = periods[0], periods[-1]
        bars = self.bars.read_closes(series, last.opened_at, MEMORY + len(periods) - 1)
        if not bars.num_rows:
            return INDICATOR_SCHEMA.empty_table()
        instruments = sorted({one.instrument for one in series})
        actions = self.actions.read(instruments, last.date, pc.min(bars["opened_at"]).as_py().date())
        table = indicator_table(with_adjusted_close(bars, actions))
        return table.filter(pc.greater_equal(table["opened_at"], pa.scalar(first.opened_at, TIME)))


def with_adjusted_close(bars: pa.Table, actions: Sequence[CorporateAction]) -> pa.Table:
    """`bars` (sorted as `BarRepository.read` sorts) with the closes of each instrument adjusted as of its last bar."""
    of_instrument: dict[Instrument, list[CorporateAction]] = defaultdict(list)
    for action in actions:
        of_instrument[action.instrument].append(action)
    if not of_instrument or not bars.num_rows:
        return bars
    starts, closes = series_starts(bars), bars["close"].to_numpy().copy()
    sessions = bars["opened_at"].cast(pa.timestamp("us")).to_numpy().astype("datetime64[D]")
    for series, start, end in zip(series_of(bars.take(pa.array(starts[:-1]))), starts, starts[1:], strict=False):
        due = of_instrument.get(series.instrument)
        if due:
            closes[start:end] *= factors_of(sessions[start:end], closes[start:end], due)[0]
    return bars.set_column(bars.schema.get_field_index("close"), "close", pa.array(closes))


def indicator_table(bars: pa.Table, threads: int = 1) -> pa.Table:
    """Indicators of every bar, in INDICATOR_SCHEMA and the order of the bars; null until there are enough bars.

    `bars` has the columns of CLOSE_SCHEMA, sorted as `BarRepository.read` sorts, with closes that compare.

    Raises:
        ValueError: the bars of an instrument are not in ascending order of time.
    """
    starts = series_starts(bars)
    closes = bars["close"].to_numpy()
    size = closes.nbytes
    memory = pa.allocate_buffer(len(INDICATORS) * size)  # of Arrow's pool, which keeps it for the next table
    columns = panel(closes, starts, np.ndarray((len(INDICATORS), len(closes)), buffer=memory), threads)
    arrays = [
        pa.Array.from_buffers(pa.float64(), len(closes), [pa.py_buffer(valid), memory.slice(k * size, size)])
        for k, valid in enumerate(validity(closes, starts, columns))
    ]
    keys = [bars[name] for name in INDICATOR_SCHEMA.names[: -len(INDICATORS)]]
    return pa.table([*keys, *arrays], schema=INDICATOR_SCHEMA)
