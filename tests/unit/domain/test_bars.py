"""A series of bars is in order and of one length."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.instrument import Instrument
from support.bar_series import bars_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("column", ["closed_at", *COLUMNS])
def test_every_column_has_the_length_of_the_times(column: str) -> None:
    bars = bars_of([1, 2, 3])
    with pytest.raises(ValueError, match=f"TEST: {column} has 2 values for 3 bars"):
        replace(bars, **{column: getattr(bars, column)[:2]})


def test_features_have_it_too() -> None:
    with pytest.raises(ValueError, match="TEST: sentiment has 2 values for 3 bars"):
        replace(bars_of([1, 2, 3]), features={"sentiment": np.zeros(2)})


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 2, 1], [0, 0, 1], [2, 1, 0]])
def test_times_ascend(order: list[int]) -> None:
    bars = bars_of([1, 2, 3])
    with pytest.raises(ValueError, match="not in ascending order of time, or one is there twice"):
        replace(bars, opened_at=bars.opened_at[order])


def test_sessions_are_dates() -> None:
    bars = bars_of([1, 2, 3])
    assert bars.sessions.astype(str).tolist() == ["2000-01-03", "2000-01-04", "2000-01-05"]
    assert (bars.session(0), bars.session(-1)) == (date(2000, 1, 3), date(2000, 1, 5))
    with pytest.raises(IndexError):
        bars.session(3)


def test_a_slice_is_a_view_with_its_features() -> None:
    bars = replace(bars_of([1, 2, 3, 4]), features={"sentiment": np.arange(4.0)})
    part = bars[1:3]
    assert isinstance(part, Bars)
    assert len(part) == 2
    assert part.close.tolist() == [2, 3]
    assert part.features["sentiment"].tolist() == [1, 2]
    assert all(np.shares_memory(getattr(part, name), getattr(bars, name)) for name in ("opened_at", *COLUMNS))
    assert [len(bars[window]) for window in (slice(0), slice(-1, None), slice(9, None), slice(None))] == [0, 1, 0, 4]


def test_no_bars_are_bars() -> None:
    bars = bars_of([])
    assert len(bars) == 0
    assert bars.sessions.tolist() == []


def test_an_instrument_is_told_by_its_symbol_and_kept_apart_by_its_venue() -> None:
    assert str(Instrument("IBM")) == "IBM"
    assert Instrument("IBM") != Instrument("IBM", "XLON")
    assert Instrument("A", "24/7") < Instrument("A", "XNYS") < Instrument("B")
