"""What trading costs, to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.costs import FRACTIONS, Costs, decimal_price, precision_of
from algo_trading.domain.signal import Side

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("bps", "price", "buy", "sell"),
    [
        ("5", "100", "100.05", "99.95"),
        ("0", "100", "100", "100"),
        ("0.5", "3", "3.00015", "2.99985"),
        ("1", "0.01", "0.010001", "0.009999"),
        ("0.4", "0.0125", "0.012501", "0.0125"),  # half a millionth goes up
    ],
)
def test_slippage_moves_the_price_against_us(bps: str, price: str, buy: str, sell: str) -> None:
    costs = Costs(Decimal(0), Decimal(bps))
    assert costs.fill_price(Side.BUY, Decimal(price)) == Decimal(buy)
    assert costs.fill_price(Side.SELL, Decimal(price)) == Decimal(sell)


@pytest.mark.parametrize(
    ("fraction", "value", "commission"),
    [("0.001", "1000", "1.00"), ("0.001", "1000.01", "1.01"), ("0.001", "0.01", "0.01"), ("0", "1000", "0.00"),
     ("0.001", "0", "0.00")],
)  # fmt: skip
def test_commission_is_rounded_up_to_the_cent(fraction: str, value: str, commission: str) -> None:
    assert Costs(Decimal(fraction), Decimal(0)).commission_on(Decimal(value)) == Decimal(commission)


@given(st.decimals("0", "500", places=2), st.decimals("0.01", "100000", places=6))
def test_a_round_trip_at_one_price_never_wins(bps: Decimal, price: Decimal) -> None:
    costs = Costs(Decimal("0.001"), bps)
    buy, sell = costs.fill_price(Side.BUY, price), costs.fill_price(Side.SELL, price)
    assert sell <= price <= buy
    assert all(value == value.quantize(Decimal("0.000001")) for value in (buy, sell))


def test_a_fixed_commission_comes_on_top() -> None:
    assert Costs(Decimal("0.001"), Decimal(0), Decimal("1.50")).commission_on(Decimal(1000)) == Decimal("2.50")


def test_where_quantities_are_fractions_money_and_prices_have_more_digits() -> None:
    costs, precision = Costs(Decimal("0.001"), Decimal(5)), precision_of("BINANCE")
    assert precision == FRACTIONS
    assert costs.fill_price(Side.BUY, Decimal("0.00000001"), precision) == Decimal("0.000000010005")
    assert costs.commission_on(Decimal("0.0001"), precision) == Decimal("0.0000001")
    assert precision_of("XNYS").whole


@pytest.mark.parametrize(("value", "exact"), [(0.1, "0.1"), (1e-7, "0"), (123456.7890125, "123456.789012")])
def test_prices_become_money_by_their_shortest_text(value: float, exact: str) -> None:
    assert decimal_price(value, precision_of("XNYS")) == Decimal(exact)
