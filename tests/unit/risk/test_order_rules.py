"""A venue's rules for orders. The practice exchange, which shares no code with them, judges the same orders."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.adapters.binance.rules import rules_of
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.signal import Side
from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.filters import FilterContext, check
from algo_trading.exchange.orders import NewOrder
from algo_trading.exchange.pairs import Filter, Pair
from algo_trading.risk.order_rules import (
    OrderTerms,
    Standing,
    Violation,
    first_violation,
    lot_of,
    round_down,
    violations,
)

pytestmark = pytest.mark.unit

# As the exchange stated them on 2020-10-09.
ETH = TradingRules(
    Instrument("ETHUSDT", "BINANCE"), "ETH", "USDT",
    tick=Decimal("0.01"), lot=Decimal("0.00001"), min_quantity=Decimal("0.00001"), max_quantity=Decimal(9000),
    min_notional=Decimal(10), order_types=("LIMIT", "MARKET"), min_price=Decimal("0.01"), max_price=Decimal(1_000_000),
    market_max_quantity=Decimal(3000), bid_multiplier_down=Decimal("0.2"), bid_multiplier_up=Decimal(5),
    ask_multiplier_down=Decimal("0.2"), ask_multiplier_up=Decimal(5), max_orders=Decimal(200),
    max_stop_orders=Decimal(5), max_position=Decimal(100), average_minutes=Decimal(5),
)  # fmt: skip
NOW = Standing(reference=Decimal(350))
BUY = OrderTerms(Side.BUY, "MARKET", Decimal("0.1"))
LIMIT = OrderTerms(Side.SELL, "LIMIT", Decimal("0.1"), price=Decimal("350.00"))


@pytest.mark.parametrize("terms", [BUY, LIMIT, OrderTerms(Side.BUY, "MARKET", spends=Decimal(10))])
def test_what_keeps_to_the_rules(terms: OrderTerms) -> None:
    assert first_violation(terms, ETH, NOW) is None


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        (replace(BUY, quantity=Decimal("0.0000099")), "LOT_SIZE: quantity 0.0000099 is below the minimum of 0.00001"),
        (replace(BUY, quantity=Decimal("0.100001")), "LOT_SIZE: quantity 0.100001 is not a multiple of 0.00001"),
        (replace(LIMIT, quantity=Decimal(9001)), "LOT_SIZE: quantity 9001 is above the maximum of 9000"),
        (replace(BUY, quantity=Decimal(3001)), "MARKET_LOT_SIZE: quantity 3001 is above the maximum of 3000"),
        (replace(BUY, quantity=Decimal("0.02")), "NOTIONAL: value in USDT 7 is below the minimum of 10"),
        (OrderTerms(Side.BUY, "MARKET", spends=Decimal(9)), "NOTIONAL: value in USDT 9 is below the minimum of 10"),
        (replace(LIMIT, price=Decimal("350.005")), "PRICE_FILTER: price 350.005 is not a multiple of 0.01"),
        (replace(LIMIT, price=Decimal(1751)), "PERCENT_PRICE: price 1751 is not within 0.2 and 5 times 350"),
        (replace(LIMIT, type="TAKE_PROFIT"), "orderTypes: TAKE_PROFIT is not one of LIMIT, MARKET"),
        (replace(BUY, quantity=Decimal("100.1")), "MAX_POSITION: holding 100.1 ETH exceeds 100"),
    ],
)  # fmt: skip
def test_a_refusal_names_rule_value_and_bound(terms: OrderTerms, sentence: str) -> None:
    assert str(first_violation(terms, ETH, NOW)) == sentence


def test_what_is_too_small_is_told_apart() -> None:
    def small(**changes: Any) -> bool:
        found = first_violation(replace(BUY, **changes), ETH, NOW)
        assert isinstance(found, Violation)
        return found.too_small

    assert small(quantity=Decimal("0.000001"))
    assert small(quantity=Decimal("0.001"))
    assert not small(quantity=Decimal(3001))


def test_a_halted_pair_and_too_many_orders() -> None:
    assert str(first_violation(BUY, replace(ETH, status="HALT"), NOW)) == "status: ETHUSDT is HALT, not TRADING"
    crowded = replace(NOW, open_orders=200)
    assert str(first_violation(LIMIT, ETH, crowded)) == "MAX_NUM_ORDERS: 200 orders are open, of at most 200"
    assert first_violation(BUY, ETH, crowded) is None
    stop = OrderTerms(Side.SELL, "STOP_LOSS", Decimal("0.1"), stop_price=Decimal(300))
    found = [*violations(stop, replace(ETH, order_types=()), replace(NOW, open_stops=5))]
    assert [one.rule for one in found] == ["MAX_NUM_ALGO_ORDERS"]


def test_without_a_price_values_are_not_judged() -> None:
    assert first_violation(replace(BUY, quantity=Decimal("0.00001")), ETH, Standing()) is None


def test_market_orders_keep_to_both_steps() -> None:
    rules = replace(ETH, lot=Decimal("0.04"), market_lot=Decimal("0.06"))
    assert (lot_of(rules, "MARKET"), lot_of(rules, "LIMIT")) == (Decimal("0.12"), Decimal("0.04"))
    assert lot_of(replace(ETH, lot=Decimal(0)), "LIMIT") == Decimal("0.00000001")


amounts = st.integers(1, 10**14).map(lambda units: Decimal(units).scaleb(-8))
steps = st.sampled_from([Decimal(1).scaleb(-n) for n in range(9)] + [Decimal("0.25"), Decimal("0.0003")])


@given(amounts, steps)
def test_quantities_round_down_to_the_step(amount: Decimal, step: Decimal) -> None:
    rounded = round_down(amount, step)
    assert Fraction(rounded) % Fraction(step) == 0
    assert 0 <= amount - rounded < step


numbers = st.integers(0, 4000).map(lambda hundredths: Decimal(hundredths) / 100)
counts = st.integers(1, 4)


@st.composite
def filters(draw: st.DrawFn) -> list[Filter]:
    """Filters of a pair, bounds of 0 among them, some in their older form."""

    def text(values: st.SearchStrategy[Decimal] = numbers) -> str:
        return str(draw(values))

    few = st.sampled_from([Decimal(0), Decimal("0.01"), Decimal("0.05"), Decimal("0.1"), Decimal(1)])
    multiplier = st.sampled_from([Decimal("0.2"), Decimal("0.8"), Decimal("1.2"), Decimal(5)])
    minutes = draw(st.sampled_from([0, 5]))
    least, most = {"minNotional": text()}, {"maxNotional": str(draw(numbers) + 1)}
    older = draw(st.booleans())
    found: list[dict[str, Any]] = [
        {"filterType": "PRICE_FILTER", "minPrice": text(), "maxPrice": text(), "tickSize": text(few)},
        {"filterType": "LOT_SIZE", "minQty": text(), "maxQty": text(), "stepSize": text(few)},
        {"filterType": "MARKET_LOT_SIZE", "minQty": text(), "maxQty": text(), "stepSize": text(few)},
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": draw(counts)},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": draw(counts)},
        {"filterType": "MAX_POSITION", "maxPosition": str(draw(numbers) + 1)},
        {"filterType": "MIN_NOTIONAL", **least, "applyToMarket": draw(st.booleans()), "avgPriceMins": minutes}
        if older
        else {
            "filterType": "NOTIONAL", **least, **most, "applyMinToMarket": draw(st.booleans()),
            "applyMaxToMarket": draw(st.booleans()), "avgPriceMins": minutes,
        },
        {
            "filterType": "PERCENT_PRICE", "multiplierUp": text(multiplier), "multiplierDown": text(multiplier),
            "avgPriceMins": minutes,
        }
        if older
        else {
            "filterType": "PERCENT_PRICE_BY_SIDE", "avgPriceMins": minutes,
            **{f"{side}Multiplier{way}": text(multiplier) for side in ("bid", "ask") for way in ("Up", "Down")},
        },
    ]  # fmt: skip
    return [one for one in found if draw(st.integers(0, 3))]


@st.composite
def orders(draw: st.DrawFn) -> OrderTerms:
    kind = draw(st.sampled_from(["MARKET", "LIMIT", "STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT"]))
    positive = numbers.filter(bool)
    return OrderTerms(
        draw(st.sampled_from([Side.BUY, Side.SELL])),
        kind,
        draw(positive),
        price=draw(positive) if "LIMIT" in kind else None,
        stop_price=draw(positive) if kind not in {"MARKET", "LIMIT"} else None,
    )


@given(
    orders(),
    filters(),
    st.builds(Standing, numbers.filter(bool) | st.none(), st.integers(0, 4), st.integers(0, 4), numbers),
)
def test_the_practice_exchange_says_the_same(terms: OrderTerms, rules: list[Filter], standing: Standing) -> None:
    pair = Pair("AUSDT", "A", "USDT", tuple(rules))
    info = {
        "symbol": "AUSDT", "status": "TRADING", "baseAsset": "A", "quoteAsset": "USDT", "orderTypes": [],
        "filters": rules,
    }  # fmt: skip
    (ours,) = rules_of({"symbols": [info]}, "BINANCE", "Binance")
    order = NewOrder(
        "me", pair, terms.side.upper(), terms.type, quantity=terms.quantity, price=terms.price,
        stop_price=terms.stop_price,
    )  # fmt: skip
    now = standing
    context = FilterContext(lambda _: now.reference, now.open_orders, now.open_stops, position=now.held)
    expected = set()
    for rule in rules:
        try:
            check(replace(order, pair=replace(pair, filters=(rule,))), context)
        except RefusalError as refusal:
            expected.add(refusal.message.removeprefix("Filter failure: "))
    same = {"MIN_NOTIONAL": "NOTIONAL", "PERCENT_PRICE_BY_SIDE": "PERCENT_PRICE"}
    found = violations(terms, ours, standing)
    assert {one.rule for one in found} == {same.get(name, name) for name in expected}
