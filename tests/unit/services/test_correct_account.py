"""Splits and dividends that come late, change or are withdrawn: corrected accounts are as if they had been known."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account import AccountState
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import EntryKind, Holding
from algo_trading.repositories.accounts import AccountStep
from algo_trading.services.correct_account import CannotCorrectError
from fakes.bars import FakeCorporateActions
from support.account_world import ACTIONS, DAYS, IBM, MSFT, SLOW, World
from support.dispatch_world import ALL, a_world

pytestmark = pytest.mark.unit

SPLIT, DIVIDEND, OF_MSFT = ACTIONS
SLOW_IBM = Holding(SLOW, Series(IBM))


def know(world: World, actions: Iterable[CorporateAction]) -> None:
    world.actions = FakeCorporateActions()
    world.actions.upsert(actions, "test")


def told(first: Iterable[CorporateAction], until: int, then: Iterable[CorporateAction] = ACTIONS) -> World:
    """A world that knows the first actions until a session is over, and then the other ones."""
    world = a_world()
    know(world, first)
    world.decide(*range(until + 1))
    world.dispatch()
    know(world, then)
    return world


def finished(world: World) -> AccountState:
    world.decide(*ALL)
    world.dispatch()
    assert all(report.agrees for report in world.verify_accounts())
    return world.accounts.state("paper")


@pytest.fixture(scope="module")
def in_time() -> AccountState:
    return finished(a_world())


@pytest.mark.parametrize(
    ("first", "until"),
    [
        ((OF_MSFT,), 3),  # the split and the dividend of IBM one session late
        ((replace(SPLIT, value=3.0), DIVIDEND, OF_MSFT), 3),  # a split of another ratio
        ((SPLIT, replace(DIVIDEND, value=0.5), OF_MSFT), 3),  # a dividend of another amount
        ((*ACTIONS, CorporateAction(MSFT, DAYS[4], ActionKind.DIVIDEND, 3.0)), 4),  # one that was withdrawn
        ((*ACTIONS, CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 4.0)), 4),
        ((replace(SPLIT, ex_date=DAYS[4]), DIVIDEND, OF_MSFT), 4),  # a split that was moved by a session
    ],
)
def test_what_was_corrected_goes_on_as_if_it_had_been_known(
    in_time: AccountState, first: tuple[CorporateAction, ...], until: int
) -> None:
    world = told(first, until)
    assert not world.verify_accounts()[0].agrees
    entries = world.correct_account("paper")
    assert {entry.kind for entry in entries} == {EntryKind.CORRECTION}
    assert all(entry.effective_at < entry.booked_at for entry in entries)
    assert world.verify_accounts()[0].agrees
    assert world.correct_account("paper") == ()
    after = finished(world)
    assert (after.sums, after.positions) == (in_time.sums, in_time.positions)


def test_an_action_may_be_corrected_twice() -> None:
    world = told((OF_MSFT,), 3)
    world.correct_account("paper")
    know(world, (replace(SPLIT, value=3.0), DIVIDEND, OF_MSFT))
    world.clock.move(timedelta(seconds=1))
    world.correct_account("paper")
    know(world, ACTIONS)
    world.clock.move(timedelta(seconds=1))
    world.correct_account("paper")
    know_in_time = told(ACTIONS, 3)
    assert world.accounts.state("paper").sums == know_in_time.accounts.state("paper").sums


def test_shares_that_a_late_split_made_after_the_sale_are_held() -> None:
    world = told((OF_MSFT,), 9, (SPLIT, OF_MSFT))
    assert world.accounts.state("paper").position(SLOW_IBM) is None
    bought = world.accounts.executions("paper")[1].quantity
    world.correct_account("paper")
    held = world.accounts.state("paper").position(SLOW_IBM)
    assert held is not None
    assert held.quantity == bought
    assert world.verify_accounts()[0].agrees


def test_a_split_withdrawn_after_the_sale_is_for_a_person() -> None:
    world = told(ACTIONS, 9, (DIVIDEND, OF_MSFT))
    with pytest.raises(CannotCorrectError, match="more IBM was sold than the account would have had"):
        world.correct_account("paper")


def test_what_no_action_explains_is_not_corrected() -> None:
    world = told(ACTIONS, 3)
    before = world.accounts.state("paper")
    world.accounts.store(AccountStep(before, before.paid("USD", Decimal(1)), world.clock.now()))
    with pytest.raises(CannotCorrectError, match="paper differs by more than its corporate actions: USD: "):
        world.correct_account("paper")
