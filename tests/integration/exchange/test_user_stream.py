"""The user data stream over a real socket: it is subscribed again whatever ends it, and nothing is missed."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from queue import SimpleQueue

import pytest

from algo_trading.adapters.binance import user_stream
from algo_trading.adapters.binance.broker import BinanceBroker
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.adapters.binance.signed import SignedRest
from algo_trading.adapters.binance.user_stream import UserStream, address_of
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.gateways.broker_updates import Listening, OrderUpdate
from fakes.trading_rules import FakeTradingRules
from servers.practice_exchange import KEY, SECRET, PracticeExchange, practice_exchange
from support.spot_exchange import SCALP, series_of

pytestmark = pytest.mark.integration

LONGEST = 20.0  # seconds that anything may take


@pytest.fixture(scope="module")
def served() -> Iterator[PracticeExchange]:
    with practice_exchange() as exchange:
        yield exchange


@pytest.fixture
def exchange(served: PracticeExchange, monkeypatch: pytest.MonkeyPatch) -> Iterator[PracticeExchange]:
    monkeypatch.setattr(user_stream, "FIRST_PAUSE", 0.01)
    yield served
    served.admin("faults", "DELETE")


def a_config(exchange: PracticeExchange, secret: str = SECRET) -> BinanceBrokerConfig:
    return BinanceBrokerConfig.model_validate(
        {"base_url": exchange.url, "api_key": KEY, "api_secret": secret, "attempts": 2}
    )


class Heard:
    """What a stream pushed, in its order."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[OrderUpdate | None] = SimpleQueue()
        self.stream: Listening | None = None

    def __call__(self, update: OrderUpdate | None) -> None:
        self._queue.put(update)

    def next(self) -> OrderUpdate | None:
        return self._queue.get(timeout=LONGEST)

    def until(self, fits: Callable[[OrderUpdate], bool]) -> OrderUpdate:
        while (found := self.next()) is None or not fits(found):
            pass
        return found


@pytest.fixture
def heard(exchange: PracticeExchange) -> Iterator[Heard]:
    """A broker's stream that has connected."""
    config, heard = a_config(exchange), Heard()
    stream = heard.stream = BinanceBroker(SignedRest(config), FakeTradingRules(), config).listen(heard)
    assert heard.next() is None
    yield heard
    stream.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "user-stream"]


def buy(exchange: PracticeExchange, name: str) -> None:
    config = a_config(exchange)
    now = datetime.now(UTC)
    order = Order(name, "spot", SCALP, series_of("BTCUSDT"), Side.BUY, now, now, "", budget=Decimal(50))
    BinanceBroker(SignedRest(config), FakeTradingRules(), config).submit(order)


def filled(name: str) -> Callable[[OrderUpdate], bool]:
    return lambda update: (
        update.client_order_id == name and update.report is not None and update.report.status is OrderStatus.FILLED
    )


def test_an_execution_is_heard(exchange: PracticeExchange, heard: Heard) -> None:
    buy(exchange, "first")
    found = heard.until(filled("first"))
    assert found.execution is not None
    assert found.execution.quantity <= found.filled
    assert found.execution.client_order_id == "first"


def test_a_connection_that_is_cut_is_opened_again(exchange: PracticeExchange, heard: Heard) -> None:
    exchange.admin("faults", kind="drop_connections")
    assert heard.next() is None
    buy(exchange, "after-the-cut")
    heard.until(filled("after-the-cut"))


def test_a_connection_that_will_end_is_replaced_before_it_does(exchange: PracticeExchange, heard: Heard) -> None:
    exchange.admin("faults", kind="server_shutdown", seconds=600)
    assert heard.next() is None
    buy(exchange, "after-the-announcement")
    heard.until(filled("after-the-announcement"))


def test_an_old_connection_is_replaced(exchange: PracticeExchange) -> None:
    heard = Heard()
    stream = UserStream(address_of(a_config(exchange)), SignedRest(a_config(exchange)).signed, heard, renew=0.05)
    try:
        assert [heard.next() for _ in range(3)] == [None] * 3
    finally:
        stream.close()


def test_a_wrong_clock_is_set_right(exchange: PracticeExchange) -> None:
    rest, heard = SignedRest(a_config(exchange)), Heard()
    rest.signed()  # so that the offset is known, and then is wrong
    exchange.admin("faults", kind="clock_skew", milliseconds=90_000)
    stream = UserStream(address_of(a_config(exchange)), rest.signed, heard)
    try:
        assert heard.next() is None
        assert stream.trouble == ""
    finally:
        stream.close()


def test_a_wrong_secret_is_said_without_it(exchange: PracticeExchange) -> None:
    config, heard = a_config(exchange, "not-the-secret"), Heard()
    stream = UserStream(address_of(config), SignedRest(config).signed, heard)
    try:
        for _ in range(2000):
            if "-1022" in stream.trouble:
                break
            threading.Event().wait(0.01)
        assert "the exchange refuses it (-1022" in stream.trouble
        assert "not-the-secret" not in stream.trouble
    finally:
        stream.close()


def test_an_exchange_that_is_away_is_tried_again() -> None:
    heard = Heard()
    config = BinanceBrokerConfig.model_validate(
        {"base_url": "http://127.0.0.1:9", "api_key": KEY, "api_secret": SECRET}
    )
    stream = UserStream(address_of(config), lambda *, resync: {}, heard)  # noqa: ARG005 - as the protocol names it
    try:
        for _ in range(2000):
            if "cannot be opened" in stream.trouble:
                break
            threading.Event().wait(0.01)
        assert stream.trouble == "the user data stream cannot be opened: no connection (ClientConnectorError)"
    finally:
        stream.close()


@pytest.mark.parametrize(
    ("options", "address"),
    [
        ({}, "wss://ws-api.binance.com:443/ws-api/v3"),
        ({"tld": "us"}, "wss://ws-api.binance.us:443/ws-api/v3"),
        ({"base_url": "https://testnet.binance.vision"}, "wss://ws-api.testnet.binance.vision/ws-api/v3"),
        ({"base_url": "http://127.0.0.1:8099/"}, "ws://127.0.0.1:8099/ws-api/v3"),
    ],
)
def test_the_address_follows_from_that_of_rest(options: dict[str, str], address: str) -> None:
    assert address_of(BinanceBrokerConfig.model_validate(options)) == address
