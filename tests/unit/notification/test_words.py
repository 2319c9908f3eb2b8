"""Numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.notification.words import change_text, percent_text, price_text

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
