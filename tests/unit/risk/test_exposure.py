"""Caps on exposure: live orders are refused where the plain account of the backtests' reference refuses them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.account import AccountState
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import Side
from algo_trading.risk.account_rules import exposure_refusal
from reference.shared_account import Account, Asked, Position, Rules
from support.fuzz import examples
from support.paper_desk import FAST, IBM, MSFT, SLOW, a_buy, a_state, held

pytestmark = pytest.mark.unit

PLACES = {("fast", "IBM"): (FAST, IBM), ("fast", "MSFT"): (FAST, MSFT), ("slow", "IBM"): (SLOW, IBM)}
CAPS = ("max_instrument", "max_strategy", "max_exposure", "max_net")
EQUITY = 1000
SIDES = {1: Side.BUY, -1: Side.SELL}


def under(state: AccountState, caps: dict[str, Any]) -> AccountState:
    return replace(state, account=replace(state.account, rules=AccountRules(**caps)))


def terms_of(caps: dict[str, Any]) -> Rules:
    return Rules(**caps)


@settings(max_examples=examples(150), deadline=None)
@given(seed=st.integers(0, 100_000), cap=st.sampled_from(CAPS), most=st.sampled_from([0.2, 0.5, 0.9]))
def test_the_same_is_refused(seed: int, cap: str, most: float) -> None:
    """Three holdings, each empty, long, short or about to be entered; then one more entry."""
    chance = np.random.default_rng(seed)
    positions, live, waiting = {}, [], []
    for key, (strategy, instrument) in PLACES.items():
        shares, side, budget = int(chance.integers(-3, 4)), int(chance.choice([0, 1, -1])), int(chance.integers(1, 5))
        asked = Asked(side, 100.0 * budget) if side else None
        positions[key] = Position(shares=shares, mark=100.0, asked=asked)
        if shares:
            live.append(held(str(shares), instrument, strategy, "80"))
        if side:
            order = a_buy(str(100 * budget), instrument, strategy, f"{strategy} {instrument}")
            waiting.append(replace(order, side=SIDES[side]))
    key = list(PLACES)[seed % 3]
    side, amount = int(chance.choice([1, -1])), float(100 * chance.integers(1, 8))
    account = Account(0.0, terms_of({cap: most}), positions)
    expected = account.above_a_cap(key, side, amount, EQUITY)
    own = [order for order in waiting if (order.strategy, order.instrument) == PLACES[key]]
    state = under(a_state("1000.00", *live, pending=[o for o in waiting if o not in own]), {cap: Decimal(str(most))})
    entry = replace(a_buy(str(amount), PLACES[key][1], PLACES[key][0], "entry"), side=SIDES[side])
    prices = {Series(IBM): Decimal(100), Series(MSFT): Decimal(100)}
    assert bool(exposure_refusal(entry, state, Decimal(EQUITY), prices)) == expected


def test_net_exposure_is_named() -> None:
    state = under(a_state("1000.00", held("-6", IBM, FAST, "100")), {"max_net": Decimal("0.5")})
    prices = {Series(IBM): Decimal(100)}
    buy = a_buy("300.00", MSFT, SLOW)
    assert exposure_refusal(buy, state, Decimal(1000), prices) == ""
    short = replace(buy, side=Side.SELL)
    assert exposure_refusal(short, state, Decimal(1000), prices) == (
        "900.00 USD would be in long positions less short ones, more than 50% of the equity of 1000.00"
    )
