"""The broker `webhook`: orders as signed JSON, POSTed to an address that acts on them (TradingView's form)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from algo_trading.adapters.http_client import HttpClient
from algo_trading.adapters.retries import Retries
from algo_trading.adapters.webhook_signature import signed_headers, signing_key
from algo_trading.domain.account import Account, AccountState, Mode
from algo_trading.domain.coins import split_pair
from algo_trading.domain.costs import decimal_price, precision_of
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Execution, Order, OrderStatus
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError, ServiceUnavailableError, SourceError
from algo_trading.gateways.brokers import Balance, BrokerContext, BrokerReport, OrderReport, Query
from algo_trading.gateways.clock import Clock, SystemClock
from algo_trading.plugins import Plugin, PluginConfig
from algo_trading.risk.order_rules import round_down, shown
from algo_trading.services.prices import ReadPrices

TIMEOUT = 5.0  # seconds without a byte
SECRET = "ALGO_BROKERS__WEBHOOK__SECRET"  # noqa: S105 - the name of a variable


class WebhookConfig(PluginConfig):
    """Where orders go, and the key that signs them. `env` is passed on."""

    url: SecretStr = SecretStr("")
    secret: SecretStr = SecretStr("")
    env: Literal["dev", "prod"] = "dev"
    allow_private: bool = False  # addresses within this machine or its network


@dataclass(frozen=True)
class WebhookBroker:
    """Implements Broker for a receiver that says no more than whether it got a message.

    What it did with one nobody knows, so an order that was taken counts as filled at the last close stored when it was
    decided, without costs. A message that fails is sent again by every pass until the order's time is over, under the
    same key (`webhook-id`) and signature (standardwebhooks.com), so that a receiver can tell it from a second order.
    """

    account: Account
    config: WebhookConfig
    prices: ReadPrices
    client: HttpClient
    retries: Retries
    clock: Clock

    simulated = False
    holds_exits = False

    @property
    def real_money(self) -> bool:
        return self.account.mode is Mode.LIVE  # the receiver is told

    def price(self, instrument: Instrument) -> Decimal | None:  # noqa: ARG002 - nobody says
        return None

    def preview(self, order: Order) -> str:
        return f"POST {self._host} {self._body(order).decode()}"

    def submit(self, order: Order) -> OrderReport:
        if not self._quantity(order):
            what = "no price is stored, or its budget buys nothing"
            return OrderReport(order.client_order_id, OrderStatus.REJECTED, what, dust=order.closes)
        url, body = self.config.url.get_secret_value(), self._body(order)
        headers = self._signed(order.client_order_id, body)
        try:
            self.retries.ask(
                lambda: self.client.send("POST", url, content=body, headers=headers, timeout=httpx.Timeout(TIMEOUT))
            )
        except SourceError as error:
            raise ServiceUnavailableError(str(error)) from None
        return OrderReport(order.client_order_id, OrderStatus.OPEN)

    def cancel(self, order: Order) -> OrderReport:
        """Nothing can be taken back."""
        return OrderReport(order.client_order_id, order.status)

    def take_over(self) -> None:
        """A message that comes twice has the same key."""

    def order(self, order: Order) -> OrderReport | None:
        return OrderReport(order.client_order_id, order.status) if order.status.at_broker else None

    def executions(self, query: Query) -> BrokerReport:
        taken = [order for order in query.state.orders if order.status.at_broker]
        done = tuple(self._execution(order, query.state) for order in taken)
        return BrokerReport(done, tuple(OrderReport(order.client_order_id, OrderStatus.FILLED) for order in taken))

    def balances(self, state: AccountState) -> Mapping[str, Balance]:
        """What is booked: nobody else knows."""
        held = {asset: Balance(amount) for asset, amount in state.cash.items()}
        for position in state.positions:
            base = self._rules(position.instrument).base
            held[base] = Balance(held.get(base, Balance(Decimal(0))).free + position.quantity)
        return held

    def rules(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, TradingRules]:
        return {one: self._rules(one) for one in instruments}

    @property
    def _host(self) -> str:
        return urlsplit(self.config.url.get_secret_value()).hostname or ""

    def _rules(self, instrument: Instrument) -> TradingRules:
        base, quote = split_pair(instrument.symbol) or (instrument.symbol, venue_of(instrument.venue).currency)
        return TradingRules(instrument, base, quote, lot=precision_of(instrument.venue).quantity)

    def _price(self, order: Order) -> Decimal | None:
        """The last close when the order was decided: the same whenever it is asked for."""
        last = self.prices.last_closes([order.series], order.decided_at).get(order.series)
        return None if last is None else decimal_price(last.price, precision_of(order.series.venue))

    def _quantity(self, order: Order) -> Decimal:
        price = self._price(order)
        if price is None:
            return Decimal(0)
        bought = None if order.budget is None else order.budget / price
        amounts = [amount for amount in (order.quantity, bought) if amount is not None]
        return round_down(min(amounts), precision_of(order.series.venue).quantity) if amounts else Decimal(0)

    def _execution(self, order: Order, state: AccountState) -> Execution:
        position = state.position(Holding(order.strategy, order.series)) if order.closes else None
        sized = order if position is None else replace(order, quantity=abs(position.quantity))
        quantity, price = self._quantity(sized), self._price(order)
        assert price is not None, "it was sent with one"
        value = (quantity * price).quantize(precision_of(order.series.venue).money)
        return Execution(
            order.client_order_id, order.client_order_id, self.clock.now(), quantity, price, value, Decimal(0),
            state.account.currency,
        )  # fmt: skip

    def _body(self, order: Order) -> bytes:
        message = {
            "symbol": order.instrument.symbol,
            "action": order.side.upper(),
            "quantity": shown(self._quantity(order)),
            "env": self.config.env,
            "mode": str(self.account.mode),
            "id": order.client_order_id,
        }
        return json.dumps(message, separators=(",", ":")).encode()

    def _signed(self, key: str, body: bytes) -> dict[str, str]:
        return signed_headers(signing_key(self.config.secret, SECRET), key, self.clock.now(), body)


def build(config: WebhookConfig, context: BrokerContext) -> WebhookBroker:
    """The broker as configured in [brokers.webhook].

    Raises:
        ConfigError: address or secret is missing, or the address is not one of https.
    """
    if urlsplit(config.url.get_secret_value()).scheme != "https":
        raise ConfigError("the broker webhook needs an https address: set ALGO_BROKERS__WEBHOOK__URL (docs/trading.md)")
    if not signing_key(config.secret, SECRET):
        raise ConfigError(f"the broker webhook signs its messages: set {SECRET} (docs/trading.md)")
    retries = Retries("the webhook", attempts=1, pause_seconds=0)
    client = HttpClient(retries, private=config.allow_private, option="brokers.webhook.allow_private")
    prices = ReadPrices(context.bars, context.actions)
    return WebhookBroker(context.account, config, prices, client, retries, SystemClock())


plugin = Plugin(WebhookConfig, build)
