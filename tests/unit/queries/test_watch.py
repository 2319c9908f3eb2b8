"""Prices of now: the newest there is, what a position has gained by it, and where it is left."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from algo_trading.domain.account import Position
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ServiceUnavailableError
from algo_trading.queries.watch import HeldLine, Quote, ReadWatch
from contracts.accounts import CROSS, START, an_account
from contracts.scores import a_score
from fakes.broker import FakeBroker
from fakes.scores import FakeScores
from fakes.watchlists import FakeSetup
from support.account_world import DAYS, IBM, MSFT, World, close_of

pytestmark = pytest.mark.unit

NONE = Instrument("NONE")


def a_position(quantity: str, **exits: float) -> Position:
    left = Exits(**exits)  # type: ignore[arg-type]  # fields by name
    return Position(CROSS, Series(IBM), Decimal(quantity), Decimal(100), Decimal(120), "o1", left)


@pytest.mark.parametrize(
    ("quantity", "exits", "change", "target", "stop"),
    [
        ("10", {}, 0.1, None, None),
        ("10", {"target": 0.2, "stop": 0.05}, 0.1, "120", "95"),
        ("10", {"stop": 0.05, "trailing": 0.1}, 0.1, None, "108"),
        ("-10", {"target": 0.2, "stop": 0.05}, -0.1, "80", "105"),
    ],
)
def test_a_position_has_its_gain_and_levels(
    quantity: str, exits: dict[str, float], change: float, target: str | None, stop: str | None
) -> None:
    line = HeldLine(an_account(), a_position(quantity, **exits), Quote(110.0, START))
    assert line.change == pytest.approx(change)
    assert line.target == (None if target is None else Decimal(target))
    assert line.stop == (None if stop is None else Decimal(stop))


def test_without_a_price_nothing_is_said_of_a_gain() -> None:
    assert HeldLine(an_account(), a_position("10"), None).change is None


@pytest.fixture
def world() -> World:
    """An account that has bought, days after the last session."""
    world = World()
    world.open()
    world.decide(*range(4))
    world.dispatch()
    world.clock.time = datetime(2013, 1, 21, tzinfo=UTC)
    return world


def reading(world: World, scores: FakeScores, broker: FakeBroker | None = None) -> ReadWatch:
    setup = FakeSetup([Watchlist("us", "XNYS", "sample", (Interval.DAY,), ("IBM", "MSFT", "NONE"))], [])
    brokers = world.brokers if broker is None else lambda _: broker
    return ReadWatch(world.accounts, setup.watchlists, world.prices, scores, brokers, world.clock)


def test_the_newest_of_close_and_score_counts(world: World) -> None:
    scores, now = FakeScores(), world.clock.now()
    read = reading(world, scores)
    before = read().watched
    assert {one: quote and quote.price for one, quote in before.items()} == {
        IBM: close_of(IBM, len(DAYS) - 1), MSFT: close_of(MSFT, len(DAYS) - 1), NONE: None,
    }  # fmt: skip
    scores.store([replace(a_score(pair=IBM), at=now, price=77.5), replace(a_score(pair=MSFT), at=START, price=1.0)])
    after = read()
    assert after.watched == {**before, IBM: Quote(77.5, now)}
    assert {line.quote for line in after.held if line.position.instrument == IBM} == {Quote(77.5, now)}


def test_what_is_held_at_a_market_has_the_price_of_its_broker(world: World) -> None:
    broker = FakeBroker()
    broker.prices = {"IBM": Decimal("200.5")}
    held = reading(world, FakeScores(), broker)().held
    assert {line.position.instrument: line.quote and line.quote.price for line in held} == {
        IBM: 200.5, MSFT: close_of(MSFT, len(DAYS) - 1),
    }  # fmt: skip


def test_a_broker_that_does_not_answer_leaves_the_stored_price(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise ServiceUnavailableError("the exchange does not answer")

    monkeypatch.setattr(FakeBroker, "price", away)
    held = reading(world, FakeScores(), FakeBroker())().held
    assert held
    assert all(line.quote is not None for line in held)
    assert "the exchange does not answer" in caplog.text
