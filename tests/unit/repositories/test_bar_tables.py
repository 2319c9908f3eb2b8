"""Tables of bars of many instruments: where one ends and the next begins."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.repositories.bars import (
    BAR_SCHEMA,
    SeriesDigest,
    bars_table,
    digests_of,
    series_starts,
    split_by_series,
    with_digests,
)
from support.bar_series import FIRST_DAY, bars_of, random_walk

pytestmark = pytest.mark.unit


def table_of(lengths: list[int]) -> pa.Table:
    """Instruments A000, A001 ... with so many bars; each begins later than the one before ends, or long before."""
    return bars_table(
        bars_of(random_walk(n, seed), f"A{seed:03}", FIRST_DAY + np.timedelta64(seed * 3 - 500 * (seed % 2), "D"))
        for seed, n in enumerate(lengths)
    )


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(1, 4), st.integers(60, 70), st.integers(120, 300)), max_size=8), st.booleans())
def test_starts_are_found_and_series_come_back(lengths: list[int], chunked: bool) -> None:
    table = table_of(lengths) if chunked else table_of(lengths).combine_chunks()
    assert series_starts(table).tolist() == [0, *np.cumsum(lengths).tolist()]
    series = split_by_series(table)
    assert [(bars.instrument.symbol, len(bars)) for bars in series.values()] == [
        (f"A{seed:03}", n) for seed, n in enumerate(lengths)
    ]
    assert bars_table(series.values()).equals(table)


def test_a_symbol_on_two_venues_is_two_instruments() -> None:
    table = bars_table([bars_of([1.0, 2.0])])
    other = table.set_column(1, "venue", pa.array(["XPAR", "XPAR"]))
    series = split_by_series(pa.concat_tables([table, other]))
    assert list(series) == [Series(Instrument("TEST", "XNYS")), Series(Instrument("TEST", "XPAR"))]


@pytest.mark.parametrize("order", [[0, 2, 1, 3], [0, 0, 1, 2], [3, 2, 1, 0]])
def test_bars_out_of_order_are_refused(order: list[int]) -> None:
    table = bars_table([bars_of([1.0, 2.0, 3.0, 4.0])]).take(order)
    with pytest.raises(ValueError, match="TEST: bars are not in ascending order of time, or one is there twice"):
        series_starts(table)


def test_an_empty_table_has_no_instruments() -> None:
    assert series_starts(BAR_SCHEMA.empty_table()).tolist() == [0]
    assert split_by_series(BAR_SCHEMA.empty_table()) == {}


def test_digests_make_the_same_metadata_whatever_their_order() -> None:
    """A database groups in any order, and files of the same bars are to be the same."""
    digests = {Series(Instrument(symbol)): SeriesDigest(1, ord(symbol)) for symbol in "CAB"}
    backwards = dict(reversed(digests.items()))
    one, other = (with_digests(table_of([1]), found) for found in (digests, backwards))
    assert one.schema.metadata == other.schema.metadata
    assert list(digests_of(one.schema)) == ["A", "B", "C"]
