"""What is read for a list of orders, and that PostgreSQL and memory come to the same books."""

import pytest
from sqlalchemy import event

from algo_trading.adapters.postgres.accounts import PostgresAccounts
from algo_trading.adapters.postgres.database import Database
from contracts.accounts import an_account, an_order, opening, storing
from support.account_world import DAYS, World

pytestmark = pytest.mark.integration


def test_a_list_of_orders_does_not_load_their_executions(database: Database) -> None:
    accounts = PostgresAccounts(database)
    state = accounts.open(opening(an_account()))
    accounts.store(storing(state, *(an_order(number) for number in range(5))))
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert len(accounts.orders(limit=3)) == 3
    (statement,) = statements
    assert "fills" not in statement


def test_twelve_sessions_leave_the_same_books_as_in_memory(database: Database) -> None:
    worlds = World(), World(accounts=PostgresAccounts(database))
    for world in worlds:
        world.open()
        world.decide(*range(len(DAYS)))
        world.dispatch()
    in_memory, stored = (world.books() for world in worlds)
    assert stored == in_memory
    for order in stored[1]:
        events = (world.accounts.events(order.client_order_id) for world in worlds)
        assert next(events) == next(events)
