"""Sell what is held, now and whatever strategies say."""

from collections.abc import Callable
from dataclasses import dataclass

from algo_trading.calendars import Calendars
from algo_trading.domain.account import AccountState, Position
from algo_trading.domain.order import Order
from algo_trading.domain.signal import Side
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.risk.sizing import client_order_id
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.submit_orders import SubmitOrders

Chosen = Callable[[str, Position], bool]  # the account's name and one of its positions


@dataclass(frozen=True, slots=True)
class Sale:
    """An order that closes a position: as it stands afterwards, or with the request it would be sent with."""

    order: Order
    request: str = ""


@dataclass(frozen=True)
class SellPositions:
    """Close positions at the market.

    Exits that rest at the broker give way. Other orders of the same holding are left alone, and so is the position.
    """

    accounts: AccountRepository
    submit: SubmitOrders
    book: BookExecutions
    locks: ExclusiveWork
    calendars: Calendars
    clock: Clock

    def __call__(self, chosen: Chosen, reason: str) -> list[Sale]:
        """Send and book the orders of every account.

        Raises:
            AlgoTradingError: a broker could not be reached; its orders are stored, and sent by the next dispatch.
        """
        sales: list[Sale] = []
        for name in self.accounts.names():
            with self.locks.exclusively(f"account {name}"):
                state = self.accounts.state(name)
                orders = self._orders(state, chosen, reason)
                if orders:
                    self._sell(state, orders)
                    stored = (self.accounts.order(order.client_order_id) for order in orders)
                    sales += [Sale(order) for order in stored if order is not None]
        return sales

    def preview(self, chosen: Chosen) -> list[Sale]:
        """The orders with the requests they would be sent with; nothing is stored or sent."""
        states = [self.accounts.state(name) for name in self.accounts.names()]
        return [
            Sale(order, self.submit.preview(order, state))
            for state in states
            for order in self._orders(state, chosen, "preview")
        ]

    def _sell(self, state: AccountState, orders: tuple[Order, ...]) -> None:
        after = state
        for order in orders:
            after = after.ordering(order)
        stored = self.accounts.store(AccountStep(state, after, self.clock.now(), orders))
        self.book(self.submit(stored).state)

    def _orders(self, state: AccountState, chosen: Chosen, reason: str) -> tuple[Order, ...]:
        waiting = {(order.strategy, order.series) for order in state.orders if not order.rests}
        return tuple(
            self._order(state, position, reason)
            for position in state.positions
            if (position.strategy, position.series) not in waiting and chosen(state.account.name, position)
        )

    def _order(self, state: AccountState, position: Position, reason: str) -> Order:
        now, series = self.clock.now(), position.series
        return Order(
            client_order_id=client_order_id(state.account.name, f"{position.opened_by}\nsold {now.isoformat()}"),
            account=state.account.name,
            strategy=position.strategy,
            series=series,
            side=Side.SELL if position.quantity > 0 else Side.BUY,
            opened_at=self.calendars(series.venue).newest_closed(series.interval, now).opened_at,
            decided_at=now,
            reason=reason,
            closes=True,
        )
