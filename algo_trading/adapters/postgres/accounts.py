"""Accounts in PostgreSQL."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.instruments import instrument_id
from algo_trading.adapters.postgres.schema import accounts, entries, fills, instruments, orders, positions
from algo_trading.domain.account import Account, Entry, EntryKind, Fill, Order, OrderStatus, Position
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.repositories.accounts import AccountStep


class PostgresAccounts:
    """Implements AccountRepository."""

    def __init__(self, database: Database) -> None:
        self._engine = database.engine

    def open(self, name: str, venue: str, start: date, cash: Decimal) -> Account:
        row = {"name": name, "venue": venue, "start_session": start, "cash": cash}
        with self._engine.begin() as connection:
            connection.execute(insert(accounts).values(row).on_conflict_do_nothing())
            return _load(connection, name)[1]

    def names(self) -> list[str]:
        with self._engine.connect() as connection:
            return list(connection.execute(select(accounts.c.name).order_by(accounts.c.name.collate("C"))).scalars())

    def get(self, name: str) -> Account:
        with self._engine.connect() as connection:
            return _load(connection, name)[1]

    @contextlib.contextmanager
    def locked(self, name: str) -> "Iterator[PostgresLockedAccount]":
        with self._engine.begin() as connection:
            connection.execute(select(accounts.c.id).where(accounts.c.name == name).with_for_update())
            account_id, account = _load(connection, name)
            yield PostgresLockedAccount(connection, account_id, account)

    def orders(self, name: str | None = None, limit: int | None = None) -> list[Order]:
        query = _select_orders().order_by(orders.c.decided_session.desc(), orders.c.id.desc()).limit(limit)
        if name is not None:
            query = query.join(accounts, accounts.c.id == orders.c.account_id).where(accounts.c.name == name)
        with self._engine.connect() as connection:
            return [_order(row) for row in connection.execute(query)]

    def fills(self, name: str) -> list[Fill]:
        query = (
            select(fills, orders.c.client_order_id)
            .select_from(fills.join(orders).join(accounts))
            .where(accounts.c.name == name)
            .order_by(fills.c.session, fills.c.order_id)
        )
        with self._engine.connect() as connection:
            return [
                Fill(row.client_order_id, row.session, row.quantity, row.price, row.commission)
                for row in connection.execute(query)
            ]

    def entries(self, name: str) -> Sequence[Entry]:
        query = (
            select(entries, instruments.c.symbol, instruments.c.venue)
            .select_from(entries.join(instruments).join(accounts))
            .where(accounts.c.name == name)
            .order_by(entries.c.session, entries.c.id)
        )
        with self._engine.connect() as connection:
            return [
                Entry(row.session, EntryKind(row.kind), _strategy(row), _instrument(row), row.cash, row.quantity)
                for row in connection.execute(query)
            ]

    def order_counts(self) -> Mapping[str, int]:
        counts = {str(status): 0 for status in OrderStatus}
        with self._engine.connect() as connection:
            counts.update(
                (status, number)
                for status, number in connection.execute(select(orders.c.status, func.count()).group_by("status"))
            )
        return counts


@dataclass
class PostgresLockedAccount:
    """Implements LockedAccount within one transaction."""

    _connection: Connection
    _account_id: int
    account: Account

    def store(self, step: AccountStep) -> None:
        account = step.account
        self._connection.execute(
            update(accounts)
            .where(accounts.c.id == self._account_id)
            .values(cash=account.cash, cursor_session=account.cursor)
        )
        self._connection.execute(delete(positions).where(positions.c.account_id == self._account_id))
        for position in account.positions:
            values = {**self._keys(position), "quantity": position.quantity}
            self._connection.execute(insert(positions).values(values))
        for order in step.orders:
            values = {
                **self._keys(order),
                "client_order_id": order.client_order_id,
                "side": str(order.side),
                "budget": order.budget,
                "quantity": order.quantity,
                "decided_session": order.decided_session,
                "status": str(order.status),
                "reason": order.reason,
            }
            changes = {name: values[name] for name in ("status", "reason", "quantity")}
            statement = insert(orders).values(values)
            self._connection.execute(statement.on_conflict_do_update(index_elements=["client_order_id"], set_=changes))
        for fill in step.fills:
            order_id = select(orders.c.id).where(orders.c.client_order_id == fill.client_order_id).scalar_subquery()
            values = {
                "order_id": order_id,
                "session": fill.session,
                "quantity": fill.quantity,
                "price": fill.price,
                "commission": fill.commission,
            }
            self._connection.execute(insert(fills).values(values))
        for entry in step.entries:
            values = {
                **self._keys(entry),
                "session": entry.session,
                "kind": str(entry.kind),
                "cash": entry.cash,
                "quantity": entry.quantity,
            }
            self._connection.execute(insert(entries).values(values))
        self.account = account

    def _keys(self, record: Position | Order | Entry) -> dict[str, Any]:
        return {
            "account_id": self._account_id,
            "strategy": record.strategy.name,
            "params": record.strategy.params,
            "instrument_id": instrument_id(record.instrument),
        }


def _load(connection: Connection, name: str) -> tuple[int, Account]:
    row = connection.execute(select(accounts).where(accounts.c.name == name)).one_or_none()
    if row is None:
        raise KeyError(name)
    held = connection.execute(
        select(positions, instruments.c.symbol, instruments.c.venue)
        .join(instruments)
        .where(positions.c.account_id == row.id)
        .order_by(*(c.collate("C") for c in (positions.c.strategy, positions.c.params, instruments.c.symbol)))
    )
    waiting = connection.execute(
        _select_orders()
        .where(orders.c.account_id == row.id, orders.c.status == str(OrderStatus.PENDING))
        .order_by(orders.c.id)
    )
    account = Account(
        name=row.name,
        venue=row.venue,
        start=row.start_session,
        cursor=row.cursor_session,
        cash=row.cash,
        positions=tuple(Position(_strategy(held_row), _instrument(held_row), held_row.quantity) for held_row in held),
        pending=tuple(_order(order_row) for order_row in waiting),
    )
    return row.id, account


def _select_orders() -> Select[Any]:
    return select(orders, instruments.c.symbol, instruments.c.venue).join(instruments)


def _order(row: Row[Any]) -> Order:
    return Order(
        client_order_id=row.client_order_id,
        strategy=_strategy(row),
        instrument=_instrument(row),
        side=Side(row.side),
        budget=row.budget,
        decided_session=row.decided_session,
        status=OrderStatus(row.status),
        reason=row.reason,
        quantity=row.quantity,
    )


def _strategy(row: Row[Any]) -> StrategyId:
    return StrategyId(row.strategy, row.params)


def _instrument(row: Row[Any]) -> Instrument:
    return Instrument(row.symbol, row.venue)
