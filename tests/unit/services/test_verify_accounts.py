"""Accounts derived again from their fills and actions: whatever was changed behind their back is found."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding
from algo_trading.repositories.accounts import AccountStep
from algo_trading.services.verify_accounts import AccountDiffersError, VerifyReport, agreed
from support.account_world import ACTIONS, DAYS, IBM, MSFT, SLOW, World
from support.dispatch_world import ALL, a_world

pytestmark = pytest.mark.unit

DIVIDEND = CorporateAction(MSFT, DAYS[7], ActionKind.DIVIDEND, 0.5)
SLOW_IBM = Holding(SLOW, Series(IBM))


def moved_until(last: int) -> World:
    world = a_world()
    world.decide(*range(last + 1))
    world.dispatch()
    return world


def verified(world: World) -> VerifyReport:
    (report,) = world.verify_accounts()
    return report


@pytest.mark.parametrize("last", ALL)
def test_an_account_that_was_left_alone_agrees_after_every_session(last: int) -> None:
    world = moved_until(last)
    assert verified(world) == VerifyReport("paper", fills=len(world.accounts.executions("paper")))


def test_only_the_accounts_that_are_named_are_verified() -> None:
    world = a_world()
    world.open("other")
    assert [report.account for report in world.verify_accounts()] == ["other", "paper"]
    assert [report.account for report in world.verify_accounts(["other"])] == ["other"]
    with pytest.raises(KeyError):
        world.verify_accounts(["nobody"])


def test_a_position_that_was_changed_is_found() -> None:
    world = moved_until(3)
    before = world.accounts.state("paper")
    held = before.position(SLOW_IBM)
    assert held is not None
    changed = before.holding(replace(held, quantity=held.quantity + 1))
    world.accounts.store(AccountStep(before, changed, world.clock.now()))
    report = verified(world)
    assert report.book == (
        f"IBM of slow(): the book has {held.quantity.normalize():f}, not {held.quantity.normalize() + 1:f}",
    )
    assert len(report.derived) == 1


@pytest.mark.parametrize("asset", ["", "USD"])
def test_a_change_that_the_book_was_changed_for_too_is_found(asset: str) -> None:
    """The book and the account agree then: only the fills and actions tell."""
    world = moved_until(3)
    before, now = world.accounts.state("paper"), world.clock.now()
    held = before.position(SLOW_IBM)
    assert held is not None
    after = before.paid(asset, Decimal(1)) if asset else before.holding(replace(held, quantity=held.quantity + 1))
    entry = Entry(EntryKind.FILL, "made up", Decimal(1), now, now, asset, SLOW_IBM)
    world.accounts.store(AccountStep(before, after, now, entries=(entry,)))
    report = verified(world)
    assert (report.book, len(report.derived), report.agrees) == ((), 1, False)


class TestActionsThatChangeLater:
    def test_a_late_split(self) -> None:
        world = moved_until(6)
        held = f"{world.accounts.state('paper').sums.held[SLOW_IBM].normalize():f}"
        world.actions.upsert([CorporateAction(IBM, DAYS[6], ActionKind.SPLIT, 2.0)], "test")
        report = verified(world)
        assert report.actions == (
            f"split of IBM (XNYS) on {DAYS[6]}: slow should have got {held} IBM, and 0 was booked",
        )
        assert report.derived == (f"IBM of slow(): deposits, fills and actions make {2 * int(held)}, not {held}",)

    def test_a_late_dividend(self) -> None:
        world = moved_until(6)
        held = world.accounts.state("paper").sums.held[SLOW_IBM]
        world.actions.upsert([CorporateAction(IBM, DAYS[6], ActionKind.DIVIDEND, 0.3)], "test")
        (sentence,) = verified(world).actions
        paid = (held * Decimal("0.3")).quantize(Decimal("0.01")).normalize()
        assert sentence.endswith(f"on {DAYS[6]}: slow should have got {paid:f} USD, and 0 was booked")

    def test_a_corrected_dividend(self) -> None:
        world = moved_until(9)
        world.actions.upsert([replace(DIVIDEND, value=0.7)], "test")
        report = verified(world)
        assert report.actions
        assert [one.split(":")[0] for one in report.derived] == ["USD"]

    def test_a_withdrawn_dividend(self) -> None:
        world = moved_until(9)
        world.actions = type(world.actions)()
        world.actions.upsert(set(ACTIONS) - {DIVIDEND}, "test")
        assert all("should have got 0 USD, and " in sentence for sentence in verified(world).actions)
        assert not verified(world).agrees

    def test_a_split_that_moved_to_the_next_session(self) -> None:
        """Only its cause is another one: the quantity is the same."""
        world = moved_until(9)
        world.actions = type(world.actions)()
        moved = {replace(one, ex_date=DAYS[4]) if one.kind is ActionKind.SPLIT else one for one in ACTIONS}
        world.actions.upsert(moved, "test")
        on = {sentence.split(":")[0][-10:] for sentence in verified(world).actions if sentence.startswith("split")}
        assert on == {str(DAYS[3]), str(DAYS[4])}

    def test_what_is_still_to_come_is_no_difference(self) -> None:
        world = moved_until(5)
        world.actions.upsert([CorporateAction(IBM, DAYS[6], ActionKind.SPLIT, 2.0)], "test")
        assert verified(world).agrees


def test_an_action_on_a_weekend_counts_from_the_next_session_on() -> None:
    world = a_world()
    world.actions.upsert([CorporateAction(IBM, date(2013, 1, 6), ActionKind.DIVIDEND, 1.0)], "test")
    world.decide(*ALL)
    world.dispatch()
    assert any(e.effective_at.date() == DAYS[2] + timedelta(days=2) for e in world.accounts.entries("paper"))
    assert verified(world).agrees


def test_the_review_names_accounts_that_differ() -> None:
    fine, wrong = VerifyReport("fine", 3), VerifyReport("wrong", 1, derived=("USD: 1, not 2",), actions=("a split",))
    assert agreed([fine]) == [fine]
    with pytest.raises(AccountDiffersError, match=r"^1 of 2 accounts are not .*: wrong: USD: 1, not 2; "):
        agreed([fine, wrong])


def test_cash_in_lieu_of_a_part_of_a_share_is_derived_too() -> None:
    world = a_world()
    world.actions.upsert([replace(ACTIONS[0], value=1 / 7)], "test")
    world.decide(*ALL)
    world.dispatch()
    book = world.accounts.entries("paper")
    paid = [entry for entry in book if entry.kind is EntryKind.SPLIT and entry.asset == "USD"]
    assert paid, "a seventh of the shares is no whole number"
    assert all(position.quantity % 1 == 0 for position in world.accounts.state("paper").positions)
    assert verified(world).found == ()
