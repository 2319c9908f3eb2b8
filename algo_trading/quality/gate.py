"""The gate through which every bar comes in."""

from collections import Counter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from algo_trading.domain.bars import COLUMNS, TURNOVER
from algo_trading.domain.quality import QualityResult, QuarantinedRow
from algo_trading.domain.time import moment_of, period_key
from algo_trading.quality.bar_rules import SERIES, SUITE, VALUES, Reason
from algo_trading.quality.columns import series_columns, value_columns
from algo_trading.quality.gaps import find_gaps
from algo_trading.quality.parse import Parsed, parse_rows
from algo_trading.quality.rules import Columns, Suite, is_none, nothing, spread
from algo_trading.quality.verdict import Batch, FaultPages, NoPages, Verdict
from algo_trading.repositories.bars import BAR_SCHEMA, TIME, TURNOVER_SCHEMA


class BarGate:
    """Implements Gate; what is held back is shown on `pages`."""

    def __init__(self, pages: FaultPages = NoPages()) -> None:  # noqa: B008 - has no state
        self._pages = pages

    def judge(self, batch: Batch) -> Verdict:
        """Good rows of a batch, and the others with their reasons."""
        parsed = parse_rows(batch.rows, batch.interval)
        reasons, closed_at, split = self._reasons(batch, parsed)
        is_good = is_none(reasons)
        good = _bars(batch, parsed, np.flatnonzero(is_good), closed_at)
        quarantined = _quarantined(batch, parsed, np.flatnonzero(~is_good), reasons, split)
        counts = Counter(str(reason) for reason in reasons[~is_good])
        result = QualityResult(
            suite=SUITE,
            source=batch.source,
            batch=batch.name,
            evaluated=len(parsed),
            passed=good.num_rows,
            expectations={str(reason): counts[reason] for reason in Reason},
            gaps=find_gaps(good, batch),
        )
        return Verdict(good, quarantined, result)

    def _reasons(
        self, batch: Batch, parsed: Parsed
    ) -> tuple[NDArray[np.object_], NDArray[np.datetime64], NDArray[np.object_]]:
        """The first broken rule of each row (None: none); where it got that far, its close and its likely split."""
        closed_at = np.full(len(parsed), np.datetime64("NaT", "us"))
        split = nothing(len(parsed))
        if not len(parsed):
            return np.empty(0, dtype=object), closed_at, split
        reasons = self._ask(VALUES, value_columns(parsed, batch.calendar.venue), batch)
        valid = np.flatnonzero(is_none(reasons))
        if len(valid):
            columns = series_columns(batch, parsed.take(valid))
            closed_at[valid] = columns["closed_at"]
            split = spread(columns["split"], split, valid)
            reasons = spread(self._ask(SERIES, columns, batch), reasons, valid)
        return reasons, closed_at, split

    def _ask(self, suite: Suite, columns: Columns, batch: Batch) -> NDArray[np.object_]:
        reasons = suite.first_broken(columns)
        if not is_none(reasons).all():
            self._pages.add(batch.name, suite, columns, reasons, batch.now)
        return reasons


def _bars(batch: Batch, parsed: Parsed, rows: NDArray[np.int64], closed_at: NDArray[np.datetime64]) -> pa.Table:
    """These rows, sorted by symbol and time."""
    bars = parsed.take(rows)
    symbols = np.array(bars.names.dictionary.to_pylist(), dtype=object)
    place = np.empty(len(symbols), dtype=np.int64)
    place[np.argsort(symbols)] = np.arange(len(symbols))
    order = np.lexsort((bars.opened_at, place[bars.names.indices.to_numpy()]))
    if (np.diff(order) != 1).any():
        rows = rows[order]
        bars = parsed.rearranged(rows)
    venue, interval = (pa.repeat(text, len(rows)).cast(pa.string()) for text in (batch.calendar.venue, batch.interval))
    table = pa.table(
        [
            bars.names.cast(pa.string()),
            venue,
            interval,
            pa.array(bars.opened_at).cast(TIME),
            pa.array(closed_at[rows]).cast(TIME),
            *(pa.array(bars.numbers[name]) for name in COLUMNS),
        ],
        schema=BAR_SCHEMA,
    )
    if parsed.turnover:
        unknown = np.full(len(rows), np.nan)
        for name in TURNOVER:
            values = bars.turnover.get(name, unknown)
            table = table.append_column(TURNOVER_SCHEMA.field(name), pa.array(values, from_pandas=True))
    return table


def _quarantined(
    batch: Batch,
    parsed: Parsed,
    rows: NDArray[np.int64],
    reasons: NDArray[np.object_],
    split: NDArray[np.object_],
) -> tuple[QuarantinedRow, ...]:
    return tuple(
        QuarantinedRow(
            source=batch.source,
            place=cells.pop("place") or "",
            symbol=parsed.symbol[row] or cells["symbol"] or "",
            session=_period(batch, parsed, row) or cells["session"] or "",
            reason=str(reasons[row]),
            row={name: text or "" for name, text in cells.items()} | _to_decide(batch, reasons[row], split[row]),
        )
        for row, cells in zip(rows.tolist(), batch.rows.take(rows).to_pylist(), strict=True)
    )


def _to_decide(batch: Batch, reason: str, split: str | None) -> dict[str, str]:
    """What a person has to know who decides on a row, beside the row."""
    return {"venue": batch.calendar.venue, "likely": split or ""} if reason == Reason.UNTOLD_SPLIT else {}


def _period(batch: Batch, parsed: Parsed, row: int) -> str:
    opened_at = parsed.opened_at[row]
    return "" if np.isnat(opened_at) else period_key(batch.interval, moment_of(opened_at))
