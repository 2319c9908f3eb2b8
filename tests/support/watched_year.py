"""Watching undisturbed, and watching while everything fails: both must end alike."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from algo_trading.domain.time import Interval
from algo_trading.repositories.periods import Stage
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.scalping import Scalping
from support.watch_world import HISTORY, WatchWorld

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
SYMBOLS = ("BTCUSDT", "INJUSDT")
CANDLE = Interval.HOUR_12
LONGEST_OUTAGE = 16  # requests
LONGEST_DOWNTIME = timedelta(days=2)


def a_world() -> WatchWorld:
    strategies = (EmaCross(fast=3, slow=8), Scalping(threshold=1.5))
    world = WatchWorld(SYMBOLS, [CANDLE], strategies, BEGINS)
    # From the first look on every period is processed.
    first = BEGINS - CANDLE.length
    world.periods.mark("coins", CANDLE, first - CANDLE.length, Stage.DECIDED)
    return world


def lose_candles(world: WatchWorld, days: int) -> None:
    """Maintenance of all pairs now and then, and of one pair alone; what was missed never comes."""
    chance = random.Random(3)  # noqa: S311 - a test's choices
    for number in range(max(days // 20, 2)):
        begin = BEGINS + timedelta(days=chance.randrange(2, days - 2), hours=12 * chance.randrange(2))
        first, end = (int(moment.timestamp() * 1000) for moment in (begin, begin + CANDLE.length * (1 + number % 3)))
        for symbol in SYMBOLS if number % 2 else SYMBOLS[:1]:
            world.exchange.exchange.books[symbol].tape.skip(first, end)


def undisturbed(days: int, minutes: int) -> WatchWorld:
    """Look every so many minutes."""
    world = a_world()
    lose_candles(world, days)
    assert world.watch(BEGINS + timedelta(days=days, hours=1), minutes) == 1
    return world


def disturbed(days: int, minutes: int, disconnects: int, kills: int) -> WatchWorld:
    """So many outages of the exchange, of some requests each, and so many kills at writes, at random times."""
    world = a_world()
    lose_candles(world, days)
    chance = random.Random(4)  # noqa: S311 - as above
    outages, deaths = (_moments(chance, days, count) for count in (disconnects, kills))
    left = 0

    def cut() -> bool:
        nonlocal left
        if not left and outages and world.now() >= outages[0]:
            outages.pop(0)
            left = chance.randrange(1, LONGEST_OUTAGE)
        left = max(left - 1, 0)
        return left > 0

    world.cut = cut
    world.kill = _once_due(world, deaths, chance)
    end, processes = BEGINS + timedelta(days=days, hours=1), 0
    while world.now() < end or outages or deaths:
        until = max(end, world.now() + timedelta(days=1))
        processes += world.watch(until, minutes, lambda: LONGEST_DOWNTIME * chance.random() * chance.random())
    world.cut = world.kill = lambda: False
    world.watch(world.now() + timedelta(hours=6), minutes)  # what the last failure left
    assert processes >= kills + 1
    return world


def check_alike(calm: WatchWorld, rough: WatchWorld, days: int) -> None:
    """Exactly the candles of the exchange, once each, and the same signals up to the end of the calm run."""
    end = BEGINS + timedelta(days=days)
    for series in calm.coins.series(CANDLE):
        offered = calm.offered(series, BEGINS - HISTORY, end)
        assert len(offered) > 2 * (days + HISTORY.days) - 4 * max(days // 20, 2) - 4
        for world in (calm, rough):
            stored = [candle for candle in world.stored(series) if candle[0] < end]
            assert stored == offered
    compared = {one for one in rough.decisions() if _opened(rough, one) < end}
    assert compared == calm.decisions()
    assert {str(one[1]) for one in compared} == {"buy", "sell", "hold"}


def _opened(world: WatchWorld, decision: tuple[object, ...]) -> datetime:
    signal = world.signals.find(str(decision[0]))
    assert signal is not None
    return signal.opened_at


def _moments(chance: random.Random, days: int, count: int) -> list[datetime]:
    """Some moments, leaving the last days for what follows from them."""
    return sorted(BEGINS + timedelta(days=chance.uniform(0.5, days - 4)) for _ in range(count))


def _once_due(world: WatchWorld, deaths: list[datetime], chance: random.Random) -> Callable[[], bool]:
    """At one of the writes that follow each moment."""

    def kill() -> bool:
        if deaths and world.now() >= deaths[0] and chance.random() < 0.15:
            deaths.pop(0)
            return True
        return False

    return kill
