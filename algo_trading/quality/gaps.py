"""Sessions that are missing between those that are there."""

from collections.abc import Mapping
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.calendars import MarketCalendar
from algo_trading.domain.instrument import Instrument


def find_gaps(
    good: pa.Table,
    stored: pa.Table,
    expected: Mapping[Instrument, tuple[date, date]] | None,
    calendar: MarketCalendar,
    now: datetime,
) -> dict[str, tuple[date, ...]]:
    """Sessions of `calendar`, closed by `now`, of which a symbol has neither a good bar nor a stored one.

    Both tables have BAR_SCHEMA. Without `expected` a symbol's range is from its first good bar to its last.
    """
    days = calendar.dates
    bars = pa.concat_tables([good, stored.filter(pc.equal(stored["venue"], calendar.code))])
    wanted = pa.array([instrument.symbol for instrument in expected or ()], pa.string())
    encoded = pa.chunked_array([*bars["symbol"].chunks, wanted]).combine_chunks().dictionary_encode()
    series = encoded.indices.to_numpy()
    position = np.searchsorted(days, bars["opened_at"].to_numpy().astype("datetime64[D]"))

    first = np.full(len(encoded.dictionary), len(days))
    last = np.full(len(encoded.dictionary), -1)
    if expected is None:
        np.minimum.at(first, series[: good.num_rows], position[: good.num_rows])
        np.maximum.at(last, series[: good.num_rows], position[: good.num_rows])
    else:
        spans = np.array(list(expected.values()), "datetime64[D]").reshape(-1, 2)
        first[series[bars.num_rows :]] = np.searchsorted(days, spans[:, 0])
        last[series[bars.num_rows :]] = np.searchsorted(days, spans[:, 1], side="right") - 1
    last = np.minimum(last, np.searchsorted(days, np.datetime64(calendar.newest_closed(now).date, "D")))

    series = series[: bars.num_rows]
    inside = (position >= first[series]) & (position <= last[series])
    there = np.sort(series[inside] * len(days) + position[inside])
    there = there[np.diff(there, prepend=-1) > 0]
    present = np.bincount(there // len(days), minlength=len(first))
    gaps: dict[str, tuple[date, ...]] = {}
    for code in np.flatnonzero(present < last - first + 1).tolist():
        whole = np.arange(first[code], last[code] + 1)
        missing = np.setdiff1d(code * len(days) + whole, there, assume_unique=True) - code * len(days)
        gaps[encoded.dictionary[code].as_py()] = tuple(days[missing].tolist())
    return gaps
