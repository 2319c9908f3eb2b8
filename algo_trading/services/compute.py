"""Indicators of a session, on prices adjusted as of that session."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.domain.corporate_actions import CorporateAction, adjustment_factors
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.indicators.panel import panel, validity
from algo_trading.repositories.bars import (
    INDICATOR_SCHEMA,
    INDICATORS,
    TIME,
    BarRepository,
    CorporateActionRepository,
    IndicatorRepository,
    UpsertCount,
    instrument_starts,
    split_by_instrument,
)

BATCH = 250  # instruments whose histories are in memory at once: some 100 MB for daily bars of 13 years


@dataclass(frozen=True)
class ComputeReport:
    """Rows of a session: `published` are all of them, `counts` what became of them; `missing` had no bar."""

    published: int
    counts: UpsertCount
    missing: tuple[Instrument, ...]


@dataclass(frozen=True)
class ComputeIndicators:
    """Publish one row of indicators for each instrument and session."""

    bars: BarRepository
    actions: CorporateActionRepository
    indicators: IndicatorRepository

    def __call__(self, session: date, instruments: Sequence[Instrument]) -> ComputeReport:
        """Compute and store the rows of `session`; an instrument without a bar of it has none and is named.

        Only bars and actions up to `session` are read, from the first stored bar on, so the rows are the same whenever
        this runs. An indicator that has not enough bars yet is null.
        """
        wanted = sorted(set(instruments))
        missing = set(wanted)
        counts = UpsertCount()
        for first in range(0, len(wanted), BATCH):
            rows = self._rows(session, wanted[first : first + BATCH])
            missing -= set(map(Instrument, rows["symbol"].to_pylist(), rows["venue"].to_pylist()))
            counts += self.indicators.upsert(rows)
        return ComputeReport(len(wanted) - len(missing), counts, tuple(sorted(missing)))

    def _rows(self, session: date, instruments: Sequence[Instrument]) -> pa.Table:
        bars = self.bars.read(instruments, Interval.DAY, None, session)
        table = indicator_table(with_adjusted_close(bars, self.actions.read(instruments, session)))
        return table.filter(pc.equal(table["opened_at"], pa.scalar(datetime.combine(session, time(), UTC), TIME)))


def with_adjusted_close(bars: pa.Table, actions: Sequence[CorporateAction]) -> pa.Table:
    """`bars` (sorted as `BarRepository.read` sorts) with the closes of each instrument adjusted as of its last bar."""
    of_instrument: dict[Instrument, list[CorporateAction]] = defaultdict(list)
    for action in actions:
        of_instrument[action.instrument].append(action)
    if not of_instrument or not bars.num_rows:
        return bars
    closes = [
        series.close * adjustment_factors(series, of_instrument[instrument])[0]
        for instrument, series in split_by_instrument(bars, Interval.DAY).items()
    ]
    return bars.set_column(bars.schema.get_field_index("close"), "close", pa.array(np.concatenate(closes)))


def indicator_table(bars: pa.Table, threads: int = 1) -> pa.Table:
    """Indicators of every bar, in INDICATOR_SCHEMA and the order of the bars; null until there are enough bars.

    `bars` has the columns of BAR_SCHEMA, sorted as `BarRepository.read` sorts, with closes that compare.

    Raises:
        ValueError: the bars of an instrument are not in ascending order of time.
    """
    starts = instrument_starts(bars)
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
