"""Buy because a person asks, whatever strategies say; never with real money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from algo_trading.calendars import Calendars
from algo_trading.domain.account import AccountState, Mode
from algo_trading.domain.costs import precision_of
from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Order
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.errors import ConfigError
from algo_trading.gateways.brokers import Broker, Brokers
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.repositories.watchlists import AssignmentRepository, WatchlistRepository
from algo_trading.risk.account_rules import exposure_refusal
from algo_trading.risk.equity import equity_of
from algo_trading.risk.sizing import client_order_id
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.place_orders import daily_loss_reason
from algo_trading.services.prices import ReadPrices
from algo_trading.services.submit_orders import SubmitOrders

BY_HAND = StrategyId("by_hand", "{}")
TO_BE_SENT_WITHIN = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a person asks for: to spend `budget` of the account's currency, and how the position is to be left.

    `key` tells it from every other: with the same one nothing is bought twice.
    """

    account: str
    series: Series
    budget: Decimal
    key: str
    by: str
    exits: Exits = NO_EXITS


@dataclass(frozen=True)
class BuyAtMarket:
    """Enter a position at the market for the account's own strategy `by_hand`.

    The rules and caps of the account and the kill switch hold as for any entry; nobody is asked for approval, since
    a person has decided.
    """

    accounts: AccountRepository
    watchlists: WatchlistRepository
    assignments: AssignmentRepository
    prices: ReadPrices
    brokers: Brokers
    submit: SubmitOrders
    book: BookExecutions
    locks: ExclusiveWork
    calendars: Calendars
    clock: Clock

    def choices(self) -> list[Series]:
        """What may be bought: series whose periods are decided for somebody, so that accounts move through them."""
        moved = {(one.series.venue, one.series.interval) for one in self.assignments.all()}
        watched = {one for watchlist in self.watchlists.all() for one in watchlist.all_series}
        return sorted(one for one in watched if (one.venue, one.interval) in moved)

    def __call__(self, wanted: Purchase) -> Order:
        """Send and book the order; returns it as it stands then.

        Raises:
            ConfigError: it may not be bought; the sentence says why.
            AlgoTradingError: the broker could not be reached; the order is stored, and sent by the next dispatch.
        """
        with self.locks.exclusively(f"account {wanted.account}"):
            state = self.accounts.state(wanted.account)
            order = self._order(state, wanted)
            if self.accounts.order(order.client_order_id) is None:
                self._refuse(state, order)
                step = AccountStep(state, state.ordering(order), self.clock.now(), (order,))
                self.book(self.submit(self.accounts.store(step)).state)
            found = self.accounts.order(order.client_order_id)
        assert found is not None
        return found

    def preview(self, wanted: Purchase) -> str:
        """The request that it would be sent with; nothing is stored or sent.

        Raises:
            ConfigError: it may not be bought.
        """
        state = self.accounts.state(wanted.account)
        order = self._order(state, wanted)
        self._refuse(state, order)
        return self.submit.preview(order, state)

    def _order(self, state: AccountState, wanted: Purchase) -> Order:
        now, series = self.clock.now(), wanted.series
        simulated = self.brokers(state.account).simulated
        return Order(
            client_order_id=client_order_id(state.account.name, f"bought by hand\n{wanted.key}"),
            account=state.account.name,
            strategy=BY_HAND,
            series=series,
            side=Side.BUY,
            opened_at=self.calendars(series.venue).newest_closed(series.interval, now).opened_at,
            decided_at=now,
            reason=f"bought by {wanted.by}",
            budget=wanted.budget,
            valid_until=None if simulated else now + TO_BE_SENT_WITHIN,
            exits=wanted.exits,
        )

    def _refuse(self, state: AccountState, order: Order) -> None:
        """Raise ConfigError where the order may not be placed."""
        broker = self.brokers(state.account)
        reason = _money(state, broker, order) or self._market(state, broker, order) or self._rules(state, order)
        if reason:
            raise ConfigError(reason)

    def _market(self, state: AccountState, broker: Broker, order: Order) -> str:
        series, currency = order.series, state.account.currency
        if series not in self.choices():
            return f"{series} is not followed by a watchlist whose periods are decided for a strategy"
        rules = broker.rules([series.instrument]).get(series.instrument)
        if rules is not None and rules.quote != currency:
            return f"{series.instrument} is paid in {rules.quote}, and the account is kept in {currency}"
        if state.position(Holding(BY_HAND, series)) is not None:
            return f"the account holds {series} by hand already; sell it first"
        if any((one.strategy, one.series) == (BY_HAND, series) for one in state.orders):
            return f"an order for {series} is still waiting"
        return ""

    def _rules(self, state: AccountState, order: Order) -> str:
        name, step, now = state.account.name, precision_of(order.series.venue).money, self.clock.now()
        held: Sequence[Series] = [one.series for one in state.positions]
        prices = self.prices.prices(held, now, now.date())
        equity = equity_of(state, prices, step)
        loss = daily_loss_reason(state, self.accounts.entries(name), self.prices, equity, now, step=step)
        return loss or exposure_refusal(order, state, equity, prices)


def _money(state: AccountState, broker: Broker, order: Order) -> str:
    account, budget = state.account, order.budget or Decimal(0)
    if broker.real_money or account.mode is Mode.LIVE:
        return f"{account.name} trades real money, which is spent by strategies alone"
    waiting = sum((one.budget or Decimal(0) for one in state.orders if not one.closes), Decimal(0))
    free = state.money - waiting
    if not 0 < budget <= free:
        return f"{budget:,.2f} {account.currency} is not an amount above 0 and up to the {free:,.2f} that are free"
    return ""
