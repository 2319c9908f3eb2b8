"""What holds for a paper account whatever happens to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.account import OrderStatus
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.repositories.accounts import AccountStep
from algo_trading.risk.costs import CENT, Costs
from algo_trading.risk.sizing import SizingRules, client_order_id
from algo_trading.services.paper_session import Quote
from paper_desk import FAST, IBM, MSFT, SLOW, START, PaperDesk, a_signal, an_account

pytestmark = pytest.mark.unit

PAIRS = [(strategy, instrument) for strategy in (FAST, SLOW) for instrument in (IBM, MSFT)]
PRICES = st.decimals("0.01", "5000", places=6)
COSTS = st.builds(Costs, st.decimals("0", "0.05", places=4), st.decimals("0", "200", places=1))
SIZING = st.builds(SizingRules, st.decimals("0.01", "1", places=2))
CASH = st.decimals("0", "20000", places=2)


@dataclass(frozen=True)
class Day:
    """What one session brings: quotes by instrument (None: no bar) with whether it opened, actions, sides by pair."""

    quotes: Sequence[tuple[Decimal, Decimal, bool] | None]
    actions: Sequence[tuple[ActionKind, float] | None]
    sides: Sequence[tuple[Side, float]]


DAYS = st.lists(
    st.builds(
        Day,
        quotes=st.tuples(*[st.none() | st.tuples(PRICES, PRICES, st.booleans())] * 2),
        actions=st.tuples(
            *[
                st.none()
                | st.tuples(st.just(ActionKind.SPLIT), st.sampled_from([2.0, 1.5, 3.0, 0.1, 0.05, 1e-9]))
                | st.tuples(st.just(ActionKind.DIVIDEND), st.floats(0.0001, 50))
            ]
            * 2
        ),
        sides=st.tuples(*[st.tuples(st.sampled_from(Side), st.floats(0, 1))] * len(PAIRS)),
    ),
    min_size=1,
    max_size=8,
)


def play(desk: PaperDesk, days: Sequence[Day]) -> Iterator[AccountStep]:
    """The steps of an account through these days, one at a time."""
    for number, day in enumerate(days):
        session = START + timedelta(days=number)
        quotes = {i: Quote(*q, previous=q[0]) for i, q in zip((IBM, MSFT), day.quotes, strict=True) if q is not None}
        actions = [CorporateAction(i, session, *a) for i, a in zip((IBM, MSFT), day.actions, strict=True) if a]
        signals = [
            a_signal(side, instrument, strategy, session, size)
            for (strategy, instrument), (side, size) in zip(PAIRS, day.sides, strict=True)
        ]
        yield desk.step(quotes, signals, actions)


@settings(max_examples=60, deadline=None)
@given(days=DAYS, cash=CASH, costs=COSTS, sizing=SIZING)
def test_the_books_always_agree(days: Sequence[Day], cash: Decimal, costs: Costs, sizing: SizingRules) -> None:
    desk = PaperDesk(an_account(str(cash)), costs, sizing)
    for step in play(desk, days):
        account = step.account
        assert account.cash >= 0
        assert account.cash == account.cash.quantize(Decimal("0.01"))
        assert all(position.quantity > 0 for position in account.positions)
        # Cash and shares are the sum of the book.
        assert account.cash == cash + sum(entry.cash for entry in desk.entries)
        for strategy, instrument in PAIRS:
            booked = sum(e.quantity for e in desk.entries if (e.strategy, e.instrument) == (strategy, instrument))
            held = [p.quantity for p in account.positions if (p.strategy, p.instrument) == (strategy, instrument)]
            assert held == ([booked] if booked else [])
        # The book has one line for each kind, pair and session: it is a key of the database.
        keys = [(e.session, e.kind, e.strategy, e.instrument) for e in desk.entries]
        assert len(set(keys)) == len(keys)
        # What waits is what was not settled.
        waiting = {order.client_order_id for order in account.pending}
        assert waiting == {key for key, order in desk.orders.items() if order.status is OrderStatus.PENDING}
        assert len(waiting) == len(account.pending)


@settings(max_examples=40, deadline=None)
@given(days=DAYS, cash=CASH, costs=COSTS, sizing=SIZING)
def test_every_fill_is_paid_to_the_cent(days: Sequence[Day], cash: Decimal, costs: Costs, sizing: SizingRules) -> None:
    desk = PaperDesk(an_account(str(cash)), costs, sizing)
    for step in play(desk, days):
        entries = {(e.strategy, e.instrument): e for e in step.entries if e.kind == "fill"}
        assert len(entries) == len(step.fills)
        for fill in step.fills:
            order = desk.orders[fill.client_order_id]
            entry = entries[order.strategy, order.instrument]
            assert order.status is OrderStatus.FILLED
            assert fill.session > order.decided_session
            value = fill.quantity * fill.price
            if order.side is Side.BUY:
                assert order.budget is not None
                assert -entry.cash <= order.budget
                assert abs(-entry.cash - fill.commission - value) <= Decimal("0.005")
                assert fill.quantity == entry.quantity == fill.quantity.to_integral_value()
            else:
                assert 0 <= value - fill.commission - entry.cash < Decimal("0.01")
                assert -fill.quantity == entry.quantity
            # It is on the value in whole cents, and rounded up.
            assert (value - CENT) * costs.commission <= fill.commission < (value + CENT) * costs.commission + CENT


@settings(max_examples=25, deadline=None)
@given(days=DAYS, cash=CASH, costs=COSTS, sizing=SIZING)
def test_the_same_days_give_the_same_account(
    days: Sequence[Day], cash: Decimal, costs: Costs, sizing: SizingRules
) -> None:
    first, second = (PaperDesk(an_account(str(cash)), costs, sizing) for _ in range(2))
    assert list(play(first, days)) == list(play(second, days))
    assert (first.orders, first.fills, first.entries) == (second.orders, second.fills, second.entries)


@settings(max_examples=25, deadline=None)
@given(days=DAYS, cash=CASH)
def test_nobody_orders_twice_for_a_signal_or_before_it_is_settled(days: Sequence[Day], cash: Decimal) -> None:
    desk = PaperDesk(an_account(str(cash)))
    steps = list(play(desk, days))
    placed = [order for step in steps for order in step.orders if order.decided_session == step.account.cursor]
    assert len({order.client_order_id for order in placed}) == len(placed)
    for before, after in pairwise(steps):
        waiting = [(order.strategy, order.instrument) for order in after.account.pending]
        assert len(set(waiting)) == len(waiting)
        assert after.account.cursor == before.account.cursor + timedelta(days=1)  # type: ignore[operator]  # both moved


IDENTITIES = st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.dates())


@given(st.lists(st.tuples(st.text(max_size=5), IDENTITIES), unique=True, max_size=8))
def test_an_order_id_belongs_to_one_account_and_signal(identities: list[tuple[str, Any]]) -> None:
    def signal(name: str, params: str, symbol: str, session: Any) -> Signal:
        return replace(
            a_signal(Side.BUY), strategy=StrategyId(name, params), instrument=Instrument(symbol), session=session
        )

    ids = {client_order_id(account, signal(*identity)) for account, identity in identities}
    assert len(ids) == len(identities)
    assert all(len(order_id) == 32 for order_id in ids)
