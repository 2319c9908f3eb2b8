"""Rows of accounts, orders and books, and what they stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select

from algo_trading.adapters.postgres.entry_terms import terms_of, terms_row
from algo_trading.adapters.postgres.schema.decisions import strategies
from algo_trading.adapters.postgres.schema.market import instruments
from algo_trading.adapters.postgres.schema.trading import accounts, fills, ledger, orders, positions
from algo_trading.domain.account import Account, AccountClock, Caps, Mode, Position
from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding
from algo_trading.domain.order import Execution, Order, OrderEvent, OrderStatus, OrderType
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval

CENT = Decimal("0.01")
AMOUNTS = {
    "approve_above",
    "max_daily_loss",
    "max_instrument",
    "max_strategy",
    "max_exposure",
    "max_net",
}  # of AccountRules
CHANGEABLE = (  # columns that the configuration may change of an open account
    *("owner", "position_fraction", "commission", "commission_fixed", "slippage_bps"),
    *("interest", "borrow", "participation", "shorts", "rules", "sizer"),
)
NAMES = (strategies.c.name, strategies.c.params, instruments.c.symbol, instruments.c.venue)


class Ids(NamedTuple):
    """Ids of what a step is about."""

    strategies: Mapping[StrategyId, int]
    instruments: Mapping[Instrument, int]

    def of(self, holding: Holding) -> tuple[int, int]:
        return self.strategies[holding.strategy], self.instruments[holding.series.instrument]


def account_row(account: Account) -> dict[str, Any]:
    """The row of an account."""
    return {
        "name": account.name,
        "broker": account.broker,
        "currency": account.currency,
        "mode": str(account.mode),
        "owner": account.owner,
        "start": account.start,
        "position_fraction": account.position_fraction,
        "commission": account.costs.commission,
        "commission_fixed": account.costs.commission_fixed,
        "slippage_bps": account.costs.slippage_bps,
        "interest": account.costs.interest,
        "borrow": account.costs.borrow,
        "participation": account.costs.participation,
        "shorts": account.shorts,
        "rules": _rules_row(account.rules),
        "sizer": account.sizer,
        **caps_row(account.caps),
    }


def caps_row(caps: Caps) -> dict[str, Any]:
    """The columns of an account's caps."""
    return {"max_order": caps.order, "max_day": caps.day, "max_total": caps.total}


def account_of(row: Row[Any]) -> Account:
    """The account of a row."""
    return Account(
        name=row.name,
        broker=row.broker,
        currency=row.currency,
        mode=Mode(row.mode),
        owner=row.owner,
        start=_utc(row.start),
        position_fraction=plain(row.position_fraction),
        costs=_costs_of(row),
        shorts=row.shorts,
        caps=Caps(_perhaps(row.max_order), _perhaps(row.max_day), _perhaps(row.max_total)),
        rules=_rules_of(row.rules),
        sizer=row.sizer,
    )


def _costs_of(row: Row[Any]) -> Costs:
    return Costs(
        commission=plain(row.commission),
        slippage_bps=plain(row.slippage_bps),
        commission_fixed=plain(row.commission_fixed),
        interest=plain(row.interest),
        borrow=plain(row.borrow),
        participation=_perhaps(row.participation),
    )


def _rules_row(rules: AccountRules) -> dict[str, Any]:
    given = {name: value for name, value in asdict(rules).items() if value is not None}
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in given.items()}


def _rules_of(row: Mapping[str, Any]) -> AccountRules:
    amounts: dict[str, Any] = {name: Decimal(value) for name, value in row.items() if name in AMOUNTS}
    level = Level(row["approve_below"]) if "approve_below" in row else None
    return AccountRules(approve_below=level, approval_hours=row.get("approval_hours", 12), **amounts)


def clock_row(account_id: int, clock: AccountClock) -> dict[str, Any]:
    """The row of an account's clock."""
    return {
        "account_id": account_id,
        "venue": clock.venue,
        "interval": str(clock.interval),
        "start": clock.start,
        "cursor": clock.cursor,
        "begun": clock.begun,
    }


def clock_of(row: Row[Any]) -> AccountClock:
    """The clock of a row."""
    return AccountClock(row.venue, Interval(row.interval), _utc(row.start), _moment(row.cursor), _moment(row.begun))


def select_positions() -> Select[Any]:
    """Positions with the names of their strategies and instruments."""
    return select(positions, *NAMES).select_from(positions.join(strategies).join(instruments))


def position_row(account_id: int, position: Position, ids: Ids) -> dict[str, Any]:
    """The row of a position."""
    return {
        "account_id": account_id,
        **_holding_row(position.holding, ids),
        "quantity": position.quantity,
        "entry_price": position.entry_price,
        "best_price": position.best_price,
        "opened_by": position.opened_by,
        "exits": _distances(position.exits),
        "entered_at": position.entered_at,
    }


def position_of(row: Row[Any]) -> Position:
    """The position of a row of `select_positions`."""
    return Position(
        strategy=StrategyId(row.name, row.params),
        series=_series(row),
        quantity=plain(row.quantity),
        entry_price=plain(row.entry_price),
        best_price=plain(row.best_price),
        opened_by=row.opened_by,
        exits=Exits(*row.exits),
        entered_at=_moment(row.entered_at),
    )


def select_orders() -> Select[Any]:
    """Orders with the names of their accounts, strategies and instruments."""
    tables = orders.join(accounts).join(strategies).join(instruments)
    return select(orders, *NAMES, accounts.c.name.label("account")).select_from(tables)


