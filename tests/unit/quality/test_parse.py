"""Text into numbers and dates."""

import math
from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.time import Interval, array_time
from algo_trading.quality.parse import (
    MISSING,
    parse_dates,
    parse_moments,
    parse_numbers,
    parse_rows,
    parse_symbols,
)
from algo_trading.quality.rules import is_none
from support.raw_bars import raw_table, row

pytestmark = pytest.mark.unit


def column(*cells: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(cells, pa.string())])


@pytest.mark.parametrize(
    "text",
    [
        "2015-03-02",
        "20150302",
        "2015/03/02",
        "2015-3-2",
        "2015/3/2",
        "03/02/2015",
        "3/2/2015",
        " 2015-03-02 ",
        "2015-03-02 00:00:00",
        "2015-03-02T16:30",
        "2015-03-02 00:00:00+09:00",
        "2015-03-02 00:00:00-05:00",
        "2015-03-02T05:00:00Z",
        "2015-03-02T05:00:00.123456+0000",
        "2015-03-02 05:00:00 UTC",
        "20150302 16:30",
        "2015-03-02 23:59:59.999999999+15:02:19",
        "2015-03-02 0:00-12",
    ],
)
def test_a_date_counts_as_written(text: str) -> None:
    found, wrong = parse_dates(column(text))
    assert found[0].item() == date(2015, 3, 2)
    assert not wrong[0]


@pytest.mark.parametrize(
    "text",
    [
        *("soon", "2015-02-29", "20151301", "13/01/2015", "2015/03-02", "2015-03-02x", "1425254400", "2015"),
        *("٢٠١٥-٠٣-٠٢", "2015-03-02 24:00", "2015-03-02 25:00:00", "2015-03-02 12:60", "2015-03-02 12:00:60"),
        *("2015-03-02 00:00:00+99:99", "2015-03-02 00:00:00+16:00", "2015-03-02 00:00:00-05:60"),
    ],
)
def test_what_is_not_a_date_is_named_and_not_guessed(text: str) -> None:
    found, wrong = parse_dates(column(text, "2015-03-02"))
    assert wrong.tolist() == [True, False]
    assert found[0].item() is None


@pytest.mark.parametrize("text", [None, *MISSING, "NaN", " ", "NULL", "N/A", "None"])
def test_nothing_is_missing_and_not_wrong(text: str | None) -> None:
    dates, wrong_dates = parse_dates(column(text))
    numbers, wrong_numbers = parse_numbers(column(text))
    assert dates[0].item() is None
    assert math.isnan(numbers[0])
    assert not wrong_dates[0]
    assert not wrong_numbers[0]


@pytest.mark.parametrize(
    "text", ["abc", "1,234.5", "$12", "12%", "1_000", "0x10", "inf", "-Infinity", "1e999", "1 2", "\uff11"]
)
def test_what_is_no_finite_number_is_named_and_not_guessed(text: str) -> None:
    numbers, wrong = parse_numbers(column(text, "1"))
    assert math.isnan(numbers[0])
    assert numbers[1] == 1
    assert wrong.tolist() == [True, False]


@given(st.lists(st.one_of(st.text(max_size=12), st.floats().map(repr), st.integers().map(str)), min_size=1))
def test_numbers_are_those_that_python_reads(texts: list[str]) -> None:
    numbers, wrong = parse_numbers(column(*texts))
    for text, number, is_wrong in zip(texts, numbers, wrong, strict=True):
        if is_wrong:
            assert math.isnan(number)
        elif not math.isnan(number):
            assert number == float(text.strip())
        else:
            assert text.strip().lower() in MISSING


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_written_float_comes_back_exactly(number: float) -> None:
    numbers, wrong = parse_numbers(column(repr(number), f"{number:+}"))
    assert numbers.tolist() == [number, number]
    assert not wrong.any()


def test_no_date_is_of_the_year_0() -> None:
    _, wrong = parse_dates(column("0000-01-01", "2015-03-02"))
    assert wrong.tolist() == [True, False]


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%m/%d/%Y"]))
def test_a_written_date_comes_back(day: date, style: str) -> None:
    # strftime leaves out leading zeros of early years on some systems.
    text = style.replace("%Y", f"{day.year:04}").replace("%m", f"{day.month:02}").replace("%d", f"{day.day:02}")
    assert parse_dates(column(text))[0][0].item() == day


@pytest.mark.parametrize(
    "symbol",
    ["TRUE", "NA", "NaN", "null", "None", "1", "BRK-B", "^GSPC", "BF/B", "é", "EURUSD=X", "M&M.NS", "brk.b", "BRK B"],
)
def test_a_symbol_is_text_in_capitals_whatever_it_spells(symbol: str) -> None:
    found, wrong = parse_symbols(column(symbol, f" {symbol} "))
    assert found.tolist() == [symbol.upper()] * 2
    assert not wrong.any()


@pytest.mark.parametrize(
    "symbol",
    [
        *("../etc/passwd", "..", "A/../B", "/IBM", "IBM/", "A//B", "A\\B", "C:\\IBM"),
        *("=1+1", "+IBM", "-IBM", "@SUM(A1)", "=cmd|' /C calc'!A0", "<b>IBM</b>", "IBM;", "I,BM", '"IBM"', "A" * 65),
        *("A\x1fB", "A\x00", "A\ufffd", "A\u202eB", "A\u00a0B", "A\u200bB"),
    ],
)
def test_what_is_not_a_symbol_is_named(symbol: str) -> None:
    found, wrong = parse_symbols(column(symbol, "IBM"))
    assert found.tolist() == [None, "IBM"]
    assert wrong.tolist() == [True, False]


def test_a_blank_symbol_is_missing_and_one_that_cannot_be_printed_is_wrong() -> None:
    found, wrong = parse_symbols(column(None, "", "  ", "A\x1fB", "A\x00", "A\ufffd"))
    assert is_none(found).all()
    assert wrong.tolist() == [False, False, False, True, True, True]


def test_the_first_unreadable_cell_of_a_row_is_quoted() -> None:
    parsed = parse_rows(raw_table([row(), row(session="soon", volume="many"), row(volume="")]), Interval.DAY)
    assert parsed.unparseable.tolist() == [None, "session: soon", None]


def test_an_empty_table_is_read() -> None:
    assert len(parse_rows(raw_table([]), Interval.DAY)) == 0


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T14:30:00Z",
        "2026-11-20 14:30",
        "2026-11-20T15:30+01:00",
        "1795185000",
        "1795185000000",
        "1795185000000000",
        "1795185000000000000",
    ],
)
def test_a_moment_may_be_written_in_several_ways(text: str) -> None:
    moments, wrong = parse_moments(pa.chunked_array([[text]]))
    assert moments.tolist() == [array_time(datetime(2026, 11, 20, 14, 30, tzinfo=UTC)).item()]
    assert not wrong.any()


@pytest.mark.parametrize(
    "text", ["2026-11-20T25:00:00Z", "soon", "2026-11-20T14:30+99:99", "12", "1" * 25, "-1795185000"]
)
def test_what_is_not_a_moment_is_refused(text: str) -> None:
    moments, wrong = parse_moments(pa.chunked_array([[text]]))
    assert wrong.all()
    assert np.isnat(moments).all()


def test_a_missing_moment_is_missing() -> None:
    moments, wrong = parse_moments(pa.chunked_array([["", None, "NaT"]]))
    assert np.isnat(moments).all()
    assert not wrong.any()
