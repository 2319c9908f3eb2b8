"""Numbers as people read them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.notification.words import change_text, one_line, percent_text, price_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (202.33, "202.33"),
        (1234.5, "1,234.50"),
        (1.0, "1.00"),
        (0.0, "0.00"),
        (0.5, "0.5000"),
        (0.004321, "0.004321"),
        (0.0000123456, "0.00001235"),
        (-3.456, "-3.46"),
    ],
)
def test_price(price: float, text: str) -> None:
    assert price_text(price) == text


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_a_price_keeps_its_size(price: float) -> None:
    assert float(price_text(price).replace(",", "")) == pytest.approx(price, rel=6e-3)


def test_percent_and_change() -> None:
    assert percent_text(0.625) == "62 %"
    assert percent_text(1) == "100 %"
    assert change_text(0.01602) == "+1.60 %"
    assert change_text(-0.5) == "-50.00 %"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\r\n two\x85three\x1f four", "one two three four"),
        ("\u202eevil\u202c \u2066kind\u2069", "evil kind"),
        ("a \u202e b", "a b"),
        ("\x1b[31mred\x07\x9b0m", "[31mred0m"),
        (
            "\u05e9\u05dc\u05d5\u05dd \u200f1\u200e \N{ROCKET}\u200d",
            "\u05e9\u05dc\u05d5\u05dd \u200f1\u200e \N{ROCKET}\u200d",
        ),
        ("\n", ""),
    ],
)
def test_one_line_has_nothing_that_a_program_obeys(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text())
def test_one_line_keeps_every_word_that_can_be_printed(text: str) -> None:
    line = one_line(text)
    assert not any(unicodedata.category(character) == "Cc" for character in line)
    assert [c for c in line if c.isprintable() and c != " "] == [c for c in text if c.isprintable() and c != " "]
