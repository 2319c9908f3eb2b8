"""Rows of files under the names that their instruments have now."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from algo_trading.domain.names import FormerName
from algo_trading.domain.time import Interval
from algo_trading.quality.parse import parse_opened, parse_symbols


class SymbolsOverTime:
    """Gives rows the symbols of now; a symbol means the renamed instrument before the date of its new name alone."""

    def __init__(self, names: Sequence[FormerName]) -> None:
        self._names = sorted(names, key=lambda one: one.until)

    def __call__(
        self, rows: pa.Table, venue: str, interval: Interval, found: Counter[tuple[FormerName, bool]]
    ) -> pa.Table:
        """`rows` (RAW_SCHEMA) of a venue; counts those under former names in `found`, by whether these counted then."""
        names = [one for one in self._names if one.instrument.venue == venue]
        if not names or not len(rows):
            return rows
        symbols, _ = parse_symbols(rows["symbol"])
        if not set(symbols.tolist()) & {one.instrument.symbol for one in names}:
            return rows
        opened, _ = parse_opened(rows["session"], interval)
        after, named = symbols.copy(), rows["symbol"].to_numpy(zero_copy_only=False).copy()
        for one in names:  # of a symbol that was freed twice the earlier name first
            had = (after == one.instrument.symbol) & ~np.isnat(opened)
            before = had & (opened.astype("datetime64[D]") < np.datetime64(one.until))
            named[before], after[before] = one.now.symbol, None
            found.update({(one, True): int(before.sum())})
        for one in {one.instrument: one for one in names}.values():
            left = after == one.instrument.symbol
            found.update({(one, False): int(left.sum())})
        for key in [key for key, count in found.items() if not count]:
            del found[key]
        return rows.set_column(rows.schema.get_field_index("symbol"), "symbol", pa.array(named, pa.string()))
