"""Accounts whose sessions tests decide and dispatch."""

from decimal import Decimal

from support.account_world import CASH as MONEY
from support.account_world import DAYS, World

CASH = Decimal(MONEY)


ALL = range(len(DAYS))


def a_world(day: int = 0) -> World:
    world = World()
    world.open(day=day)
    return world
