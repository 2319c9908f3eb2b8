"""What holds for a paper account whatever happens to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import EntryKind, differences, sums_of
from algo_trading.domain.order import TRANSITIONS, OrderStatus
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, midnight
from algo_trading.risk.sizing import client_order_id
from support.fuzz import examples
from support.paper_desk import DAYS, FAST, IBM, MSFT, SLOW, Day, PaperDesk, a_signal, a_state

pytestmark = pytest.mark.unit

CENT = Decimal("0.01")
PAIRS = [(strategy, instrument) for strategy in (FAST, SLOW) for instrument in (IBM, MSFT)]
PRICES = st.decimals("0.01", "5000", places=6)
COSTS = st.builds(Costs, st.decimals("0", "0.05", places=4), st.decimals("0", "200", places=1))
FRACTIONS = st.decimals("0.01", "1", places=2).map(str)
CASH = st.decimals("0", "20000", places=2).map(str)
DISTANCES = st.none() | st.floats(0.001, 0.5)
EXITS = st.builds(Exits, DISTANCES, DISTANCES, DISTANCES)


@dataclass(frozen=True)
class Plan:
    """What one session brings: prices by instrument (None: no bar) with whether it opened, actions, sides by pair."""

    prices: Sequence[tuple[Decimal, Decimal, bool] | None]
    actions: Sequence[tuple[ActionKind, float] | None]
    sides: Sequence[tuple[Side, float]]


PLANS = st.lists(
    st.builds(
        Plan,
        prices=st.tuples(*[st.none() | st.tuples(PRICES, PRICES, st.booleans())] * 2),
        actions=st.tuples(
            *[
                st.none()
                | st.tuples(st.just(ActionKind.SPLIT), st.sampled_from([2.0, 1.5, 3.0, 0.1, 1 / 3, 0.05, 1e-9]))
                | st.tuples(st.just(ActionKind.DIVIDEND), st.floats(0.0001, 50))
            ]
            * 2
        ),
        sides=st.tuples(*[st.tuples(st.sampled_from(Side), st.floats(0, 1))] * len(PAIRS)),
    ),
    min_size=1,
    max_size=8,
)


def play(desk: PaperDesk, plans: Sequence[Plan]) -> Iterator[Day]:
    """The sessions of an account, one at a time."""
    for number, plan in enumerate(plans):
        day = DAYS[number]
        known = {i: prices for i, prices in zip((IBM, MSFT), plan.prices, strict=True) if prices is not None}
        actions = [CorporateAction(i, day, *a) for i, a in zip((IBM, MSFT), plan.actions, strict=True) if a]
        signals = [
            a_signal(side, instrument, strategy, day, size)
            for (strategy, instrument), (side, size) in zip(PAIRS, plan.sides, strict=True)
        ]
        yield desk.session(
            {i: (str(opened), str(close)) for i, (opened, close, _) in known.items()},
            *signals,
            actions=actions,
            closed=[i for i, (_, _, trades) in known.items() if not trades],
        )


@settings(max_examples=examples(20), deadline=None)
@given(plans=PLANS, cash=CASH, costs=COSTS, fraction=FRACTIONS, exits=EXITS, shorts=st.booleans())
def test_the_books_always_agree(
    *, plans: Sequence[Plan], cash: str, costs: Costs, fraction: str, exits: Exits, shorts: bool
) -> None:
    desk = PaperDesk(a_state(cash, costs=costs, fraction=fraction, shorts=shorts), exits=exits)
    for day in play(desk, plans):
        state = day.state
        assert state.money == state.money.quantize(CENT)
        if not shorts:
            assert state.money >= 0
            assert all(position.quantity > 0 for position in state.positions)
        # Cash and positions are the sums of the book, which has one line for each kind, cause, asset and holding.
        entries = desk.accounts.entries("paper")
        assert differences(sums_of(entries), state.sums) == []
        assert len({(e.kind, e.cause, e.asset, e.holding) for e in entries}) == len(entries)
        # What waits is what was not settled.
        waiting = {order.client_order_id for order in state.orders}
        assert waiting == {key for key, order in desk.orders.items() if not order.status.final}
        assert len(waiting) == len(state.orders)
        (report,) = desk.trading.reconcile()
        assert report.agrees


@settings(max_examples=examples(10), deadline=None)
@given(plans=PLANS, cash=CASH, costs=COSTS, fraction=FRACTIONS)
def test_every_fill_is_paid_to_the_cent(*, plans: Sequence[Plan], cash: str, costs: Costs, fraction: str) -> None:
    desk = PaperDesk(a_state(cash, costs=costs, fraction=fraction))
    for day in play(desk, plans):
        for fill in day.executions:
            order = desk.orders[fill.client_order_id]
            booked = [entry for entry in day.entries if entry.cause == fill.id]
            cash_of = sum(entry.amount for entry in booked if entry.asset)
            (shares,) = (entry.amount for entry in booked if not entry.asset)
            assert order.status is OrderStatus.FILLED
            assert order.filled == fill.quantity
            assert fill.at > order.decided_at
            value = fill.quantity * fill.price
            if order.side is Side.BUY:
                assert order.budget is not None
                assert -cash_of <= order.budget
                assert abs(-cash_of - fill.commission - value) <= Decimal("0.005")
                assert fill.quantity == shares == fill.quantity.to_integral_value()
            else:
                assert 0 <= value - fill.commission - cash_of < CENT
                assert -fill.quantity == shares
            # It is on the value in whole cents, and rounded up.
            assert (value - CENT) * costs.commission <= fill.commission < (value + CENT) * costs.commission + CENT


@settings(max_examples=examples(7), deadline=None)
@given(plans=PLANS, cash=CASH, costs=COSTS, exits=EXITS)
def test_the_same_days_give_the_same_account(*, plans: Sequence[Plan], cash: str, costs: Costs, exits: Exits) -> None:
    first, second = (PaperDesk(a_state(cash, costs=costs), exits=exits) for _ in range(2))
    assert list(play(first, plans)) == list(play(second, plans))
    assert first.trading.books() == second.trading.books()


@settings(max_examples=examples(20), deadline=None)
@given(plans=PLANS, cash=CASH)
def test_nobody_orders_twice_for_a_signal_or_before_it_is_settled(plans: Sequence[Plan], cash: str) -> None:
    desk = PaperDesk(a_state(cash))
    days = list(play(desk, plans))
    assert len({order.signal for order in desk.orders.values()}) == len(desk.orders)
    for before, after in pairwise(days):
        waiting = [(order.strategy, order.series) for order in after.state.orders]
        assert len(set(waiting)) == len(waiting)
        cursors = [day.state.clocks[0].cursor for day in (before, after)]
        assert DAYS.index(cursors[1].date()) == DAYS.index(cursors[0].date()) + 1  # type: ignore[union-attr]  # both moved
    for order in desk.orders.values():
        statuses = [event.status for event in desk.accounts.events(order.client_order_id)]
        assert statuses[0] in {OrderStatus.NEW, OrderStatus.REJECTED}
        assert all(after == before or after in TRANSITIONS[before] for before, after in pairwise(statuses))


@settings(max_examples=examples(10), deadline=None)
@given(plans=PLANS, exits=EXITS, shorts=st.booleans())
def test_a_position_is_left_when_its_exits_say_so(*, plans: Sequence[Plan], exits: Exits, shorts: bool) -> None:
    """After a session no position with a bar of it lies beyond its stop or its target."""
    desk = PaperDesk(a_state("10000.00", fraction="0.2", shorts=shorts), exits=exits)
    for number, day in enumerate(play(desk, plans)):
        for position in day.state.positions:
            prices = dict(zip((IBM, MSFT), plans[number].prices, strict=True))[position.instrument]
            if prices is None or not prices[2]:
                continue
            side, entry = (1 if position.quantity > 0 else -1), float(position.entry_price)
            high, low = float(max(prices[:2])), float(min(prices[:2]))
            worst, finest = (low, high) if side > 0 else (high, low)
            if position.exits.stop is not None:
                assert side * worst > side * entry * (1 - side * position.exits.stop) - 1e-9
            if position.exits.target is not None:
                assert side * finest < side * entry * (1 + side * position.exits.target) + 1e-9
    for order in desk.orders.values():
        if not order.signal:
            assert order.status is OrderStatus.FILLED
            assert order.reason.split(" at ")[0] in {"stop", "trailing stop", "target"}


IDENTITIES = st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.dates())


@given(st.lists(st.tuples(st.text(max_size=5), IDENTITIES), unique=True, max_size=8))
def test_an_order_id_belongs_to_one_account_and_signal(identities: list[tuple[str, Any]]) -> None:
    def signal(name: str, params: str, symbol: str, day: Any) -> Signal:
        series = Series(Instrument(symbol), Interval.DAY)
        return replace(a_signal(Side.BUY), strategy=StrategyId(name, params), series=series, opened_at=midnight(day))

    ids = {client_order_id(account, signal(*identity).key) for account, identity in identities}
    assert len(ids) == len(identities)
    assert all(len(order_id) == 32 for order_id in ids)


def test_a_book_that_lacks_a_line_is_found_out() -> None:
    desk = PaperDesk(a_state("100.00", fraction="0.5"))
    for _ in range(2):
        desk.session({IBM: ("10", "10")}, a_signal(Side.BUY))
    (entry,) = (e for e in desk.accounts.entries("paper") if e.kind is EntryKind.FILL and not e.asset)
    others = [e for e in desk.accounts.entries("paper") if e is not entry]
    assert differences(sums_of(others), desk.state.sums) == ["IBM of fast(): the book has 0, not 5"]
