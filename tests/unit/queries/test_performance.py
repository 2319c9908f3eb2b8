"""How accounts have done: by hand, on an account whose sessions are known."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from algo_trading.domain.booking import book_deposit
from algo_trading.domain.ledger import EntryKind
from algo_trading.notification.equity_chart import draw_equity
from algo_trading.queries.performance import Performance, ReadPerformance
from algo_trading.repositories.accounts import AccountStep
from support.account_world import DAYS, World
from support.dispatch_world import a_world

pytestmark = pytest.mark.unit


def performance(world: World) -> Performance:
    last = world.accounts.state("paper").clocks[0].cursor
    assert last is not None
    return ReadPerformance(world.accounts, world.bars, world.prices)("paper", last + timedelta(hours=22))


@pytest.fixture
def traded() -> World:
    world = a_world()
    world.decide(*range(len(DAYS)))
    world.dispatch()
    return world


def test_equity_and_profits_add_up(traded: World) -> None:
    found = performance(traded)
    assert found.paid == Decimal("100000.00")
    assert found.curve[0].equity == 100_000
    assert found.curve[-1].equity - 100_000 == pytest.approx(sum(one.profit for one in found.results))
    assert found.total_return == pytest.approx(found.curve[-1].equity / 100_000 - 1)
    state, _, executions, entries = traded.books()
    assert sum(one.fills for one in found.results) == len(executions)
    fees = -sum(one.amount for one in entries if one.kind is EntryKind.COMMISSION)
    assert found.fees == {"USD": fees}
    assert sum(one.value for one in found.results) == pytest.approx(found.curve[-1].equity - float(state.money))
    assert 0 <= found.max_drawdown < 1


def test_a_split_changes_no_equity(traded: World) -> None:
    growths = [point.growth for point in performance(traded).curve]
    moves = [after / before - 1 for before, after in pairwise(growths)]
    assert max(map(abs, moves)) < 0.05


def test_payments_do_not_count_as_returns(traded: World) -> None:
    before = performance(traded)
    state = traded.accounts.state("paper")
    at = before.curve[len(before.curve) // 2].at - timedelta(hours=1)
    booking = book_deposit(state, Decimal(50_000), "more", at, at)
    traded.accounts.store(AccountStep(state, booking.state, at, entries=booking.entries))
    after = performance(traded)
    assert after.paid == 150_000
    assert after.curve[-1].equity == pytest.approx(before.curve[-1].equity + 50_000)
    middle = len(before.curve) // 2
    assert after.curve[middle].growth == pytest.approx(before.curve[middle].growth)
    rest_before, rest_after = (found.curve[-1].growth / found.curve[middle].growth - 1 for found in (before, after))
    assert 0 < abs(rest_after) < abs(rest_before)  # the same result on more money


def test_an_account_that_has_done_nothing_stands_still() -> None:
    world = World()
    account = world.open()
    found = ReadPerformance(world.accounts, world.bars, world.prices)("paper", account.start + timedelta(days=3))
    assert [point.equity for point in found.curve] == [100_000] * 4
    assert (found.total_return, found.max_drawdown, found.fees, found.results) == (0, 0, {}, ())


def test_the_curve_is_drawn_the_same_each_time(traded: World) -> None:
    curve = performance(traded).curve
    pictures = {draw_equity("paper", [p.at for p in curve], [p.equity for p in curve]) for _ in range(2)}
    assert len(pictures) == 1
    assert draw_equity("one", [curve[0].at], [1.0]).startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no equity"):
        draw_equity("none", [], [])
