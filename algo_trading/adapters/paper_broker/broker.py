"""The paper broker behind the protocol of brokers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from algo_trading.adapters.paper_broker.executing import Bar, Market, execute, execution_id
from algo_trading.domain.account import AccountState
from algo_trading.domain.costs import decimal_price, precision_of
from algo_trading.domain.instrument import Instrument, Series, TradingRules
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.venue import venue_of
from algo_trading.gateways.brokers import Balance, BrokerReport, OrderReport, Query
from algo_trading.services.prices import Bar as TradedBar
from algo_trading.services.prices import ReadPrices, trading_date


@dataclass(frozen=True)
class PaperBroker:
    """Implements Broker on stored bars. It keeps nothing: all that it says follows from the account and the bars."""

    prices: ReadPrices

    @property
    def simulated(self) -> bool:
        return True

    @property
    def real_money(self) -> bool:
        return False

    @property
    def holds_exits(self) -> bool:
        return False

    def price(self, instrument: Instrument) -> Decimal | None:  # noqa: ARG002 - it lives on bars
        return None

    def preview(self, order: Order) -> str:
        how_much = f"{order.quantity.normalize():f} " if order.quantity is not None else ""
        return f"paper: {order.side} {how_much}{order.instrument} at {order.type}, within the next bar"

    def submit(self, order: Order) -> OrderReport:
        return OrderReport(order.client_order_id, OrderStatus.OPEN)

    def cancel(self, order: Order) -> OrderReport:
        return OrderReport(order.client_order_id, OrderStatus.CANCELLED)

    def take_over(self) -> None:
        """Nothing is on its way to it."""

    def order(self, order: Order) -> OrderReport | None:
        return OrderReport(order.client_order_id, order.status) if order.status.at_broker else None

    def executions(self, query: Query) -> BrokerReport:
        """Execute within a period the orders that waited for it.

        Bars do not tell what a market order for many shares would have moved: an order is filled at one price, whole
        or up to the part of the bar's volume that the account's costs allow.
        """
        period, state = query.period, query.state
        if period is None:
            return BrokerReport()
        waiting = [
            order
            for order in state.orders
            if order.status.at_broker
            and (order.series.venue, order.series.interval) == (query.venue, period.interval)
            and order.decided_at <= period.starts_at
            and execution_id(order, period) not in query.booked
        ]
        bars = self.prices.traded((order.series for order in waiting), period.opened_at)
        orders = [order for order in waiting if order.series in bars]
        if not orders:
            return BrokerReport()
        market = Market(
            period,
            {series: _as_money(series, bar) for series, bar in bars.items()},
            self.prices.prices(
                (position.series for position in state.positions if position.quantity < 0),
                period.starts_at,
                trading_date(query.venue, period.closed_at),
            ),
        )
        return execute(state, orders, market)

    def balances(self, state: AccountState) -> Mapping[str, Balance]:
        held = {asset: Balance(amount) for asset, amount in state.cash.items()}
        for position in state.positions:
            before = held.get(position.series.symbol, Balance(Decimal(0)))
            held[position.series.symbol] = Balance(before.free + position.quantity)
        return held

    def rules(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, TradingRules]:
        return {
            one: TradingRules(one, one.symbol, venue_of(one.venue).currency, lot=precision_of(one.venue).quantity)
            for one in instruments
        }


def _as_money(series: Series, bar: TradedBar) -> Bar:
    precision = precision_of(series.venue)
    open_, high, low = (decimal_price(price, precision) for price in (bar.open, bar.high, bar.low))
    return Bar(open_, high, low, Decimal(repr(bar.volume)))
