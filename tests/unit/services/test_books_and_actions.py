"""Whatever becomes known of splits and dividends, and when: accounts are what plain sums make of their fills."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.signal import Side
from fakes.bars import FakeCorporateActions
from reference.books import Action, Book, Fill, book
from support.account_world import CASH, DAYS, HALTED, IBM, MSFT, World, close_of
from support.dispatch_world import a_world
from support.fuzz import examples

pytestmark = pytest.mark.unit

RATIOS = (Fraction(2), Fraction(3), Fraction(3, 2), Fraction(1, 3), Fraction(1, 7))
PAID = (Fraction(1, 4), Fraction(1, 3), Fraction(3))
LAST = len(DAYS) - 1


@st.composite
def some_actions(draw: st.DrawFn) -> CorporateAction:
    """A split or dividend of one of the two on one of the days."""
    kind = draw(st.sampled_from([ActionKind.SPLIT, ActionKind.DIVIDEND]))
    value = float(draw(st.sampled_from(RATIOS if kind is ActionKind.SPLIT else PAID)))
    return CorporateAction(draw(st.sampled_from([IBM, MSFT])), DAYS[draw(st.integers(1, LAST))], kind, value)


# What a source tells, all of it, from a session on; what it does not tell any more is withdrawn.
tables = st.lists(some_actions(), max_size=4, unique_by=lambda one: (one.instrument, one.ex_date, one.kind))


@settings(max_examples=examples(10), deadline=None)
@given(told=st.lists(st.tuples(st.integers(0, LAST), tables), min_size=1, max_size=3, unique_by=lambda one: one[0]))
def test_an_account_is_what_its_fills_and_the_actions_of_now_come_to(
    told: list[tuple[int, list[CorporateAction]]],
) -> None:
    """They come late, with other values, move to other days and go again, while the account trades."""
    world = a_world()
    world.actions = FakeCorporateActions()
    for day in range(LAST + 1):
        world.decide(day)
        world.dispatch()
        for actions in (actions for known, actions in told if known == day):
            everything = dict.fromkeys((IBM, MSFT), (DAYS[0], DAYS[LAST]))
            world.actions.upsert(actions, "test", everything)
            world.clock.move(timedelta(seconds=1))
    world.dispatch()
    (report,) = world.verify_accounts()
    holding = max(told)[1]
    plain = reference(world, holding)
    if plain.oversold and not report.agrees:
        assert world.checks.all()["paper"].found != ()  # more was sold than there was: for a person
        return
    state = world.accounts.state("paper")
    assert Fraction(state.money) == plain.cash
    held = {(one.strategy.name, one.instrument.symbol): Fraction(one.quantity) for one in state.positions}
    assert held == {key: shares for key, shares in plain.shares.items() if shares}


def reference(world: World, actions: Sequence[CorporateAction]) -> Book:
    """The book of the account's fills and these actions."""
    orders = {order.client_order_id: order for order in world.accounts.orders("paper")}
    fills = []
    for one in world.accounts.executions("paper"):
        order, day = orders[one.client_order_id], DAYS.index(one.at.date())
        sign = 1 if order.side is Side.BUY else -1
        paid = sign * Fraction(one.value) + Fraction(one.commission)
        fills.append(Fill(day, order.strategy.name, order.instrument.symbol, sign * Fraction(one.quantity), paid))
    known = [
        Action(
            DAYS.index(one.ex_date),
            one.instrument.symbol,
            one.kind is ActionKind.SPLIT,
            Fraction(one.value).limit_denominator(100) if one.kind is ActionKind.SPLIT else Fraction(repr(one.value)),
        )
        for one in actions
    ]
    closes = {
        (one.symbol, day): Fraction(close_of(one, day))
        for one in (IBM, MSFT)
        for day in range(LAST + 1)
        if (one, DAYS[day]) != HALTED
    }
    return book(Fraction(CASH), fills, known, closes)
