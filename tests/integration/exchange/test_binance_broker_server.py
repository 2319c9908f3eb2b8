"""The broker `binance` over sockets: what its own transport does when an exchange is slow, cut or gone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.adapters.binance import client, signed
from algo_trading.adapters.binance.broker import BinanceBroker
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.adapters.binance.signed import SignedRest
from algo_trading.domain.account import AccountState
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.brokers import DoubtfulError, Query
from fakes.trading_rules import FakeTradingRules
from servers.practice_exchange import KEY, SECRET, PracticeExchange, practice_exchange
from support.spot_exchange import SCALP, series_of
from support.trading import an_account

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def served() -> Iterator[PracticeExchange]:
    with practice_exchange() as exchange:
        yield exchange


@pytest.fixture
def exchange(served: PracticeExchange) -> Iterator[PracticeExchange]:
    yield served
    served.admin("faults", "DELETE")


def a_broker(url: str) -> BinanceBroker:
    """With a short receive window, so that a test waits no longer than two seconds."""
    config = BinanceBrokerConfig.model_validate(
        {"base_url": url, "api_key": KEY, "api_secret": SECRET, "receive_window": 1, "attempts": 2}
    )
    return BinanceBroker(SignedRest(config), FakeTradingRules(), config)


def an_order(name: str) -> Order:
    now = datetime.now(UTC)
    return Order(
        name, "spot", SCALP, series_of("BTCUSDT"), Side.BUY, now - timedelta(minutes=5), now, "",
        budget=Decimal(50), status=OrderStatus.SUBMITTED,
    )  # fmt: skip


def test_an_order_is_sent_executed_and_reported(exchange: PracticeExchange) -> None:
    broker, order = a_broker(exchange.url), an_order("plain")
    assert broker.submit(order).status is OrderStatus.OPEN
    state = AccountState(an_account("spot", currency="USDT"), orders=(order.moved(OrderStatus.OPEN),))
    report = broker.executions(Query(state, order.decided_at))
    assert [one.status for one in report.orders] == [OrderStatus.FILLED]
    assert 0 < sum(one.value for one in report.executions) <= 50


@pytest.mark.parametrize("kind", ["accept_and_disconnect", "accept_and_time_out"])
def test_an_order_that_was_taken_without_an_answer_is_found(exchange: PracticeExchange, kind: str) -> None:
    broker, order = a_broker(exchange.url), an_order(kind)
    broker.submit(an_order(f"{kind}_before"))
    exchange.admin("faults", kind=kind, path="/api/v3/order", method="POST")
    with pytest.raises(DoubtfulError):
        broker.submit(order)
    found = broker.order(order)
    assert found is not None
    assert found.status is OrderStatus.FILLED


def test_an_order_that_is_answered_too_late_is_in_doubt(
    exchange: PracticeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (client, signed):
        monkeypatch.setattr(module, "TIMEOUT", 0.5)
    broker, order = a_broker(exchange.url), an_order("slow")
    broker.submit(an_order("before"))
    exchange.admin("faults", kind="delay", seconds=2, path="/api/v3/order", method="POST")
    with pytest.raises(DoubtfulError, match="did not answer"):
        broker.submit(order)
    found = broker.order(order)
    assert found is not None
    assert found.status is OrderStatus.FILLED


def test_what_was_cut_before_it_arrived_is_not_there(exchange: PracticeExchange) -> None:
    broker, order = a_broker(exchange.url), an_order("cut")
    broker.submit(an_order("first"))
    exchange.admin("faults", kind="disconnect", path="/api/v3/order", method="POST")
    with pytest.raises(DoubtfulError):
        broker.submit(order)
    assert broker.order(order) is None
    assert broker.submit(order).status is OrderStatus.OPEN


def test_an_exchange_that_is_gone_has_no_order() -> None:
    with practice_exchange() as gone:
        broker = a_broker(gone.url)
        broker.submit(an_order("first"))
    with pytest.raises(ServiceUnavailableError, match="cannot be reached"):
        broker.submit(an_order("second"))
    with pytest.raises(ServiceUnavailableError, match="cannot be reached"):
        broker._rest.place({"symbol": "BTCUSDT"})
