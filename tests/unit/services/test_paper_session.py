"""One session of a paper account, case by case, to the cent."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account import EntryKind, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.risk.costs import Costs
from algo_trading.services.paper_session import equity_of, price
from paper_desk import (
    FAST,
    FREE,
    HALF,
    IBM,
    MSFT,
    SLOW,
    START,
    USUAL,
    PaperDesk,
    a_buy,
    a_dividend,
    a_sell,
    a_signal,
    a_split,
    an_account,
    held,
)

pytestmark = pytest.mark.unit

FLAT = {IBM: ("10", "10"), MSFT: ("20", "20")}
NEXT = START + timedelta(days=1)


def test_a_session_without_anything_moves_the_cursor_alone() -> None:
    desk = PaperDesk(an_account())
    step = desk.session(FLAT)
    assert step.account == replace(an_account(), cursor=START)
    assert (step.orders, step.fills, step.entries) == ((), (), ())


def test_a_signal_is_filled_at_the_next_open() -> None:
    desk = PaperDesk(an_account(), sizing=HALF)
    first = desk.session({IBM: ("9", "10")}, a_signal(Side.BUY))
    (order,) = first.orders
    assert (order.side, order.budget, order.decided_session) == (Side.BUY, Decimal("500.00"), START)
    assert (order.status, order.reason) == (OrderStatus.PENDING, "it is buy")
    assert first.account.pending == (order,)
    assert first.account.cash == Decimal(1000)
    second = desk.session({IBM: ("12", "99")})
    assert second.orders == (replace(order, status=OrderStatus.FILLED),)
    (fill,) = second.fills
    assert (fill.client_order_id, fill.session) == (order.client_order_id, NEXT)
    assert (fill.quantity, fill.price, fill.commission) == (Decimal(41), Decimal(12), Decimal(0))
    assert second.account.positions == (held("41"),)
    assert second.account.pending == ()
    assert second.account.cash == Decimal(1000 - 41 * 12)


@pytest.mark.parametrize(
    ("costs", "opened", "budget", "shares", "at", "commission", "cash"),
    [
        # fraction, bps: 100.05 a share with commission 100.15005; 9 of them fit into 1,000
        (USUAL, "100", "1000", "9", "100.05", "0.91", "-901.36"),
        (FREE, "100", "1000", "10", "100", "0.00", "-1000.00"),
        (FREE, "100.01", "1000", "9", "100.01", "0.00", "-900.09"),
        # slippage is rounded to a millionth, commission up to the cent
        (Costs(Decimal(0), Decimal(1)), "3.333333", "100", "29", "3.333666", "0.00", "-96.68"),
        (Costs(Decimal("0.0001"), Decimal(0)), "10", "100", "9", "10", "0.01", "-90.01"),
        # exactly enough for ten with the commission
        (Costs(Decimal("0.001"), Decimal(0)), "10", "100.10", "10", "10", "0.10", "-100.10"),
        (Costs(Decimal("0.001"), Decimal(0)), "10", "100.09", "9", "10", "0.09", "-90.09"),
    ],
)
def test_what_a_buy_costs(
    *, costs: Costs, opened: str, budget: str, shares: str, at: str, commission: str, cash: str
) -> None:
    desk = PaperDesk(an_account("5000.00", pending=[a_buy(budget)]), costs)
    step = desk.session({IBM: (opened, opened)})
    (fill,) = step.fills
    (entry,) = step.entries
    assert (fill.quantity, fill.price, fill.commission) == (Decimal(shares), Decimal(at), Decimal(commission))
    assert (entry.kind, entry.cash, entry.quantity) == (EntryKind.FILL, Decimal(cash), Decimal(shares))
    assert step.account.cash == Decimal(5000) + Decimal(cash)


@pytest.mark.parametrize(
    ("costs", "opened", "quantity", "at", "commission", "cash"),
    [
        (USUAL, "100", "9", "99.95", "0.90", "898.65"),
        (FREE, "100", "9", "100", "0.00", "900.00"),
        (FREE, "3.333333", "3", "3.333333", "0.00", "9.99"),  # what is below a cent is not ours
        (USUAL, "100", "0.5", "99.95", "0.05", "49.92"),  # half a share, after a split
        (Costs(Decimal(0), Decimal(9999)), "0.01", "1", "0.000001", "0.00", "0.00"),
    ],
)
def test_what_a_sell_brings(*, costs: Costs, opened: str, quantity: str, at: str, commission: str, cash: str) -> None:
    desk = PaperDesk(an_account("0.00", held(quantity), pending=[a_sell()]), costs)
    step = desk.session({IBM: (opened, opened)})
    (fill,) = step.fills
    (entry,) = step.entries
    assert (fill.quantity, fill.price, fill.commission) == (Decimal(quantity), Decimal(at), Decimal(commission))
    assert (entry.cash, entry.quantity) == (Decimal(cash), -Decimal(quantity))
    assert (step.account.cash, step.account.positions) == (Decimal(cash), ())


def test_a_budget_is_never_exceeded_by_the_rounding_of_the_costs() -> None:
    costs = Costs(Decimal("0.001"), Decimal(0))
    desk = PaperDesk(an_account("10.02", pending=[a_buy("10.02")]), costs)
    step = desk.session({IBM: ("10.0051", "10")})  # 10.01 and two cents of commission
    assert (step.fills, step.account.cash) == ((), Decimal("10.02"))
    assert desk.orders["buy"].reason == "the budget of 10.02 does not buy one share at 10.01"
    desk = PaperDesk(an_account("20.03", pending=[a_buy("20.03")]), costs)  # two would cost 20.01 and three cents
    step = desk.session({IBM: ("10.0051", "10")})
    assert (step.fills[0].quantity, step.account.cash) == (Decimal(1), Decimal("10.00"))


def test_a_budget_below_one_share_is_refused_with_the_price() -> None:
    desk = PaperDesk(an_account(pending=[a_buy("99.99")]))
    step = desk.session({IBM: ("100", "100")})
    (order,) = step.orders
    assert order.status is OrderStatus.REFUSED
    assert order.reason == "the budget of 99.99 does not buy one share at 100.00"
    assert (step.account.cash, step.account.pending, step.fills, step.entries) == (Decimal(1000), (), (), ())


def test_what_cannot_be_afforded_at_the_fill_is_refused_with_the_sum() -> None:
    desk = PaperDesk(an_account("1000.00", pending=[a_buy("900.00"), a_buy("900.00", MSFT, order_id="second")]), USUAL)
    step = desk.session({IBM: ("100", "100"), MSFT: ("50", "50")})
    filled, refused = step.orders
    assert filled.status is OrderStatus.FILLED
    assert refused.status is OrderStatus.REFUSED
    assert refused.reason == "17 shares cost 851.28 with commission, and the account has 198.79"
    assert step.account.positions == (held("8"),)
    assert step.account.cash == Decimal("198.79")
    assert step.account.pending == ()


@pytest.mark.parametrize(("cash", "status"), [("100.10", OrderStatus.FILLED), ("100.09", OrderStatus.REFUSED)])
def test_the_commission_must_be_affordable_too(cash: str, status: OrderStatus) -> None:
    desk = PaperDesk(an_account(cash, pending=[a_buy("100.10")]), Costs(Decimal("0.001"), Decimal(0)))
    assert desk.session(FLAT).orders[0].status is status
    assert desk.account.cash == (Decimal("0.00") if status is OrderStatus.FILLED else Decimal(cash))


@pytest.mark.parametrize("order", [a_buy("500.00"), a_sell()])
def test_an_order_waits_where_there_is_no_open(order: object) -> None:
    account = an_account("1000.00", *([held("5")] if order == a_sell() else []), pending=[order])  # type: ignore[list-item]  # both are orders
    desk = PaperDesk(account)
    no_bar = desk.session({})
    assert (no_bar.account.pending, no_bar.orders) == ((order,), ())
    no_volume = desk.session({IBM: ("10", "10")}, closed=[IBM])
    assert (no_volume.account.pending, no_volume.fills) == ((order,), ())
    open_again = desk.session({IBM: ("10", "10")})
    assert open_again.account.pending == ()
    assert open_again.fills[0].session == START + timedelta(days=2)


def test_a_sell_closes_the_whole_position_and_only_that() -> None:
    account = an_account("0.00", held("5"), held("7", strategy=SLOW), held("3", MSFT), pending=[a_sell()])
    step = PaperDesk(account).session(FLAT)
    assert step.account.positions == (held("7", strategy=SLOW), held("3", MSFT))
    assert step.account.cash == Decimal(50)


@pytest.mark.parametrize(
    ("ratio", "before", "after"),
    [(2.0, "7", "14"), (1.5, "7", "10.5"), (0.1, "7", "0.7"), (1 / 3, "1", "0.33333333"), (1.0, "7", "7")],
)
def test_a_split_multiplies_shares(ratio: float, before: str, after: str) -> None:
    step = PaperDesk(an_account("10.00", held(before), held("1", MSFT))).session(FLAT, actions=[a_split(ratio)])
    assert step.account.positions == (held(after), held("1", MSFT))
    assert step.account.cash == Decimal(10)
    (entry,) = step.entries
    assert (entry.kind, entry.cash, entry.quantity) == (EntryKind.SPLIT, Decimal(0), Decimal(after) - Decimal(before))


def test_a_position_that_a_split_leaves_nothing_of_is_gone() -> None:
    step = PaperDesk(an_account("0.00", held("0.00000001"))).session(FLAT, actions=[a_split(0.1)])
    assert step.account.positions == ()
    assert step.entries[0].quantity == Decimal("-0.00000001")


@pytest.mark.parametrize("ratio", [2.0, 1.5, 0.1])
def test_a_waiting_sell_closes_what_the_split_made(ratio: float) -> None:
    desk = PaperDesk(an_account("0.00", held("10"), pending=[a_sell()]))
    after_split = str(Decimal(10) / Decimal(str(ratio)))
    step = desk.session({IBM: (after_split, after_split)}, actions=[a_split(ratio)])
    assert step.fills[0].quantity == Decimal(10) * Decimal(str(ratio))
    assert step.account.positions == ()
    assert step.account.cash.quantize(Decimal(1)) == Decimal(100)


@pytest.mark.parametrize(("ratio", "opened", "shares"), [(2.0, "5", "20"), (1.5, "6.666666", "15"), (0.1, "100", "1")])
def test_a_waiting_buy_spends_its_budget_at_the_new_price(ratio: float, opened: str, shares: str) -> None:
    step = PaperDesk(an_account(pending=[a_buy("100.00")])).session({IBM: (opened, opened)}, actions=[a_split(ratio)])
    assert step.account.positions == (held(shares),)
    assert [entry.kind for entry in step.entries] == [EntryKind.FILL]  # who buys at the open was not split


def test_a_dividend_goes_to_those_who_held_before_the_open() -> None:
    account = an_account("0.00", held("7"), held("3", MSFT), pending=[a_sell()])
    step = PaperDesk(account).session(FLAT, actions=[a_dividend(0.333)])
    dividend, sale = step.entries
    assert (dividend.kind, dividend.cash, dividend.quantity) == (EntryKind.DIVIDEND, Decimal("2.33"), Decimal(0))
    assert sale.kind is EntryKind.FILL
    assert step.account.cash == Decimal("72.33")

    buyer = PaperDesk(an_account("1000.00", pending=[a_buy("100.00")]))
    step = buyer.session(FLAT, actions=[a_dividend(0.333)])
    assert step.account.cash == Decimal(900)
    assert [entry.kind for entry in step.entries] == [EntryKind.FILL]


def test_a_dividend_can_pay_for_a_buy_at_the_open() -> None:
    account = an_account("90.00", held("10", strategy=SLOW), pending=[a_buy("100.00")])
    step = PaperDesk(account).session(FLAT, actions=[a_dividend(1.0)])
    assert step.account.cash == Decimal(0)
    assert step.account.positions == (held("10"), held("10", strategy=SLOW))


@pytest.mark.parametrize("swapped", [False, True])
def test_a_split_and_a_dividend_on_one_day_pay_on_the_new_shares(swapped: bool) -> None:
    actions = [a_split(2.0), a_dividend(0.5)]
    step = PaperDesk(an_account("0.00", held("7"))).session(FLAT, actions=actions[::-1] if swapped else actions)
    assert [entry.kind for entry in step.entries] == [EntryKind.SPLIT, EntryKind.DIVIDEND]
    assert step.account.positions == (held("14"),)
    assert step.account.cash == Decimal(7)


def test_actions_on_days_without_a_session_come_in_their_order_in_one_entry_each() -> None:
    saturday, sunday = START - timedelta(days=4), START - timedelta(days=3)
    actions = [a_dividend(1.0), a_split(2.0, day=sunday), a_dividend(1.0, day=saturday), a_split(3.0)]
    step = PaperDesk(an_account("0.00", held("1"))).session(FLAT, actions=actions)
    # 1 share pays 1, becomes 2, becomes 6, which pay 6: the book has one line for each kind and session
    assert step.account.positions == (held("6"),)
    assert step.account.cash == Decimal(7)
    assert [(entry.kind, entry.cash, entry.quantity) for entry in step.entries] == [
        (EntryKind.DIVIDEND, Decimal(7), Decimal(0)),
        (EntryKind.SPLIT, Decimal(0), Decimal(5)),
    ]


def test_two_strategies_on_one_symbol_hold_their_own_shares() -> None:
    desk = PaperDesk(an_account(), sizing=HALF)
    desk.session(FLAT, a_signal(Side.BUY), a_signal(Side.BUY, strategy=SLOW))
    desk.session(FLAT, a_signal(Side.SELL))
    assert desk.account.positions == (held("50"), held("50", strategy=SLOW))
    step = desk.session({IBM: ("11", "11")}, actions=[a_split(2.0), a_dividend(0.1)])
    assert step.account.positions == (held("100", strategy=SLOW),)
    assert step.account.cash == Decimal(100 * 11) + Decimal("10.00") * 2
    assert len(step.entries) == 5


def test_sells_come_before_buys_at_one_open() -> None:
    account = an_account("0.00", held("10", MSFT, SLOW), pending=[a_buy("200.00"), a_sell(MSFT, SLOW)])
    step = PaperDesk(account).session(FLAT)
    assert [order.client_order_id for order in step.orders] == ["sell", "buy"]
    assert step.account.positions == (held("20"),)
    assert step.account.cash == Decimal(0)


def test_the_close_of_the_day_of_the_fill_does_not_move_the_fill() -> None:
    results = []
    for close in ("1", "10", "1000"):
        desk = PaperDesk(an_account(pending=[a_buy("500.00")]), USUAL)
        results.append(desk.session({IBM: ("10", close)}).fills)
    assert results[0] == results[1] == results[2]


def test_a_budget_is_a_share_of_cash_and_positions_at_the_close() -> None:
    account = an_account("400.00", held("10", MSFT))
    step = PaperDesk(account, sizing=HALF).session({IBM: ("10", "10"), MSFT: ("1", "60")}, a_signal(Side.BUY, size=0.5))
    assert step.orders[0].budget == Decimal("250.00")


def test_equity_counts_a_position_without_any_close_as_nothing() -> None:
    account = an_account("1.00", held("2"), held("3", MSFT))
    assert equity_of(account, {IBM: Decimal("10.005")}) == Decimal("21.01")


@pytest.mark.parametrize(("value", "exact"), [(0.1, "0.1"), (1e-7, "0"), (123456.7890125, "123456.789012")])
def test_prices_become_money_by_their_shortest_text(value: float, exact: str) -> None:
    assert price(value) == Decimal(exact)


def test_strategies_are_named_in_orders() -> None:
    step = PaperDesk(an_account()).session(FLAT, a_signal(Side.BUY), a_signal(Side.BUY, MSFT, SLOW))
    assert [(order.strategy, order.instrument) for order in step.orders] == [(FAST, IBM), (SLOW, MSFT)]
