"""Yahoo's summary of a company: numbers, formatted numbers, and what it writes where there is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.adapters.yahoo.summary import read_summary
from algo_trading.errors import SourceError, UnknownSymbolError

pytestmark = pytest.mark.unit


def summary(**detail: Any) -> bytes:
    return json.dumps({"quoteSummary": {"result": [{"summaryDetail": detail}], "error": None}}).encode()


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (21.5, 21.5),
        (21, 21.0),
        ({"raw": 21.5, "fmt": "21.50"}, 21.5),
        ({}, None),
        (None, None),
        ("Infinity", None),
        (float("inf"), None),
        (float("nan"), None),
        (True, None),
        (10**400, None),
        (-3.5, -3.5),
    ],
)
def test_numbers_come_in_many_ways(value: Any, number: float | None) -> None:
    assert read_summary(summary(trailingPE=value, marketCap=5), "IBM") == (number, 5.0)
    assert read_summary(summary(marketCap=value), "IBM") == (None, number)


def test_nothing_found_is_an_unknown_symbol() -> None:
    with pytest.raises(UnknownSymbolError, match=r"Yahoo has nothing for 'NOPE' \(an empty result\)"):
        read_summary(b'{"quoteSummary":{"result":[],"error":null}}', "NOPE")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (summary(trailingPE=1)[:-9], "Yahoo's reply for IBM is cut short or not JSON"),
        (b"<html>", "Yahoo's reply for IBM is cut short or not JSON"),
        (b"[]", "Yahoo's reply for IBM is not a summary of figures"),
        (b'{"quoteSummary":{"result":[{"price":{}}]}}', "Yahoo's reply for IBM is not a summary of figures"),
        (b'{"quoteSummary":{"result":[{"summaryDetail":null}]}}', "Yahoo's reply for IBM is not a summary of figures"),
    ],
)
def test_anything_else_is_no_summary(content: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read_summary(content, "IBM")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["quoteSummary", "result", "summaryDetail", "trailingPE", "raw"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_comes_is_figures_or_an_error_of_the_source(reply: Any) -> None:
    try:
        pe, cap = read_summary(json.dumps(reply).encode(), "IBM")
    except SourceError:
        return
    assert pe is None or pe == pe  # noqa: PLR0124 - no NaN
    assert cap is None
