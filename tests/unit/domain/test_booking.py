"""Orders, executions and corporate actions in the state of an account and in its book."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.account import AccountClock, AccountState, Position
from algo_trading.domain.booking import (
    Booking,
    actions_between,
    book_action,
    book_deposit,
    book_execution,
    split_ratio,
    times,
)
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding, Sums, differences, sums_of
from algo_trading.domain.order import TRANSITIONS, Execution, Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval
from support.fuzz import examples
from support.trading import STARTED, an_account

pytestmark = pytest.mark.unit

CROSS = StrategyId("cross", "{}")
IBM, HOURLY = Series(Instrument("IBM")), Series(Instrument("IBM"), Interval.HOUR_1)
HOLDING = Holding(CROSS, IBM)
DAILY = AccountClock("XNYS", Interval.DAY, STARTED)
AT, BOOKED = datetime(2013, 1, 3, 14, 30, tzinfo=UTC), datetime(2013, 1, 4, tzinfo=UTC)
EX_DATE = date(2013, 1, 7)
EMPTY = AccountState(an_account(), {"USD": Decimal(10_000)})


def an_order(side: Side = Side.BUY, number: int = 1) -> Order:
    return Order(f"o{number}", "paper", CROSS, IBM, side, STARTED, STARTED, "because", status=OrderStatus.OPEN)


def execute(
    state: AccountState, side: Side, quantity: str, price: str, number: int = 1, *, fee: str = "0", asset: str = "USD"
) -> Booking:
    shares, each = Decimal(quantity), Decimal(price)
    order = replace(an_order(side, number), exits=Exits(stop=0.1))
    execution = Execution(f"e{number}", order.client_order_id, AT, shares, each, shares * each, Decimal(fee), asset)
    return book_execution(state, order, execution, "IBM", BOOKED)


def position_of(state: AccountState) -> Position:
    (position,) = state.positions
    return position


class TestOrders:
    @pytest.mark.parametrize(("before", "after"), list(product(OrderStatus, OrderStatus)))
    def test_only_the_ways_of_the_table_are_open(self, before: OrderStatus, after: OrderStatus) -> None:
        order = replace(an_order(), status=before)
        if after is before or after in TRANSITIONS[before]:
            assert order.moved(after, "so").reason == "so"
        else:
            with pytest.raises(ValueError, match=f"o1 is {before} and cannot become {after}"):
                order.moved(after)

    def test_what_is_final_stays_so(self) -> None:
        final = {status for status in OrderStatus if status.final}
        assert final == {OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}
        assert {s for s in OrderStatus if s.at_broker} == {OrderStatus.OPEN, OrderStatus.PARTLY_FILLED}

    def test_an_order_keeps_its_reason_where_none_is_given(self) -> None:
        assert an_order().moved(OrderStatus.FILLED).reason == "because"

    def test_it_is_called_after_the_period_it_was_decided_for(self) -> None:
        assert an_order().period == "2013-01-02"
        assert replace(an_order(), series=HOURLY).period == "2013-01-02T00:00Z"


class TestExecutions:
    def test_a_buy_opens_a_position_with_the_exits_of_its_order(self) -> None:
        booking = execute(EMPTY, Side.BUY, "50", "100.5", fee="5.03")
        assert booking.state.money == Decimal(10_000) - 5025 - Decimal("5.03")
        assert position_of(booking.state) == Position(
            CROSS, IBM, Decimal(50), Decimal("100.5"), Decimal("100.5"), "o1", Exits(stop=0.1)
        )
        assert [(e.kind, e.asset, e.amount, e.cause) for e in booking.entries] == [
            (EntryKind.FILL, "", 50, "e1"),
            (EntryKind.FILL, "USD", Decimal("-5025.0"), "e1"),
            (EntryKind.COMMISSION, "USD", Decimal("-5.03"), "e1"),
        ]
        assert {(e.effective_at, e.booked_at, e.holding) for e in booking.entries} == {(AT, BOOKED, HOLDING)}
        assert [order.filled for order in booking.orders] == [50]

    def test_more_of_it_has_the_mean_price_and_less_of_it_the_old_one(self) -> None:
        state = execute(EMPTY, Side.BUY, "10", "100").state
        state = execute(state, Side.BUY, "30", "120", 2).state
        assert (position_of(state).entry_price, position_of(state).best_price) == (Decimal(115), Decimal(120))
        assert position_of(state).opened_by == "o1"
        state = execute(state, Side.SELL, "15", "90", 3).state
        assert (position_of(state).quantity, position_of(state).entry_price) == (Decimal(25), Decimal(115))

    def test_what_goes_through_zero_is_a_new_position(self) -> None:
        state = execute(EMPTY, Side.BUY, "10", "100").state
        state = execute(state, Side.SELL, "15", "90", 2).state
        position = position_of(state)
        assert (position.quantity, position.entry_price, position.opened_by) == (Decimal(-5), Decimal(90), "o2")
        assert execute(state, Side.BUY, "5", "80", 3).state.positions == ()

    def test_a_commission_in_what_is_bought(self) -> None:
        booking = execute(EMPTY, Side.BUY, "10", "100", fee="0.01", asset="IBM")
        assert position_of(booking.state).quantity == Decimal("9.99")
        assert booking.state.money == 9000
        assert differences(sums_of([*booking.entries, deposit()]), booking.state.sums) == []


def deposit() -> Entry:
    return Entry(EntryKind.DEPOSIT, "opening deposit", Decimal(10_000), STARTED, STARTED, "USD")


class TestActions:
    def test_a_split_changes_the_prices_of_exits_and_orders_too(self) -> None:
        state = execute(EMPTY, Side.BUY, "10", "100").state
        waiting = replace(an_order(Side.SELL, 2), limit_price=Decimal(150), stop_price=Decimal(90), quantity=Decimal(4))
        state = state.ordering(waiting)
        split = CorporateAction(IBM.instrument, EX_DATE, ActionKind.SPLIT, 4.0)
        booking = book_action(state, DAILY, split, None, BOOKED)
        position = position_of(booking.state)
        assert (position.quantity, position.entry_price, position.best_price) == (Decimal(40), Decimal(25), Decimal(25))
        (order,) = booking.orders
        assert (order.quantity, order.limit_price, order.stop_price) == (Decimal(16), Decimal("37.5"), Decimal("22.5"))
        assert order in booking.state.orders

    def test_a_dividend_moves_the_prices_that_exits_are_counted_from_as_adjusted_bars_do(self) -> None:
        state = execute(EMPTY, Side.BUY, "10", "100").state
        dividend = CorporateAction(IBM.instrument, EX_DATE, ActionKind.DIVIDEND, 2.0)
        booking = book_action(state, DAILY, dividend, Decimal(80), BOOKED)
        assert position_of(booking.state).entry_price == Decimal("97.5")  # 100 · (1 - 2 / 80)
        assert booking.state.money == 9020
        without = state.holding(replace(position_of(state), exits=Exits()))
        assert position_of(book_action(without, DAILY, dividend, Decimal(80), BOOKED).state).entry_price == 100
        assert position_of(book_action(state, DAILY, dividend, None, BOOKED).state).entry_price == 100

    def test_who_is_short_pays_the_dividend_rounded_up(self) -> None:
        state = execute(EMPTY, Side.SELL, "7", "100").state
        dividend = CorporateAction(IBM.instrument, EX_DATE, ActionKind.DIVIDEND, 0.333)
        (entry,) = book_action(state, DAILY, dividend, None, BOOKED).entries
        assert entry.amount == Decimal("-2.34")

    def test_only_what_follows_the_clock_is_concerned(self) -> None:
        state = execute(EMPTY, Side.BUY, "10", "100").state
        hourly = replace(position_of(state), series=HOURLY)
        split = CorporateAction(IBM.instrument, EX_DATE, ActionKind.SPLIT, 2.0)
        booking = book_action(state.holding(hourly), DAILY, split, None, BOOKED)
        assert [position.quantity for position in booking.state.positions] == [10, 20]
        other = replace(split, instrument=Instrument("MSFT"))
        assert book_action(state, DAILY, other, None, BOOKED) == Booking(state)

    @pytest.mark.parametrize(
        ("value", "ratio"),
        [(2.0, Fraction(2)), (1.5, Fraction(3, 2)), (1 / 3, Fraction(1, 3)), (0.05, Fraction(1, 20)),
         (1.0625, Fraction(17, 16)), (1e-9, Fraction(1, 10**9))],
    )  # fmt: skip
    def test_ratios_are_exact(self, value: float, ratio: Fraction) -> None:
        assert split_ratio(value) == ratio

    def test_three_shares_for_one_are_one_again(self) -> None:
        assert times(times(Decimal(7), split_ratio(3.0)), split_ratio(1 / 3)) == 7
        assert times(Decimal(1), split_ratio(1 / 3)) == Decimal("0.33333333")
        assert times(Decimal(-1), split_ratio(1 / 3)) == Decimal("-0.33333333")

    def test_three_hundred_shares_at_one_for_three_are_a_hundred(self) -> None:
        """They were 99.99999999, a waiting order for 30 bought 9, and one for 3 was refused."""
        state = execute(EMPTY, Side.BUY, "300", "30").state
        for number, quantity in ((2, "30"), (3, "3")):
            state = state.ordering(replace(an_order(Side.BUY, number), quantity=Decimal(quantity)))
        split = CorporateAction(IBM.instrument, EX_DATE, ActionKind.SPLIT, 1 / 3)
        booking = book_action(state, DAILY, split, Decimal(31), BOOKED)
        assert position_of(booking.state).quantity == 100
        assert [order.quantity for order in booking.orders] == [10, 1]
        assert [(entry.asset, entry.amount) for entry in booking.entries] == [("", Decimal(-200))]

    @pytest.mark.parametrize(
        ("held", "side", "value", "whole", "paid"),
        [
            ("100", Side.BUY, 1 / 3, 33, "31.00"),  # a third of a share that is worth 93
            ("7", Side.BUY, 1.5, 10, "10.33"),  # half of one of 20.67
            ("2", Side.BUY, 1 / 3, 0, "62.00"),
            ("100", Side.SELL, 1 / 3, -33, "-31.00"),
            ("7", Side.SELL, 1.5, -10, "-10.34"),
        ],
    )
    def test_cash_is_paid_in_lieu_of_a_part_of_a_share(
        self, held: str, side: Side, value: float, whole: int, paid: str
    ) -> None:
        state = execute(EMPTY, side, held, "30").state
        split = CorporateAction(IBM.instrument, EX_DATE, ActionKind.SPLIT, value)
        booking = book_action(state, DAILY, split, Decimal(31), BOOKED)
        assert sum(position.quantity for position in booking.state.positions) == whole
        assert booking.state.money - state.money == Decimal(paid)
        assert [(entry.kind, entry.asset) for entry in booking.entries] == [
            (EntryKind.SPLIT, "USD"),
            (EntryKind.SPLIT, ""),
        ]
        assert sums_of(booking.entries).cash == {"USD": Decimal(paid)}

    def test_without_a_close_the_part_stays(self) -> None:
        state = execute(EMPTY, Side.BUY, "100", "30").state
        split = CorporateAction(IBM.instrument, EX_DATE, ActionKind.SPLIT, 1 / 3)
        assert position_of(book_action(state, DAILY, split, None, BOOKED).state).quantity == Decimal("33.33333333")

    def test_a_price_may_become_longer_than_the_usual_decimal(self) -> None:
        state = execute(EMPTY, Side.BUY, "5000000000", "12345678901.5").state
        split = CorporateAction(IBM.instrument, EX_DATE, ActionKind.SPLIT, 1e-9)
        state = book_action(state, DAILY, split, None, BOOKED).state
        entry = Decimal("12345678901.5") * 10**9
        assert (position_of(state).quantity, position_of(state).entry_price) == (Decimal(5), entry)

    def test_the_order_of_actions(self) -> None:
        saturday, monday = date(2013, 1, 5), date(2013, 1, 7)
        paid, split = (
            CorporateAction(IBM.instrument, monday, kind, 2.0) for kind in (ActionKind.DIVIDEND, ActionKind.SPLIT)
        )
        early, old = replace(paid, ex_date=saturday), replace(paid, ex_date=date(2013, 1, 4))
        late = replace(paid, ex_date=date(2013, 1, 8))
        assert actions_between([late, paid, split, early, old], date(2013, 1, 4), monday) == [early, split, paid]


class TestLedger:
    def test_a_withdrawal_is_a_deposit_below_zero(self) -> None:
        booking = book_deposit(EMPTY, Decimal(-500), "paid out", AT, BOOKED)
        assert [(e.kind, e.amount) for e in booking.entries] == [(EntryKind.WITHDRAWAL, Decimal(-500))]
        assert booking.state.money == 9500

    def test_every_difference_is_named(self) -> None:
        booked = Sums({"USD": Decimal(10), "BNB": Decimal(1)}, {HOLDING: Decimal("2.50")})
        assert differences(booked, booked) == []
        assert differences(booked, Sums({"USD": Decimal(9)}, {Holding(CROSS, HOURLY): Decimal(1)})) == [
            "BNB: the book has 1, not 0",
            "USD: the book has 10, not 9",
            "IBM_1h of cross(): the book has 0, not 1",
            "IBM of cross(): the book has 2.5, not 0",
        ]


TRADES = st.tuples(
    st.sampled_from(Side).filter(lambda side: side is not Side.HOLD),
    st.decimals("0.00000001", "1000000", places=8),
    st.decimals("0.00000001", "100000", places=8),
    st.decimals("0", "10", places=8),
    st.sampled_from(["USD", "IBM", "BNB"]),
)
CHANGES = st.lists(
    TRADES | st.sampled_from([2.0, 0.1, 1 / 3, 1.5]) | st.floats(0.01, 3).map(str) | st.decimals(-9, 9, places=2),
    max_size=12,
)


@settings(max_examples=examples(100), deadline=None)
@given(changes=CHANGES)
def test_cash_and_positions_are_the_sums_of_the_book_whatever_happens(changes: list[object]) -> None:
    state, entries = EMPTY, [deposit()]
    for number, change in enumerate(changes):
        if isinstance(change, tuple):
            side, quantity, price, fee, asset = change
            booking = execute(state, side, str(quantity), str(price), number, fee=str(fee), asset=asset)
        elif isinstance(change, Decimal):
            booking = book_deposit(state, change, f"deposit {number}", AT, BOOKED)
        else:
            kind = ActionKind.SPLIT if isinstance(change, float) else ActionKind.DIVIDEND
            action = CorporateAction(IBM.instrument, date(2013, 1, number + 1), kind, float(str(change)))
            booking = book_action(state, DAILY, action, Decimal(50), BOOKED)
        state = booking.state
        entries += booking.entries
        assert differences(sums_of(entries), state.sums) == []
    assert len({(e.kind, e.cause, e.asset, e.holding) for e in entries}) == len(entries)
