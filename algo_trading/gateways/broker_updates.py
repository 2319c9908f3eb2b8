"""What brokers push: news of orders as soon as there are any, beside what they say when they are asked."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, runtime_checkable

from algo_trading.domain.order import Execution
from algo_trading.gateways.brokers import OrderReport


@dataclass(frozen=True, slots=True)
class OrderUpdate:
    """One thing that happened to an order: an execution of it, if it is one, and how the order stands then.

    `filled` is how much of the order had been executed by then in all: where less of it is known, an update is missing.
    Without a `report` the broker has to be asked how the order stands.
    """

    client_order_id: str
    filled: Decimal
    report: OrderReport | None = None
    execution: Execution | None = None


# Gets each update; None says that updates may have been missed, so what happened has to be asked for.
Hear = Callable[[OrderUpdate | None], None]


class Listening(Protocol):
    """A subscription that is kept alive until it is closed."""

    @property
    def trouble(self) -> str:
        """Why nothing is heard at the moment, in one sentence; empty while all is well."""
        ...

    def close(self) -> None:
        """Hear nothing any more."""
        ...


@runtime_checkable
class PushesUpdates(Protocol):
    """A broker that pushes what happens to an account's orders."""

    def listen(self, hear: Hear) -> Listening:
        """Call `hear` with every update from now on, in another thread; with None after every connect.

        Updates may come twice, in another order, or not at all: who books them does so by the ids of executions.
        """
        ...