def order_row(account_id: int, order: Order, ids: Ids) -> dict[str, Any]:
    """The row of an order."""
    return {
        "account_id": account_id,
        "client_order_id": order.client_order_id,
        **_holding_row(Holding(order.strategy, order.series), ids),
        "side": str(order.side),
        "type": str(order.type),
        "opened_at": order.opened_at,
        "decided_at": order.decided_at,
        "quantity": order.quantity,
        "budget": order.budget,
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "closes": order.closes,
        "signal_key": order.signal,
        "status": str(order.status),
        "filled": order.filled,
        "reason": order.reason,
        "valid_until": order.valid_until,
        "exits": _distances(order.exits),
        "triggered": order.triggered,
        "terms": None if order.terms is None else terms_row(order.terms),
    }


# What may change of an order once it is placed.
ORDER_CHANGES = ("quantity", "limit_price", "stop_price", "status", "filled", "reason", "triggered")


def order_of(row: Row[Any]) -> Order:
    """The order of a row of `select_orders`."""
    return Order(
        client_order_id=row.client_order_id,
        account=row.account,
        strategy=StrategyId(row.name, row.params),
        series=_series(row),
        side=Side(row.side),
        opened_at=_utc(row.opened_at),
        decided_at=_utc(row.decided_at),
        reason=row.reason,
        type=OrderType(row.type),
        quantity=_perhaps(row.quantity),
        budget=None if row.budget is None else money(row.budget),
        limit_price=_perhaps(row.limit_price),
        stop_price=_perhaps(row.stop_price),
        closes=row.closes,
        signal=row.signal_key,
        status=OrderStatus(row.status),
        filled=plain(row.filled),
        valid_until=_moment(row.valid_until),
        exits=Exits(*row.exits),
        triggered=row.triggered,
        terms=None if row.terms is None else terms_of(row.terms),
    )


def event_of(row: Row[Any]) -> OrderEvent:
    """The event of a row that has its order's id."""
    return OrderEvent(
        row.client_order_id,
        _utc(row.at),
        OrderStatus(row.status),
        _perhaps(row.quantity),
        plain(row.filled),
        row.reason,
    )


def select_fills() -> Select[Any]:
    """Fills with the ids of their orders, oldest first."""
    query = select(fills, orders.c.client_order_id).select_from(fills.join(orders))
    return query.order_by(fills.c.at, fills.c.id)


def fill_row(account_id: int, execution: Execution, order_id: object) -> dict[str, Any]:
    """The row of an execution."""
    return {
        "account_id": account_id,
        "order_id": order_id,
        "execution_id": execution.id,
        "at": execution.at,
        "quantity": execution.quantity,
        "price": execution.price,
        "value": execution.value,
        "commission": execution.commission,
        "commission_asset": execution.commission_asset,
    }


def execution_of(row: Row[Any]) -> Execution:
    """The execution of a row of `select_fills`."""
    return Execution(
        id=row.execution_id,
        client_order_id=row.client_order_id,
        at=_utc(row.at),
        quantity=plain(row.quantity),
        price=plain(row.price),
        value=money(row.value),
        commission=money(row.commission),
        commission_asset=row.commission_asset,
    )


def select_entries() -> Select[Any]:
    """Entries of the ledger, with names, in the order in which they were booked."""
    return (
        select(ledger, *NAMES)
        .select_from(ledger.join(accounts).outerjoin(strategies).outerjoin(instruments))
        .order_by(ledger.c.id)
    )


def entry_row(account_id: int, entry: Entry, ids: Ids) -> dict[str, Any]:
    """The row of an entry of the ledger."""
    nothing = dict.fromkeys(("strategy_id", "instrument_id", "interval"))
    return {
        "account_id": account_id,
        "kind": str(entry.kind),
        "cause": entry.cause,
        "asset": entry.asset,
        **(nothing if entry.holding is None else _holding_row(entry.holding, ids)),
        "amount": entry.amount,
        "effective_at": entry.effective_at,
        "booked_at": entry.booked_at,
    }


def entry_of(row: Row[Any]) -> Entry:
    """The entry of a row of `select_entries`."""
    return Entry(
        kind=EntryKind(row.kind),
        cause=row.cause,
        amount=money(row.amount) if row.asset else plain(row.amount),
        effective_at=_utc(row.effective_at),
        booked_at=_utc(row.booked_at),
        asset=row.asset,
        holding=None if row.strategy_id is None else Holding(StrategyId(row.name, row.params), _series(row)),
    )


def plain(amount: Decimal) -> Decimal:
    """The number without the zeros that the column adds."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount.normalize()


def money(amount: Decimal) -> Decimal:
    """As `plain`, but with cents."""
    shortest = plain(amount)
    exponent = shortest.as_tuple().exponent
    return shortest.quantize(CENT) if isinstance(exponent, int) and exponent > -2 else shortest


def _perhaps(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else plain(amount)


def _holding_row(holding: Holding, ids: Ids) -> dict[str, Any]:
    strategy_id, instrument_id = ids.of(holding)
    return {"strategy_id": strategy_id, "instrument_id": instrument_id, "interval": str(holding.series.interval)}


def _series(row: Row[Any]) -> Series:
    return Series(Instrument(row.symbol, row.venue), Interval(row.interval))


def _distances(exits: Exits) -> Sequence[float | None]:
    return [exits.stop, exits.target, exits.trailing, exits.max_age]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _moment(moment: datetime | None) -> datetime | None:
    return None if moment is None else _utc(moment)
