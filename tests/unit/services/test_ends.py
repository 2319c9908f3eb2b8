"""Delistings and mergers: what is held is closed or exchanged, orders are cancelled, and the book is derived again."""

from decimal import Decimal

import pytest

from algo_trading.domain.account import AccountState
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import EntryKind, Holding
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.time import midnight
from support.account_world import ACTIONS, DAYS, FAST, IBM, MSFT, SLOW, World
from support.dispatch_world import ALL, a_world

pytestmark = pytest.mark.unit

SPLIT, DIVIDEND, OF_MSFT = ACTIONS
END = 5  # a sell of FAST was decided the session before, and waits
SLOW_IBM, FAST_IBM = Holding(SLOW, Series(IBM)), Holding(FAST, Series(IBM))


def ended(kind: ActionKind, value: float, target: str = "") -> CorporateAction:
    return CorporateAction(IBM, DAYS[END], kind, value, target)


def without_bars() -> World:
    """IBM has no bar from its end on."""
    world = a_world()
    for day in DAYS[END:]:
        world.bars.drop(Series(IBM), midnight(day))
    return world


def moved(world: World, until: int) -> AccountState:
    world.decide(*range(until + 1))
    world.dispatch()
    return world.accounts.state("paper")


def agree(world: World) -> None:
    assert [report.found for report in world.verify_accounts()] == [()]


def test_without_a_word_the_position_stays_and_its_order_waits() -> None:
    world = without_bars()
    state = moved(world, len(DAYS) - 1)
    assert state.position(FAST_IBM) is not None
    assert [order.instrument for order in state.orders if order.closes and order.strategy == FAST] == [IBM]


@pytest.mark.parametrize("price", [0.0, 41.5])
def test_a_delisting_closes_at_its_price_and_cancels_what_waits(price: float) -> None:
    """A pending sell waited for 400 sessions, and a position became worthless after 370 days."""
    world = without_bars()
    before = moved(world, END - 1)
    held = [position.quantity for position in before.positions if position.instrument == IBM]
    (waiting,) = [order for order in before.orders if order.instrument == IBM]
    world.actions.upsert([ended(ActionKind.DELISTED, price)], "person")
    after = moved(world, END)
    assert not [position for position in after.positions if position.instrument == IBM]
    assert not [order for order in after.orders if order.instrument == IBM]
    gone = world.accounts.order(waiting.client_order_id)
    assert gone is not None
    assert (gone.status, gone.reason) == (OrderStatus.CANCELLED, f"delisting of IBM on {DAYS[END]}")
    book = [entry for entry in world.accounts.entries("paper") if entry.kind is EntryKind.DELISTED]
    assert sorted(entry.amount for entry in book if not entry.asset) == sorted(-quantity for quantity in held)
    assert sum(entry.amount for entry in book if entry.asset) == sum(held) * Decimal(str(price))
    agree(world)
    moved(world, len(DAYS) - 1)
    agree(world)


def test_a_merger_gives_shares_of_the_other_and_cash_for_a_part_of_one() -> None:
    world = without_bars()
    before = moved(world, END - 1)
    world.actions.upsert([ended(ActionKind.MERGED, 1 / 7, "MSFT")], "person")
    after = moved(world, END)
    for strategy in (FAST, SLOW):
        old, more = Holding(strategy, Series(IBM)), Holding(strategy, Series(MSFT))
        had, held, has = before.position(old), before.position(more), after.position(more)
        assert had is not None
        assert has is not None
        assert after.position(old) is None
        assert has.quantity == had.quantity // 7 + (held.quantity if held is not None else 0)
    cash = [e for e in world.accounts.entries("paper") if e.kind is EntryKind.MERGED and e.asset]
    assert cash, "a seventh of the shares is no whole number"
    agree(world)
    moved(world, len(DAYS) - 1)  # with a dividend of MSFT, which the shares earn
    agree(world)


@pytest.mark.parametrize(
    "action",
    [ended(ActionKind.DELISTED, 30.0), ended(ActionKind.MERGED, 0.5, "MSFT"), ended(ActionKind.MERGED, 2.0, "NEW")],
)
def test_one_that_is_told_late_is_corrected(action: CorporateAction) -> None:
    in_time, late = without_bars(), without_bars()
    in_time.actions.upsert([action], "person")
    moved(in_time, END + 1)
    moved(late, END + 1)
    late.actions.upsert([action], "person")
    late.dispatch()
    agree(late)
    cash = [world.accounts.state("paper").sums.cash["USD"] for world in (late, in_time)]
    assert cash[0] == cash[1]


def test_an_end_that_never_was_is_corrected_back() -> None:
    world = without_bars()
    world.actions.upsert([ended(ActionKind.DELISTED, 30.0)], "person")
    moved(world, END)
    world.actions.withdraw(IBM, DAYS[END], ActionKind.DELISTED)
    world.dispatch()
    agree(world)
    assert world.accounts.state("paper").position(SLOW_IBM) is not None
    world.decide(*ALL)
    world.dispatch()
    agree(world)
