"""Orders, what becomes of them, and their executions. Money and quantities are Decimal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import EntryTerms
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import period_key


class OrderType(StrEnum):
    """How an order is executed.

    A stop becomes a market order when the price has come to `stop_price` against the position, a target when it has
    come there in its favour; a stop-limit becomes a limit order then. An OCO order rests at the broker: it sells at
    `limit_price`, or at the market once the price has come to `stop_price`, whichever is reached first.
    """

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop-limit"
    TARGET = "target"
    OCO = "oco"


class OrderStatus(StrEnum):
    """Where an order stands.

    Held, it waits for a person's approval. It is new until it is about to be sent, submitted until the broker has
    answered, then open at the broker. A refusal by our own rules, before it is sent, is a rejection too.
    """

    HELD = "held"
    NEW = "new"
    SUBMITTED = "submitted"
    OPEN = "open"
    PARTLY_FILLED = "partly filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        """Whether nothing can become of it any more."""
        return not TRANSITIONS[self]

    @property
    def at_broker(self) -> bool:
        """Whether the broker has it and may execute it."""
        return self in {OrderStatus.OPEN, OrderStatus.PARTLY_FILLED}


_ENDS = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED})
# What may become of an order. An answer of the broker may skip steps: a market order is filled when it is accepted.
TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.HELD: frozenset({OrderStatus.NEW, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}),
    OrderStatus.NEW: frozenset(
        {OrderStatus.SUBMITTED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED}
    ),
    OrderStatus.SUBMITTED: _ENDS | {OrderStatus.OPEN, OrderStatus.PARTLY_FILLED},
    OrderStatus.OPEN: _ENDS | {OrderStatus.PARTLY_FILLED},
    OrderStatus.PARTLY_FILLED: frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED}),
    **{status: frozenset() for status in _ENDS},
}


@dataclass(frozen=True, slots=True)
class Order:
    """One order of an account.

    `quantity` is how much to trade, `budget` what an entry may spend in the account's currency, commission included;
    where both are given the smaller one counts. An order that `closes` takes the whole position, whatever it has become
    by then, and has neither. `client_order_id` derives from the signal, so the same signal never orders twice.

    `opened_at` names the period it was decided for (the bar's `opened_at`), `decided_at` is the moment. `signal` is the
    signal's key, empty for an exit. `reason` says why the order was placed or, once rejected, why not. It must be sent
    before `valid_until` (None: at any time). A position that it opens has these `exits`. `triggered` tells of a
    stop-limit, or of a stop or target that was not filled whole, that its price has been reached. An entry at a market
    is sent on these `terms` (None: on any).
    """

    client_order_id: str
    account: str
    strategy: StrategyId
    series: Series
    side: Side
    opened_at: datetime
    decided_at: datetime
    reason: str
    type: OrderType = OrderType.MARKET
    quantity: Decimal | None = None
    budget: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    closes: bool = False
    signal: str = ""
    status: OrderStatus = OrderStatus.NEW
    filled: Decimal = Decimal(0)
    valid_until: datetime | None = None
    exits: Exits = NO_EXITS
    triggered: bool = False
    terms: EntryTerms | None = None

    @property
    def instrument(self) -> Instrument:
        """What is traded."""
        return self.series.instrument

    @property
    def rests(self) -> bool:
        """Whether it keeps an exit at the broker, and gives way to any other order of its holding."""
        return self.type is OrderType.OCO

    @property
    def period(self) -> str:
        """The key of the period that it was decided for."""
        return period_key(self.series.interval, self.opened_at)

    def moved(self, status: OrderStatus, reason: str = "") -> "Order":
        """The order in another status; `reason` replaces the old one unless it is empty.

        Raises:
            ValueError: from its status there is no way to that one.
        """
        if status is not self.status and status not in TRANSITIONS[self.status]:
            raise ValueError(f"order {self.client_order_id} is {self.status} and cannot become {status}")
        return replace(self, status=status, reason=reason or self.reason)


@dataclass(frozen=True, slots=True)
class OrderEvent:
    """How an order stood from a moment on."""

    client_order_id: str
    at: datetime
    status: OrderStatus
    quantity: Decimal | None
    filled: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Execution:
    """A fill, or a part of one, as the broker reports it.

    `id` is the broker's own and never given twice. `price` is that of one and includes slippage; `value` is the money
    paid or received for `quantity`, to which `commission` comes, in units of `commission_asset`.
    """

    id: str
    client_order_id: str
    at: datetime
    quantity: Decimal
    price: Decimal
    value: Decimal
    commission: Decimal
    commission_asset: str
