"""Orders, their fills and the lists that tie two of them together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from algo_trading.exchange.accounts import ZERO
from algo_trading.exchange.pairs import Pair

OPEN = frozenset({"NEW", "PARTIALLY_FILLED"})
STOPS = frozenset({"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"})
WITHOUT_PRICE = frozenset({"MARKET", "STOP_LOSS", "TAKE_PROFIT"})


@dataclass(frozen=True)
class NewOrder:
    """An order request. Amounts are in the pair's assets; None where not given."""

    account: str
    pair: Pair
    side: str
    type: str
    time_in_force: str = "GTC"
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None
    trailing_delta: int | None = None  # hundredths of a per cent
    iceberg: Decimal | None = None
    client_id: str | None = None
    self_trade: str = "EXPIRE_MAKER"
    strategy: Mapping[str, int] = field(default_factory=dict)  # strategyId, strategyType, as they were sent

    @property
    def buys(self) -> bool:
        """Whether it is a buy order."""
        return self.side == "BUY"

    @property
    def stops_above(self) -> bool:
        """Whether the stop price lies above the market."""
        return self.buys == self.type.startswith("STOP_LOSS")


class Fill(NamedTuple):
    """A trade of an order. `fee` is in `fee_asset`."""

    id: int
    time: int
    price: int  # ticks
    lots: int
    value: Decimal
    fee: Decimal
    fee_asset: str
    maker: bool


class Prevented(NamedTuple):
    """A match with an order of the same account that did not come about."""

    id: int
    time: int
    maker_id: int
    taker_id: int
    price: int  # ticks
    maker_lots: int
    taker_lots: int
    mode: str


@dataclass(eq=False)
class Order:
    """An order that was accepted. Quantities are in lots and prices in ticks of the pair."""

    request: NewOrder
    id: int
    client_id: str
    created: int
    lots: int
    price: int = 0  # 0 where there is none
    stop: int = 0
    updated: int = 0
    working_since: int | None = None
    list_id: int = -1
    status: str = "NEW"
    executed: int = 0
    value: Decimal = ZERO  # of all fills, in the quote asset
    locked: Decimal = ZERO  # in `pays`
    prevented: int = 0
    prevented_ids: list[int] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    ahead: int = 0  # lots that the market shows at the same price and that came first
    triggered: bool = False
    extreme: int | None = None  # of a trailing order: the farthest price since it follows
    trailing_since: int | None = None

    @property
    def pair(self) -> Pair:
        """What is traded."""
        return self.request.pair

    @property
    def spent_asset(self) -> str:
        """The asset that the order gives away."""
        return self.pair.quote if self.request.buys else self.pair.base

    @property
    def remaining(self) -> int:
        """Lots that may still be executed."""
        return self.lots - self.executed - self.prevented

    @property
    def is_open(self) -> bool:
        """Whether it may still be executed."""
        return self.status in OPEN

    @property
    def has_limit(self) -> bool:
        """Whether it has a limit price."""
        return self.request.type not in WITHOUT_PRICE

    @property
    def is_waiting_stop(self) -> bool:
        """Whether it is a stop order that was not triggered yet."""
        return self.request.type in STOPS and not self.triggered


@dataclass(eq=False)
class OrderList:
    """Two orders of which one cancels the other (OCO)."""

    id: int
    client_id: str
    account: str
    pair: Pair
    time: int
    orders: tuple[Order, Order]
    status_type: str = "EXEC_STARTED"
    status: str = "EXECUTING"

    def other(self, order: Order) -> Order:
        """The other order of the list."""
        first, second = self.orders
        return second if order is first else first


__all__ = ["OPEN", "STOPS", "WITHOUT_PRICE", "Fill", "NewOrder", "Order", "OrderList", "Prevented"]
