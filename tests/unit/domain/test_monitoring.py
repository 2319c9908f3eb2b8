"""How people name what is to be monitored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.monitoring import (
    MonitorItem,
    UnknownTimeframeError,
    WrongSyntaxError,
    parse_item,
    split_items,
)
from algo_trading.domain.time import Interval

pytestmark = pytest.mark.unit

NAMES = st.from_regex(r"[A-Z0-9][A-Z0-9.^=/&+-]{0,15}", fullmatch=True)
TIMEFRAMES = st.lists(st.sampled_from(list(Interval)), unique=True)


@pytest.mark.parametrize(
    ("text", "name", "timeframes"),
    [
        ("RVN", "RVN", []),
        ("injbtc", "INJBTC", []),
        ("ETHUSDT_4h", "ETHUSDT", ["4h"]),
        ("DOTUSDT[4h,3d,1w]", "DOTUSDT", ["4h", "3d", "1w"]),
        ("DOTUSDT[1w, 4h ,4h]", "DOTUSDT", ["4h", "1w"]),
        ("btcusdt_1M", "BTCUSDT", ["1M"]),
        ("btcusdt_1m", "BTCUSDT", ["1m"]),
        ("BRK.B", "BRK.B", []),
        ("1000SATSUSDT_1h", "1000SATSUSDT", ["1h"]),
    ],
)
def test_items(text: str, name: str, timeframes: list[str]) -> None:
    assert parse_item(text) == MonitorItem(name, tuple(map(Interval, timeframes)))


@pytest.mark.parametrize(
    "text",
    ["", "_", "_4h", "[4h]", "A[", "A]", "A[]", "A[4h", "A[4h]x", "A[[4h]]", "A[4h,]", "A_", "A B", "A_4h_", "A_h",
     "-A", "ß", "A[4h][1d]", "A,B", "Ä", "A_4h[1d]"],
)  # fmt: skip
def test_what_is_written_in_another_way(text: str) -> None:
    with pytest.raises(WrongSyntaxError):
        parse_item(text)


@pytest.mark.parametrize("text", ["A_3h", "A[4h,3h]", "A_1D", "A_4H", "A[1w,2w]", "A_60min"])
def test_timeframes_that_there_are_not(text: str) -> None:
    with pytest.raises(UnknownTimeframeError):
        parse_item(text)


def test_a_line_is_divided_outside_of_brackets() -> None:
    line = "RVN  INJBTC,ETHUSDT_4h DOTUSDT[4h, 3d,1w] A[4h"
    assert split_items(line) == ["RVN", "INJBTC", "ETHUSDT_4h", "DOTUSDT[4h, 3d,1w]", "A[4h"]
    assert split_items(" , ") == []


@given(name=NAMES, timeframes=TIMEFRAMES)
def test_an_item_is_read_as_it_is_printed(name: str, timeframes: list[Interval]) -> None:
    item = MonitorItem(name, tuple(sorted(timeframes, key=lambda one: one.order)))
    assert parse_item(str(item)) == item
    assert split_items(f"{item} {item}") == [str(item)] * 2


@given(text=st.text(max_size=30))
def test_any_text_is_an_item_or_a_mistake(text: str) -> None:
    try:
        item = parse_item(text)
    except (WrongSyntaxError, UnknownTimeframeError):
        return
    assert parse_item(str(item)) == item


@given(text=st.text("A1[], _h4", max_size=40))
def test_dividing_loses_nothing_but_blanks_and_commas(text: str) -> None:
    outside = {" ", ","}
    together = "".join(split_items(text))
    assert [c for c in together if c not in outside] == [c for c in text if c not in outside]
