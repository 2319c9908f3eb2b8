"""Sessions of a paper account, case by case, to the cent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from algo_trading.domain.account import AccountClock
from algo_trading.domain.costs import Costs
from algo_trading.domain.ledger import EntryKind
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, midnight
from support.paper_desk import (
    DAYS,
    FAST,
    IBM,
    MSFT,
    NEXT,
    SLOW,
    START,
    USUAL,
    PaperDesk,
    a_buy,
    a_dividend,
    a_sell,
    a_signal,
    a_split,
    a_state,
    held,
    quantities,
)
from support.trading import NO_COSTS

pytestmark = pytest.mark.unit

FLAT = {IBM: ("10", "10"), MSFT: ("20", "20")}
OPEN, FILLED, REJECTED = OrderStatus.OPEN, OrderStatus.FILLED, OrderStatus.REJECTED


def test_a_session_without_anything_moves_the_cursor_alone_in_one_transaction() -> None:
    desk = PaperDesk(a_state())
    desk.session(FLAT)
    stored = desk.accounts.stored
    day = desk.session(FLAT)
    clock = AccountClock("XNYS", Interval.DAY, desk.account.start, cursor=midnight(NEXT))
    assert day.state == replace(a_state(), clocks=(clock,))
    assert (day.orders, day.executions, day.entries) == ((), (), ())
    assert desk.accounts.stored == stored + 1


def test_a_signal_is_filled_at_the_next_open() -> None:
    desk = PaperDesk(a_state(fraction="0.5"))
    first = desk.session({IBM: ("9", "10")}, a_signal(Side.BUY))
    (order,) = first.orders
    assert (order.side, order.budget, order.period) == (Side.BUY, Decimal("500.00"), str(START))
    assert (order.status, order.reason) == (OPEN, "it is buy")
    assert first.state.orders == (order,)
    assert first.state.money == Decimal(1000)
    second = desk.session({IBM: ("12", "99")})
    assert second.orders == (replace(order, status=FILLED, filled=Decimal(41)),)
    (fill,) = second.executions
    assert (fill.client_order_id, fill.at.date()) == (order.client_order_id, NEXT)
    assert fill.id == f"{order.client_order_id}:{NEXT}"
    assert (fill.quantity, fill.price, fill.value, fill.commission) == (
        Decimal(41),
        Decimal(12),
        Decimal(492),
        Decimal(0),
    )
    assert second.positions == {(FAST, IBM): 41}
    assert second.state.orders == ()
    assert second.state.money == Decimal(1000 - 41 * 12)


@pytest.mark.parametrize(
    ("costs", "opened", "budget", "shares", "at", "commission", "cash"),
    [
        # fraction, bps: 100.05 a share with commission 100.15005; 9 of them fit into 1,000
        (USUAL, "100", "1000", "9", "100.05", "0.91", "-901.36"),
        (NO_COSTS, "100", "1000", "10", "100", "0.00", "-1000.00"),
        (NO_COSTS, "100.01", "1000", "9", "100.01", "0.00", "-900.09"),
        # slippage is rounded to a millionth, commission up to the cent
        (Costs(Decimal(0), Decimal(1)), "3.333333", "100", "29", "3.333666", "0.00", "-96.68"),
        (Costs(Decimal("0.0001"), Decimal(0)), "10", "100", "9", "10", "0.01", "-90.01"),
        # exactly enough for ten with the commission
        (Costs(Decimal("0.001"), Decimal(0)), "10", "100.10", "10", "10", "0.10", "-100.10"),
        (Costs(Decimal("0.001"), Decimal(0)), "10", "100.09", "9", "10", "0.09", "-90.09"),
        # a fixed amount for each fill
        (Costs(Decimal(0), Decimal(0), Decimal(1)), "10", "100", "9", "10", "1.00", "-91.00"),
    ],
)
def test_what_a_buy_costs(
    *, costs: Costs, opened: str, budget: str, shares: str, at: str, commission: str, cash: str
) -> None:
    day = PaperDesk(a_state("5000.00", pending=[a_buy(budget)], costs=costs)).session({IBM: (opened, opened)})
    (fill,) = day.executions
    assert (fill.quantity, fill.price, fill.commission) == (Decimal(shares), Decimal(at), Decimal(commission))
    assert day.cash_of(EntryKind.FILL) == [Decimal(cash) + Decimal(commission)]
    assert sum(day.cash_of(EntryKind.COMMISSION)) == -Decimal(commission)
    assert [entry.amount for entry in day.entries if not entry.asset] == [Decimal(shares)]
    assert day.state.money == Decimal(5000) + Decimal(cash)


@pytest.mark.parametrize(
    ("costs", "opened", "quantity", "at", "commission", "cash"),
    [
        (USUAL, "100", "9", "99.95", "0.90", "898.65"),
        (NO_COSTS, "100", "9", "100", "0.00", "900.00"),
        (NO_COSTS, "3.333333", "3", "3.333333", "0.00", "9.99"),  # what is below a cent is not ours
        (USUAL, "100", "0.5", "99.95", "0.05", "49.92"),  # half a share, after a split
        (Costs(Decimal(0), Decimal(9999)), "0.01", "1", "0.000001", "0.00", "0.00"),
    ],
)
def test_what_a_sell_brings(*, costs: Costs, opened: str, quantity: str, at: str, commission: str, cash: str) -> None:
    desk = PaperDesk(a_state("0.00", held(quantity), pending=[a_sell()], costs=costs))
    day = desk.session({IBM: (opened, opened)})
    (fill,) = day.executions
    assert (fill.quantity, fill.price, fill.commission) == (Decimal(quantity), Decimal(at), Decimal(commission))
    assert day.cash_of(EntryKind.FILL) == [Decimal(cash) + Decimal(commission)]
    assert (day.state.money, day.state.positions) == (Decimal(cash), ())


def test_a_budget_is_never_exceeded_by_the_rounding_of_the_costs() -> None:
    costs = Costs(Decimal("0.001"), Decimal(0))
    desk = PaperDesk(a_state("10.02", pending=[a_buy("10.02")], costs=costs))
    day = desk.session({IBM: ("10.0051", "10")})  # 10.01 and two cents of commission
    assert (day.executions, day.state.money) == ((), Decimal("10.02"))
    assert desk.orders["buy"].reason == "the budget of 10.02 does not buy one share at 10.01"
    desk = PaperDesk(a_state("20.03", pending=[a_buy("20.03")], costs=costs))  # two would cost 20.01 and three cents
    day = desk.session({IBM: ("10.0051", "10")})
    assert (day.executions[0].quantity, day.state.money) == (Decimal(1), Decimal("10.00"))


def test_a_budget_below_one_share_is_rejected_with_the_price() -> None:
    day = PaperDesk(a_state(pending=[a_buy("99.99")])).session({IBM: ("100", "100")})
    (order,) = day.orders
    assert order.status is REJECTED
    assert order.reason == "the budget of 99.99 does not buy one share at 100.00"
    assert (day.state.money, day.state.orders, day.executions, day.entries) == (Decimal(1000), (), (), ())


def test_what_cannot_be_afforded_at_the_fill_is_rejected_with_the_sum() -> None:
    pending = [a_buy("900.00"), a_buy("900.00", MSFT, order_id="second")]
    day = PaperDesk(a_state("1000.00", pending=pending, costs=USUAL)).session({IBM: ("100", "100"), MSFT: ("50", "50")})
    filled, rejected = day.orders
    assert filled.status is FILLED
    assert rejected.status is REJECTED
    assert rejected.reason == "17 shares cost 851.28 with commission, and the account has 198.79"
    assert day.positions == {(FAST, IBM): 8}
    assert day.state.money == Decimal("198.79")
    assert day.state.orders == ()


@pytest.mark.parametrize(("cash", "status"), [("100.10", FILLED), ("100.09", REJECTED)])
def test_the_commission_must_be_affordable_too(cash: str, status: OrderStatus) -> None:
    costs = Costs(Decimal("0.001"), Decimal(0))
    desk = PaperDesk(a_state(cash, pending=[a_buy("100.10")], costs=costs))
    assert desk.session(FLAT).orders[0].status is status
    assert desk.state.money == (Decimal("0.00") if status is FILLED else Decimal(cash))


@pytest.mark.parametrize("order", [a_buy("500.00"), a_sell()])
def test_an_order_waits_where_there_is_no_open(order: Order) -> None:
    desk = PaperDesk(a_state("1000.00", *([held("5")] if order.closes else []), pending=[order]))
    waiting = replace(order, status=OPEN)
    no_bar = desk.session({})
    assert (no_bar.state.orders, no_bar.executions) == ((waiting,), ())
    no_volume = desk.session({IBM: ("10", "10")}, closed=[IBM])
    assert (no_volume.state.orders, no_volume.orders, no_volume.executions) == ((waiting,), (), ())
    open_again = desk.session({IBM: ("10", "10")})
    assert open_again.state.orders == ()
    assert open_again.executions[0].at.date() == DAYS[2]


def test_a_sell_closes_the_whole_position_and_only_that() -> None:
    state = a_state("0.00", held("5"), held("3", MSFT), held("7", strategy=SLOW), pending=[a_sell()])
    day = PaperDesk(state).session(FLAT)
    assert day.positions == {(FAST, MSFT): 3, (SLOW, IBM): 7}
    assert day.state.money == Decimal(50)


@pytest.mark.parametrize(
    ("ratio", "before", "after"),
    [(2.0, "7", "14"), (1.5, "7", "10.5"), (0.1, "7", "0.7"), (1 / 3, "1", "0.33333333"), (1 / 3, "3", "1"),
     (1.0, "7", "7")],
)  # fmt: skip
def test_a_split_multiplies_shares(ratio: float, before: str, after: str) -> None:
    day = PaperDesk(a_state("10.00", held(before), held("1", MSFT))).session(FLAT, actions=[a_split(ratio)])
    assert day.positions == {(FAST, IBM): Decimal(after), (FAST, MSFT): 1}
    assert day.state.money == Decimal(10)
    (entry,) = day.entries
    assert (entry.kind, entry.asset, entry.amount) == (EntryKind.SPLIT, "", Decimal(after) - Decimal(before))
    assert (entry.cause, entry.effective_at) == (f"split of IBM (XNYS) on {START}", midnight(START))


def test_a_position_that_a_split_leaves_nothing_of_is_gone() -> None:
    day = PaperDesk(a_state("0.00", held("0.00000001"))).session(FLAT, actions=[a_split(0.1)])
    assert day.state.positions == ()
    assert day.entries[0].amount == Decimal("-0.00000001")


@pytest.mark.parametrize("ratio", [2.0, 1.5, 0.1])
def test_a_waiting_sell_closes_what_the_split_made(ratio: float) -> None:
    desk = PaperDesk(a_state("0.00", held("10"), pending=[a_sell()]))
    after_split = str(Decimal(10) / Decimal(str(ratio)))
    day = desk.session({IBM: (after_split, after_split)}, actions=[a_split(ratio)])
    assert day.executions[0].quantity == Decimal(10) * Decimal(str(ratio))
    assert day.state.positions == ()
    assert day.state.money.quantize(Decimal(1)) == Decimal(100)


def test_a_waiting_sell_of_what_a_split_left_nothing_of_is_rejected() -> None:
    desk = PaperDesk(a_state("0.00", held("0.00000001"), pending=[a_sell()]))
    day = desk.session(FLAT, actions=[a_split(0.1)])
    assert [(order.status, order.reason) for order in day.orders] == [(REJECTED, "a split has left nothing to sell")]


@pytest.mark.parametrize(("ratio", "opened", "shares"), [(2.0, "5", "20"), (1.5, "6.666666", "15"), (0.1, "100", "1")])
def test_a_waiting_buy_spends_its_budget_at_the_new_price(ratio: float, opened: str, shares: str) -> None:
    day = PaperDesk(a_state(pending=[a_buy("100.00")])).session({IBM: (opened, opened)}, actions=[a_split(ratio)])
    assert day.positions == {(FAST, IBM): Decimal(shares)}
    assert {entry.kind for entry in day.entries} == {EntryKind.FILL}  # who buys at the open was not split


def test_a_dividend_goes_to_those_who_held_before_the_open() -> None:
    state = a_state("0.00", held("7"), held("3", MSFT), pending=[a_sell()])
    day = PaperDesk(state).session(FLAT, actions=[a_dividend(0.333)])
    assert day.cash_of(EntryKind.DIVIDEND) == [Decimal("2.33")]
    assert day.cash_of(EntryKind.FILL) == [Decimal(70)]
    assert day.state.money == Decimal("72.33")

    buyer = PaperDesk(a_state("1000.00", pending=[a_buy("100.00")]))
    day = buyer.session(FLAT, actions=[a_dividend(0.333)])
    assert day.state.money == Decimal(900)
    assert day.cash_of(EntryKind.DIVIDEND) == []


def test_a_dividend_can_pay_for_a_buy_at_the_open() -> None:
    state = a_state("90.00", held("10", strategy=SLOW), pending=[a_buy("100.00")])
    day = PaperDesk(state).session(FLAT, actions=[a_dividend(1.0)])
    assert day.state.money == Decimal(0)
    assert day.positions == {(FAST, IBM): 10, (SLOW, IBM): 10}


@pytest.mark.parametrize("swapped", [False, True])
def test_a_split_and_a_dividend_on_one_day_pay_on_the_new_shares(swapped: bool) -> None:
    actions = [a_split(2.0), a_dividend(0.5)]
    day = PaperDesk(a_state("0.00", held("7"))).session(FLAT, actions=actions[::-1] if swapped else actions)
    assert [entry.kind for entry in day.entries] == [EntryKind.SPLIT, EntryKind.DIVIDEND]
    assert day.positions == {(FAST, IBM): 14}
    assert day.state.money == Decimal(7)


def test_actions_on_days_without_a_session_come_in_their_order() -> None:
    desk = PaperDesk(a_state("0.00", held("1")))
    for _ in range(3):  # up to Friday
        desk.session(FLAT)
    saturday, sunday, monday = date(2013, 1, 5), date(2013, 1, 6), DAYS[3]
    actions = [
        a_dividend(1.0, day=monday),
        a_split(2.0, day=sunday),
        a_dividend(1.0, day=saturday),
        a_split(3.0, day=monday),
    ]
    day = desk.session(FLAT, actions=actions)
    # 1 share pays 1, becomes 2, becomes 6, which pay 6
    assert day.positions == {(FAST, IBM): 6}
    assert day.state.money == Decimal(7)
    assert [(entry.kind, entry.effective_at.date(), entry.amount) for entry in day.entries] == [
        (EntryKind.DIVIDEND, saturday, Decimal(1)),
        (EntryKind.SPLIT, sunday, Decimal(1)),
        (EntryKind.SPLIT, monday, Decimal(4)),
        (EntryKind.DIVIDEND, monday, Decimal(6)),
    ]


def test_two_strategies_on_one_symbol_hold_their_own_shares() -> None:
    desk = PaperDesk(a_state(fraction="0.5"))
    desk.session(FLAT, a_signal(Side.BUY), a_signal(Side.BUY, strategy=SLOW))
    desk.session(FLAT, a_signal(Side.SELL))
    assert quantities(desk.state) == {(FAST, IBM): 50, (SLOW, IBM): 50}
    actions = [a_split(2.0, day=DAYS[2]), a_dividend(0.1, day=DAYS[2])]
    day = desk.session({IBM: ("11", "11")}, actions=actions)
    assert day.positions == {(SLOW, IBM): 100}
    assert day.state.money == Decimal(100 * 11) + Decimal("10.00") * 2
    assert len(day.entries) == 6  # two splits, two dividends, shares and cash of the sale


def test_sells_come_before_buys_at_one_open() -> None:
    state = a_state("0.00", held("10", MSFT, SLOW), pending=[a_buy("200.00"), a_sell(MSFT, SLOW)])
    day = PaperDesk(state).session(FLAT)
    assert [fill.client_order_id for fill in day.executions] == ["sell", "buy"]
    assert day.positions == {(FAST, IBM): 20}
    assert day.state.money == Decimal(0)


def test_the_close_of_the_day_of_the_fill_does_not_move_the_fill() -> None:
    results = []
    for close in ("1", "10", "1000"):
        desk = PaperDesk(a_state(pending=[a_buy("500.00")], costs=USUAL))
        results.append(desk.session({IBM: ("10", close)}).executions)
    assert results[0] == results[1] == results[2]


def test_a_budget_is_a_share_of_cash_and_positions_at_the_close() -> None:
    desk = PaperDesk(a_state("400.00", held("10", MSFT), fraction="0.5"))
    day = desk.session({IBM: ("10", "10"), MSFT: ("1", "60")}, a_signal(Side.BUY, size=0.5))
    assert day.orders[0].budget == Decimal("250.00")


def test_strategies_are_named_in_orders() -> None:
    day = PaperDesk(a_state()).session(FLAT, a_signal(Side.BUY), a_signal(Side.BUY, MSFT, SLOW))
    assert [(order.strategy, order.instrument) for order in day.orders] == [(FAST, IBM), (SLOW, MSFT)]


def test_an_event_tells_of_every_step_of_an_order() -> None:
    desk = PaperDesk(a_state())
    (order,) = desk.session(FLAT, a_signal(Side.BUY)).orders
    desk.session(FLAT)
    events = desk.accounts.events(order.client_order_id)
    assert [str(event.status) for event in events] == ["new", "submitted", "open", "filled"]
    assert [event.filled for event in events] == [0, 0, 0, 100]
    submission = desk.accounts.submission(order.client_order_id)
    assert submission is not None
    assert (submission.attempts, submission.error) == (1, "")


def test_a_strategy_that_trades_for_another_account_does_not_trade_for_this_one() -> None:
    desk = PaperDesk(a_state())
    desk.trading.assignments.rows = [replace(one, account="other") for one in desk.trading.assignments.rows]
    assert desk.session(FLAT, a_signal(Side.BUY)).orders == ()
