"""Periods that are missing between those that are there."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.domain.time import array_time, moment_of, period_key
from algo_trading.quality.verdict import Batch


def find_gaps(good: pa.Table, batch: Batch) -> dict[str, tuple[str, ...]]:
    """Keys of closed periods of which a symbol has neither a good bar nor a stored one.

    `good` is as of a Verdict. Without `batch.expected` a symbol's range is from its first good bar to its last.
    """
    calendar, expected = batch.calendar, batch.expected
    neighbours = batch.neighbours.filter(pc.equal(batch.neighbours["venue"], calendar.venue))
    bars = pa.concat_tables([table.select(["symbol", "opened_at"]) for table in (good, neighbours)])
    opened = bars["opened_at"].to_numpy().astype("datetime64[us]")
    spans = np.array([[array_time(end) for end in span] for span in (expected or {}).values()], "datetime64[us]")
    spans = spans.reshape(-1, 2)
    known = np.concatenate((opened[: good.num_rows], spans.ravel()))
    if not len(known):
        return {}
    begin, end = (day.astype("datetime64[D]").item() for day in (known.min(), known.max()))
    periods = calendar.table(batch.interval, begin, end).opened_at
    wanted = pa.array([instrument.symbol for instrument in expected or ()], pa.string())
    encoded = pa.chunked_array([*bars["symbol"].chunks, wanted]).combine_chunks().dictionary_encode()
    series = encoded.indices.to_numpy()
    position = np.searchsorted(periods, opened)
    # What lies outside of the table is no period of it.
    inside_table = (opened >= periods[0]) & (opened <= periods[-1]) if len(periods) else np.zeros(len(opened), bool)

    first = np.full(len(encoded.dictionary), len(periods))
    last = np.full(len(encoded.dictionary), -1)
    if expected is None:
        np.minimum.at(first, series[: good.num_rows], position[: good.num_rows])
        np.maximum.at(last, series[: good.num_rows], position[: good.num_rows])
    else:
        first[series[bars.num_rows :]] = np.searchsorted(periods, spans[:, 0])
        last[series[bars.num_rows :]] = np.searchsorted(periods, spans[:, 1], side="right") - 1
    newest = calendar.newest_closed(batch.interval, batch.now).opened_at
    last = np.minimum(last, np.searchsorted(periods, array_time(newest), side="right") - 1)

    series = series[: bars.num_rows]
    inside = inside_table & (position >= first[series]) & (position <= last[series])
    there = np.sort(series[inside] * len(periods) + position[inside])
    there = there[np.diff(there, prepend=-1) > 0]
    present = np.bincount(there // max(len(periods), 1), minlength=len(first))
    gaps: dict[str, tuple[str, ...]] = {}
    for code in np.flatnonzero(present < last - first + 1).tolist():
        whole = np.arange(first[code], last[code] + 1)
        missing = np.setdiff1d(code * len(periods) + whole, there, assume_unique=True) - code * len(periods)
        gaps[encoded.dictionary[code].as_py()] = tuple(
            period_key(batch.interval, moment_of(periods[row])) for row in missing
        )
    return gaps
