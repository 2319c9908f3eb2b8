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


def test_what_several_actions_left_wrong_is_added_up_first() -> None:
    """Without the first split alone more would be gone than there is, with both withdrawn nothing is."""
    splits = [CorporateAction(IBM, DAYS[day], ActionKind.SPLIT, value) for day, value in ((6, 2.0), (7, 1 / 3))]
    world = told(splits, 7, ())
    assert [entry.amount < 0 for entry in world.correct_account("paper") if not entry.asset] == [True, False]
    assert world.verify_accounts()[0].agrees


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


class TestWhenDispatching:
    """Late, changed, moved and withdrawn actions are corrected by the next pass, without anybody's asking."""

    @pytest.mark.parametrize(
        ("first", "until"),
        [
            *(((OF_MSFT,), until) for until in range(3, 10)),
            *(((SPLIT, replace(DIVIDEND, value=0.5), OF_MSFT), until) for until in (3, 5, 9)),
            *(((*ACTIONS, CorporateAction(MSFT, DAYS[2], ActionKind.DIVIDEND, 3.0)), until) for until in (3, 9)),
            # Later FAST has sold more than it would have had.
            *(((replace(SPLIT, value=3.0), DIVIDEND, OF_MSFT), until) for until in (3, 4)),
            *(((replace(SPLIT, ex_date=DAYS[2]), DIVIDEND, OF_MSFT), until) for until in (3, 4)),
        ],
    )
    def test_the_account_is_what_its_fills_and_the_actions_of_now_come_to(
        self, first: tuple[CorporateAction, ...], until: int
    ) -> None:
        world = a_world()
        know(world, first)
        world.decide(*range(until + 1))
        world.dispatch()
        everything = {IBM: (DAYS[0], DAYS[-1]), MSFT: (DAYS[0], DAYS[-1])}
        world.actions.upsert(ACTIONS, "test", everything)
        world.dispatch()
        report = world.checks.all()["paper"]
        assert report.found == (), "the verdict is stored for status"
        assert all(one.agrees for one in world.verify_accounts())
        world.decide(*ALL)
        world.dispatch()
        assert all(one.agrees for one in world.verify_accounts())

    @pytest.mark.parametrize("until", [3, 4])
    def test_one_session_late_it_ends_as_if_it_had_been_known(self, in_time: AccountState, until: int) -> None:
        """The final equity was 73,221.65 instead of 107,342.33."""
        world = a_world()
        know(world, (DIVIDEND, OF_MSFT))
        world.decide(*range(until))
        world.dispatch()
        world.actions.upsert(ACTIONS, "test")
        after = finished(world)
        assert (after.sums, after.positions) == (in_time.sums, in_time.positions)

    def test_an_order_that_waits_to_close_the_position_closes_all_of_it(self) -> None:
        world = a_world()
        know(world, (OF_MSFT,))
        world.decide(*range(9))
        world.dispatch()
        before = world.accounts.state("paper")
        held = before.position(SLOW_IBM)
        (order,) = [one for one in before.orders if one.instrument == IBM and one.closes]
        assert held is not None
        numbered = replace(order, quantity=held.quantity)
        world.accounts.store(AccountStep(before, before.ordering(numbered), world.clock.now(), (numbered,)))
        world.actions.upsert((SPLIT,), "test")
        world.dispatch()
        (after,) = [one for one in world.accounts.state("paper").orders if one.instrument == IBM and one.closes]
        assert after.quantity == 2 * held.quantity
        finished(world)
        assert world.accounts.state("paper").position(SLOW_IBM) is None

    def test_what_needs_a_person_is_said_and_stops_nobody(self) -> None:
        world = a_world()
        world.decide(*range(10))
        world.dispatch()
        world.actions.withdraw(IBM, DAYS[3], ActionKind.SPLIT)
        world.decide(*ALL)
        (report,) = world.dispatch()
        assert report.periods
        assert world.checks.all()["paper"].found != ()

    def test_what_lies_ahead_is_no_reason_to_look(self) -> None:
        world = a_world()
        world.decide(*range(5))
        world.dispatch()
        world.actions.upsert([CorporateAction(MSFT, DAYS[8], ActionKind.DIVIDEND, 3.0)], "test")
        world.dispatch()
        check = world.checks.all()["paper"]
        assert (check.checked_at, check.actions_at) == (None, world.actions.changed_at())
