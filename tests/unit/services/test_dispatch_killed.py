"""A process may die between any two steps: the next one ends where an undisturbed one does, and nothing comes twice."""

from collections.abc import Callable
from typing import Any

import pytest

from algo_trading.domain.account import AccountState
from algo_trading.domain.exits import Exits
from algo_trading.domain.order import Order
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval, midnight
from algo_trading.gateways.brokers import Broker, OrderReport
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.periods import Stage
from contracts.bars import bar_row, bar_rows
from fakes.accounts import FakeAccounts
from support.account_world import DAYS, FAST, IBM, MSFT, SLOW, World
from support.paper_desk import PaperDesk, a_dividend, a_signal, a_split, a_state
from support.trading import Trading

pytestmark = pytest.mark.unit

STRIDE = 5  # steps repeat from session to session, not five by five


class Killed(BaseException):
    """The process is gone."""


class Countdown:
    """Dies at the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


class MortalAccounts(FakeAccounts):
    """Dies before a transaction, or after it."""

    def __init__(self) -> None:
        super().__init__()
        self.countdown = Countdown(0)

    def store(self, step: AccountStep) -> AccountState:
        self.countdown.step()
        stored = super().store(step)
        self.countdown.step()
        return stored


class MortalBroker:
    """A broker that keeps what it was sent, and whose caller dies before it is sent or before the answer comes."""

    def __init__(self, broker: Broker, countdown: Countdown, received: list[str]) -> None:
        self._broker, self._countdown, self._received = broker, countdown, received

    def submit(self, order: Order) -> OrderReport:
        self._countdown.step()
        assert order.client_order_id not in self._received, "an order was sent twice"
        self._received.append(order.client_order_id)
        report = self._broker.submit(order)
        self._countdown.step()
        return report

    def order(self, order: Order) -> OrderReport | None:
        return self._broker.submit(order) if order.client_order_id in self._received else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)


def stubborn(world: Trading, die_at: int) -> bool:
    """Dispatch with a process that dies at a step, and then with one that does not; whether the first one died."""
    accounts = world.accounts
    assert isinstance(accounts, MortalAccounts)
    received: list[str] = []
    paper = world.brokers
    world.find_broker = lambda account: MortalBroker(paper(account), accounts.countdown, received)
    accounts.countdown = Countdown(die_at)
    try:
        world.dispatch()
    except Killed:
        accounts.countdown = Countdown(0)
        world.dispatch()
        return True
    finally:
        world.find_broker = None
    return False


def whole_story() -> Trading:
    """Twelve sessions with a split, dividends, a halt and two strategies."""
    world = World(accounts=MortalAccounts())
    world.open()
    world.decide(*range(len(DAYS)))
    return world


def with_exits() -> Trading:
    """Positions that are stopped, one on the day of its entry, with a short one between."""
    accounts = MortalAccounts()
    desk = PaperDesk(
        a_state("10000.00", fraction="0.3", shorts=True),
        exits=Exits(stop=0.05, target=0.2, trailing=0.1),
        trading=Trading(accounts=accounts),
    )
    said = {(0, FAST, IBM): Side.BUY, (0, SLOW, MSFT): Side.SELL, (3, FAST, IBM): Side.SELL, (5, SLOW, IBM): Side.BUY}
    closes = [100.0, 103.0, 110.0, 97.0, 92.0, 95.0, 99.0, 120.0]
    rows = [
        bar_row(instrument, DAYS[number], close, high=close + 4.0, low=close - 4.0)
        for number, close in enumerate(closes)
        for instrument in (IBM, MSFT)
    ]
    desk.trading.bars.upsert(bar_rows(*rows), "test")
    desk.trading.actions.upsert([a_dividend(0.5, day=DAYS[2]), a_split(1.0, MSFT, day=DAYS[2])], "test")
    desk.trading.signals.add([a_signal(side, i, s, DAYS[n], 0.5) for (n, s, i), side in said.items()])
    for number in range(len(closes)):
        desk.trading.periods.mark("stocks", Interval.DAY, midnight(DAYS[number]), Stage.DECIDED)
    return desk.trading


@pytest.mark.parametrize("story", [whole_story, with_exits])
def test_whenever_a_process_dies(story: Callable[[], Trading]) -> None:
    plain = story()
    assert not stubborn(plain, 0)
    expected = plain.books()
    step, orders = 1, {order.client_order_id: order.status for order in expected[1]}
    while True:
        world = story()
        if not stubborn(world, step):
            break
        assert world.books() == expected, f"died at step {step}"
        for order_id in orders:
            events = [event.status for event in world.accounts.events(order_id)]
            assert len(set(events)) == len(events)
        step += STRIDE
    assert step > 60


def test_the_story_with_exits_has_every_kind_of_them() -> None:
    world = with_exits()
    world.dispatch()
    reasons = {order.reason.split(" at ")[0] for order in world.accounts.orders() if not order.signal}
    assert {"stop", "trailing stop"} <= reasons
    state, _, _, _ = world.books()
    assert any(order.filled for order in world.accounts.orders() if order.side is Side.SELL and not order.closes)
    assert state.orders == ()


def test_two_processes_do_not_work_on_one_account_at_once() -> None:
    world = World()
    world.open()
    world.open("other")
    world.dispatch()
    assert world.locks.taken == ["account other", "account paper"]
    assert world.locks.held == set()
