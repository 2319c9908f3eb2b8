"""The newest orders with what became of them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from algo_trading.domain.order import Order
from algo_trading.queries.selection import Selection


@dataclass(frozen=True, slots=True)
class FilledPart:
    """All executions of an order together: `price` is their average, `at` the moment of the last one."""

    at: datetime
    quantity: Decimal
    price: Decimal
    commission: Decimal


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order, and what of it is filled (None: nothing)."""

    order: Order
    fill: FilledPart | None = None


class OrderList(Protocol):
    """Orders, newest decision first."""

    def listed(self, selection: Selection, limit: int) -> list[OrderLine]:
        """At most `limit` orders; only their own executions are read."""
        ...
