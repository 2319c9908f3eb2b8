"""The broker `webhook`: what is sent, how it is signed, and what is done where nobody takes it."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from algo_trading.adapters.http_client import HttpClient
from algo_trading.adapters.retries import Reply, Retries
from algo_trading.adapters.webhook_broker import WebhookBroker, WebhookConfig, build
from algo_trading.domain.account import AccountState, Mode
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.brokers import Broker, BrokerContext, Query
from algo_trading.repositories.accounts import AccountStep
from algo_trading.services.prices import ReadPrices
from contracts.bars import bar_row, bar_rows
from contracts.brokers import BrokerContract
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.trading_rules import FakeTradingRules
from support.trading import Trading, an_account, opening

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COIN = Series(Instrument("INJUSDT", "BINANCE"), Interval.MINUTE_5)
KEY = base64.b64encode(b"a key of some length").decode()


class Receiver(HttpClient):
    """Takes messages, or answers with what `statuses` says first."""

    def __init__(self) -> None:
        super().__init__(Retries("the webhook", attempts=1, pause_seconds=0))
        self.statuses: list[int] = []
        self.received: list[tuple[dict[str, str], dict[str, Any]]] = []

    def send(self, method: str, url: str, **options: Any) -> Reply:
        assert (method, url) == ("POST", "https://hooks.example.com/orders")
        self.received.append((options["headers"], json.loads(options["content"])))
        content = f"{options['headers']['webhook-id']}.{options['headers']['webhook-timestamp']}.".encode()
        digest = hmac.new(base64.b64decode(KEY), content + options["content"], hashlib.sha256).digest()
        assert options["headers"]["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        return Reply(self.statuses.pop(0) if self.statuses else 204, b"")


def stored_bars() -> FakeBars:
    bars = FakeBars()
    opened = NOW - timedelta(minutes=5)
    row = bar_row(COIN.instrument, opened.date(), 20.0, interval="5m", opened_at=opened, closed_at=NOW)
    bars.upsert(bar_rows(row), "test")
    return bars


def config_of(**options: Any) -> WebhookConfig:
    given = {"url": "https://hooks.example.com/orders", "secret": f"whsec_{KEY}", **options}
    return WebhookConfig.model_validate(given)


def a_broker(receiver: Receiver, mode: Mode = Mode.PAPER) -> WebhookBroker:
    prices, retries = (
        ReadPrices(stored_bars(), FakeCorporateActions()),
        Retries("the webhook", attempts=1, pause_seconds=0),
    )
    account = an_account("hook", currency="USDT", mode=mode)
    return WebhookBroker(account, config_of(), prices, receiver, retries, FakeClock(NOW))


def an_order(side: Side = Side.BUY, **changes: Any) -> Order:
    terms = {"budget": Decimal(100) if side is Side.BUY else None, "closes": side is Side.SELL, **changes}
    return Order("o1", "hook", StrategyId("scalp", "{}"), COIN, side, NOW - timedelta(minutes=5), NOW, "", **terms)


class TestWebhook(BrokerContract):
    @pytest.fixture
    def broker(self) -> WebhookBroker:
        return a_broker(Receiver())

    @pytest.fixture
    def state(self) -> AccountState:
        return AccountState(an_account("hook", currency="USDT"), {"USDT": Decimal(1000)}, orders=(an_order(),))

    def execute(self, broker: Broker, order: Order) -> None:
        """It counts as filled once it was taken."""

    def query(self, state: AccountState) -> Query:
        return Query(state, NOW)

    def test_what_is_cancelled_is_not_executed(self, broker: Broker, state: AccountState) -> None:
        """Nothing can be taken back: what was sent stays sent."""
        _, order = self.submitted(broker, state)
        assert broker.cancel(order).status is OrderStatus.OPEN


class Desk(Trading):
    """An account at a receiver, with one order."""

    def __init__(self) -> None:
        super().__init__()
        self.receiver = Receiver()
        broker = a_broker(self.receiver)
        self.find_broker = lambda _: broker
        self.clock.time = NOW
        state = self.accounts.open(opening(an_account("hook", NOW - timedelta(days=1), currency="USDT"), "1000"))
        order = an_order(valid_until=NOW + timedelta(minutes=5))
        self.accounts.store(AccountStep(state, state.ordering(order), NOW, (order,)))

    def send(self) -> None:
        self.book(self.submit(self.accounts.state("hook")).state)


def test_an_order_is_one_signed_message_in_the_known_form() -> None:
    desk = Desk()
    desk.send()
    desk.send()
    ((headers, message),) = desk.receiver.received
    assert message == {
        "symbol": "INJUSDT", "action": "BUY", "quantity": "5", "env": "dev", "mode": "paper", "id": "o1",
    }  # fmt: skip
    assert headers["webhook-id"] == "o1"
    (position,) = desk.accounts.state("hook").positions
    assert [position.quantity, position.entry_price, desk.accounts.state("hook").money] == list(
        map(Decimal, (5, 20, 900))
    )


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_what_nobody_took_is_sent_again_under_the_same_key(status: int) -> None:
    desk = Desk()
    desk.receiver.statuses = [status]
    with pytest.raises(ServiceUnavailableError, match="the webhook"):
        desk.send()
    submission = desk.accounts.submission("o1")
    assert submission is not None
    assert "the webhook" in submission.error
    desk.send()
    assert [headers["webhook-id"] for headers, _ in desk.receiver.received] == ["o1", "o1"]
    assert desk.receiver.received[0][1] == desk.receiver.received[1][1]
    assert len(desk.accounts.executions("hook")) == 1


def test_after_its_time_an_order_is_not_sent_any_more() -> None:
    desk = Desk()
    desk.receiver.statuses = [500]
    with pytest.raises(ServiceUnavailableError):
        desk.send()
    desk.clock.move(timedelta(minutes=6))
    desk.send()
    assert len(desk.receiver.received) == 1
    order = desk.accounts.order("o1")
    assert order is not None
    assert order.status is OrderStatus.REJECTED


def test_without_a_price_nothing_is_sent() -> None:
    receiver = Receiver()
    report = a_broker(receiver).submit(an_order(budget=Decimal(0)))
    assert (report.status, receiver.received) == (OrderStatus.REJECTED, [])


def test_a_live_account_is_real_money() -> None:
    assert a_broker(Receiver(), Mode.LIVE).real_money
    assert not a_broker(Receiver()).real_money
    assert '"mode":"live"' in a_broker(Receiver(), Mode.LIVE).preview(an_order())
    assert KEY not in repr(a_broker(Receiver()))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "http://hooks.example.com/orders"}, "needs an https address"),
        ({"url": ""}, "needs an https address"),
        ({"secret": ""}, "signs its messages"),
        ({"secret": "whsec_!"}, "is not base64"),
    ],
)
def test_what_is_missing_is_named(options: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        build(config_of(**options), a_context())


@pytest.mark.parametrize("url", ["https://127.0.0.1:1/x", "https://10.0.0.1/x", "https://[::1]/x"])
def test_private_addresses_are_not_asked_unless_they_are_allowed(url: str) -> None:
    broker = build(config_of(url=url), a_context())
    with pytest.raises(ServiceUnavailableError, match=r"set brokers.webhook.allow_private = true"):
        broker.submit(an_order())


def a_context() -> BrokerContext:
    account = an_account("hook", currency="USDT")
    return BrokerContext("webhook", Path(), account, stored_bars(), FakeCorporateActions(), FakeTradingRules())
