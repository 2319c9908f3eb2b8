"""Accounts, orders, fills and positions. Money is Decimal, in the account's currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side, StrategyId


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    FILLED = "filled"
    REFUSED = "refused"


class EntryKind(StrEnum):
    """Why an account's cash or shares changed."""

    FILL = "fill"
    SPLIT = "split"
    DIVIDEND = "dividend"


@dataclass(frozen=True, slots=True)
class Position:
    """Shares that one strategy holds of one instrument: a sell closes only what the same strategy bought."""

    strategy: StrategyId
    instrument: Instrument
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """A market order for the next session's open.

    A buy spends up to `budget`, fixed at the decision, and becomes shares at the fill price, at most `quantity` of them
    (None: as many as it buys); a sell closes the whole position (`budget` is None). `client_order_id` derives from the
    signal, so the same signal never orders twice. `reason` says why the order was placed or, once refused, why not.
    """

    client_order_id: str
    strategy: StrategyId
    instrument: Instrument
    side: Side
    budget: Decimal | None
    decided_session: date
    status: OrderStatus
    reason: str
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """The execution of an order: `price` per share includes slippage, `commission` is paid on top."""

    client_order_id: str
    session: date
    quantity: Decimal
    price: Decimal
    commission: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the account's book: what changed its cash and shares, and by how much."""

    session: date
    kind: EntryKind
    strategy: StrategyId
    instrument: Instrument
    cash: Decimal
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Account:
    """An account as of the close of its `cursor` session (None: nothing processed yet).

    Sessions are processed one after the other from `start`; `cursor` is the newest processed one.
    """

    name: str
    venue: str
    start: date
    cursor: date | None
    cash: Decimal
    positions: tuple[Position, ...] = ()
    pending: tuple[Order, ...] = ()
