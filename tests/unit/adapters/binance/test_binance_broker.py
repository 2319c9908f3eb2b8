"""The broker `binance`: its real client on a practice exchange whose clock stands still between requests."""

import base64
import time
import traceback
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from algo_trading.adapters.binance.broker import BinanceBroker, trades_real_money
from algo_trading.adapters.binance.client import new_client
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.domain.account import AccountState
from algo_trading.domain.order import Order, OrderStatus, OrderType
from algo_trading.domain.signal import Side
from algo_trading.errors import AlgoTradingError, ConfigError, ServiceUnavailableError
from algo_trading.exchange.signing import Key
from algo_trading.gateways.brokers import Broker, DoubtfulError, Query
from contracts.brokers import BrokerContract
from support.exchange_world import SECRET
from support.spot_exchange import SpotExchange, series_of
from support.trading import an_account

pytestmark = pytest.mark.unit

OPEN, FILLED = OrderStatus.OPEN, OrderStatus.FILLED


@pytest.fixture
def exchange() -> SpotExchange:
    return SpotExchange()


def a_state(exchange: SpotExchange, *orders: Order) -> AccountState:
    account = an_account("spot", currency="USDT")
    money = exchange.world.account.balances["USDT"]
    return AccountState(account, {"USDT": money.free + money.locked}, orders=orders)


class TestBinance(BrokerContract):
    @pytest.fixture
    def broker(self, exchange: SpotExchange) -> BinanceBroker:
        self.exchange = exchange
        return exchange.settled()

    @pytest.fixture
    def state(self, exchange: SpotExchange, broker: BinanceBroker) -> AccountState:  # noqa: ARG002 - time has passed
        price = exchange.world.near("0.9995")
        order = exchange.order(1, type=OrderType.LIMIT, limit_price=price, quantity=Decimal("0.001"))
        return a_state(exchange, order)

    def execute(self, broker: Broker, order: Order) -> None:
        for _ in range(240):
            self.exchange.world.wait(60)
            report = broker.order(order)
            assert report is not None
            if report.status is FILLED:
                return
        pytest.fail("the market did not come to the price")

    def query(self, state: AccountState) -> Query:
        return Query(state, self.exchange.now())


def submitted(order: Order) -> Order:
    return order.moved(OrderStatus.SUBMITTED)


def opened(order: Order) -> Order:
    return submitted(order).moved(OPEN)


def bought(exchange: SpotExchange, broker: BinanceBroker, number: int = 1, **changes: Any) -> Order:
    order = exchange.order(number, **changes)
    assert broker.submit(submitted(order)).status is OPEN
    return opened(order)


def test_a_budget_is_spent_without_floats(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    order = bought(exchange, broker, budget=Decimal("123.456789019"))
    (line,) = [line for line in exchange.log if line.startswith("POST /api/v3/order ")]
    assert "quoteOrderQty=123.45678901&" in line
    assert "selfTradePreventionMode=EXPIRE_TAKER" in line
    report = broker.executions(Query(a_state(exchange, order), exchange.now()))
    assert [one.status for one in report.orders] == [FILLED]
    fees = sum(one.commission for one in report.executions)
    held = exchange.world.account.balances["BTC"].free
    assert sum(one.quantity for one in report.executions) - fees == held
    assert {one.commission_asset for one in report.executions} == {"BTC"}
    assert exchange.world.account.balances["USDT"].free == 10_000 - sum(one.value for one in report.executions)


def test_a_smaller_quantity_counts_before_the_budget(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    bought(exchange, broker, quantity=Decimal("0.0012349"))
    assert "&quantity=0.00123&" in exchange.log[-1]


def test_the_first_order_of_a_pair_is_tested(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    bought(exchange, broker, 1)
    bought(exchange, broker, 2)
    bought(exchange, broker, 3, symbol="ETHUSDT")
    assert sum("POST /api/v3/order/test" in line for line in exchange.log) == 2


def test_a_slow_machine_does_not_make_requests_look_late(
    exchange: SpotExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests are stamped by the broker's clock, on which no time passes while this machine is busy elsewhere."""
    real, stalled = time.time, 0.0

    def stall(*_arrive: object, sent: bool = False) -> None:
        nonlocal stalled
        stalled += 30 + sent

    monkeypatch.setattr(exchange, "step", stall)
    monkeypatch.setattr(time, "time", lambda: real() + stalled)
    bought(exchange, exchange.settled())
    assert stalled > 120
    assert [line.split()[1] for line in exchange.log if line.startswith("POST")] == [
        "/api/v3/order/test",
        "/api/v3/order",
    ]


def test_what_breaks_a_rule_is_refused_before_it_is_sent(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    report = broker.submit(submitted(exchange.order(1, budget=Decimal("4.99"))))
    assert (report.status, report.reason) == (
        OrderStatus.REJECTED,
        "NOTIONAL: value in USDT 4.99 is below the minimum of 5",
    )
    assert exchange.sent() == []
    assert not report.dust


def test_sells_round_down_and_dust_is_not_sent(exchange: SpotExchange) -> None:
    exchange = SpotExchange(BTC="1", USDT="10")
    broker = exchange.settled()
    sell = exchange.order(1, Side.SELL, quantity=Decimal("0.123456789"))
    assert broker.submit(submitted(sell)).status is OPEN
    assert "&quantity=0.12345&" in exchange.log[-1]
    assert "selfTradePreventionMode=EXPIRE_MAKER" in exchange.log[-1]
    crumbs = broker.submit(submitted(exchange.order(2, Side.SELL, quantity=Decimal("0.00000877"))))
    assert (crumbs.status, crumbs.dust) == (OrderStatus.REJECTED, True)
    assert crumbs.reason == "LOT_SIZE: quantity 0 is below the minimum of 0.00001"
    assert exchange.sent() == ["o1"]


def test_no_more_is_sold_than_is_free(exchange: SpotExchange) -> None:
    exchange = SpotExchange(BTC="0.0999012", USDT="10")
    broker = exchange.settled()
    assert broker.submit(submitted(exchange.order(1, Side.SELL, quantity=Decimal("0.1")))).status is OPEN
    assert "&quantity=0.0999&" in exchange.log[-1]
    report = broker.submit(submitted(exchange.order(2, Side.SELL, quantity=Decimal("0.1"))))
    assert report.reason == ("LOT_SIZE: quantity 0 is below the minimum of 0.00001; only 0.0000012 BTC is free")
    assert not report.dust  # there is enough in the book, and somebody has sold it elsewhere


@pytest.mark.parametrize("kind", ["accept_and_disconnect", "accept_and_time_out"])
def test_an_order_whose_answer_is_lost_is_found(exchange: SpotExchange, kind: str) -> None:
    broker = exchange.settled()
    order = submitted(exchange.order(1))
    broker.submit(submitted(exchange.order(2)))  # the pair is tested
    exchange.fault(kind, path="/api/v3/order", method="POST")
    with pytest.raises(DoubtfulError):
        broker.submit(order)
    report = broker.order(order)
    assert report is not None
    assert report.status is FILLED
    assert broker.submit(order).status is FILLED
    assert exchange.orders() == ["o2", "o1"]


def test_an_order_in_doubt_is_waited_for_as_long_as_it_may_still_arrive(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    order = submitted(exchange.order(1))
    exchange.fault("disconnect", path="/api/v3/order", method="POST")
    with pytest.raises(DoubtfulError, match="nobody knows whether it has the order"):
        broker.submit(order)
    exchange.waited.clear()
    assert broker.order(order) is None
    assert exchange.waited == [pytest.approx(6)]
    assert broker.order(order) is None
    assert len(exchange.waited) == 1


def test_a_new_process_waits_for_what_the_one_before_may_have_sent(exchange: SpotExchange) -> None:
    broker = exchange.broker()
    broker.take_over()
    assert broker.order(submitted(exchange.order(1))) is None
    assert exchange.waited == [pytest.approx(6)]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_after_an_error_of_the_exchange_an_order_is_in_doubt(exchange: SpotExchange, status: int) -> None:
    broker = exchange.settled()
    exchange.fault("answer", path="/api/v3/order", method="POST", status=status)
    with pytest.raises(DoubtfulError):
        broker.submit(submitted(exchange.order(1)))


def test_slowing_down_is_obeyed_and_then_the_order_is_sent(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    exchange.fault("answer", path="/api/v3/order", method="POST", status=429, code=-1015, retry_after=7)
    exchange.waited.clear()
    assert broker.submit(submitted(exchange.order(1))).status is OPEN
    assert exchange.waited == [pytest.approx(7, abs=0.1)]
    assert exchange.orders() == ["o1"]


def test_a_ban_is_not_waited_for(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    exchange.fault("answer", path="/api/v3/order", method="POST", status=418, code=-1003, retry_after=600)
    with pytest.raises(ServiceUnavailableError, match="bans this address until"):
        broker.submit(submitted(exchange.order(1)))
    asked = len(exchange.log)
    with pytest.raises(ServiceUnavailableError):
        broker.submit(submitted(exchange.order(1)))
    assert len(exchange.log) == asked


def test_a_wrong_clock_is_set_right(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    bought(exchange, broker, 1)
    exchange.fault("clock_skew", milliseconds=90_000)
    bought(exchange, broker, 2)
    exchange.fault("clock_skew", milliseconds=-90_000)
    assert broker.balances(a_state(exchange))["BTC"].free > 0


def test_a_halted_pair(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    bought(exchange, broker, 1)
    exchange.fault("halt", symbol="BTCUSDT")
    report = broker.submit(submitted(exchange.order(2)))
    assert (report.status, report.reason) == (OrderStatus.REJECTED, "Market is closed. (-2010)")
    (stored,) = exchange.rules.all()
    assert stored.trading
    again = exchange.settled()
    again.rules([series_of("BTCUSDT").instrument])
    exchange.rules.upsert([*rules_now(exchange)])
    assert exchange.broker().submit(submitted(exchange.order(3))).reason == "status: BTCUSDT is HALT, not TRADING"
    exchange.fault("resume", symbol="BTCUSDT")
    assert exchange.broker().submit(submitted(exchange.order(3))).status is OPEN


def rules_now(exchange: SpotExchange) -> Any:
    from algo_trading.adapters.binance.rules import rules_of

    info = exchange.world.ask("GET", "/api/v3/exchangeInfo", symbol="BTCUSDT").body
    return rules_of(info, "BINANCE", "Binance")


def test_a_pair_that_is_not_listed(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    assert broker.rules([series_of("NOSUCHUSDT").instrument]) == {}


def test_too_little_money_is_a_rejection(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    report = broker.submit(submitted(exchange.order(1, budget=Decimal(20_000))))
    assert report.reason == "Account has insufficient balance for requested action. (-2010)"


def test_what_is_cancelled_too_late_is_filled(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    order = bought(exchange, broker)
    assert broker.cancel(order).status is FILLED


def test_a_key_that_may_withdraw_is_refused(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    exchange.world.account.may_withdraw = True
    with pytest.raises(ConfigError, match="the API key may withdraw"):
        broker.submit(submitted(exchange.order(1)))
    exchange.world.account.may_withdraw, exchange.world.account.may_trade = False, False
    with pytest.raises(ConfigError, match="may not trade on spot"):
        broker.submit(submitted(exchange.order(1)))
    assert exchange.orders() == []


def test_a_wrong_secret_is_named_and_never_shown(exchange: SpotExchange) -> None:
    broker = exchange.settled(api_secret="canary-secret")  # noqa: S106 - a made-up one
    with pytest.raises(ConfigError, match=r"does not accept the API key \(-1022") as caught:
        broker.submit(submitted(exchange.order(1)))
    assert "canary" not in str(caught.value)


def test_ed25519_keys(exchange: SpotExchange) -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    exchange.world.api.keys.add(Key("pair", "me", public))
    for written in (pem, pem.replace("\n", "\\n")):
        broker = exchange.settled(api_key="pair", api_secret="", private_key=written)
        assert broker.balances(a_state(exchange))["USDT"].free == 10_000
    assert broker.submit(submitted(exchange.order(1))).status is OPEN


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"api_key": ""}, "ALGO_BROKERS__BINANCE__API_KEY"),
        ({"api_secret": ""}, "ALGO_BROKERS__BINANCE__API_SECRET"),
        ({"private_key": "x"}, "and not both"),
        ({"api_secret": "", "private_key": "canary"}, "is not an Ed25519 private key"),
    ],
)
def test_a_key_that_is_not_complete(exchange: SpotExchange, options: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named) as caught:
        exchange.broker(**options)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "real"),
    [
        ("", True),
        ("https://api.binance.com", True),
        ("https://127.0.0.1.example.com", True),
        ("http://10.0.0.5:8099", True),  # nobody knows what is behind it
        ("https://testnet.binance.vision", False),
        ("http://127.0.0.1:8099", False),
        ("http://localhost:8099", False),
        ("http://[::1]:8099", False),
    ],
)
def test_what_trades_real_money(address: str, real: bool) -> None:
    assert trades_real_money(BinanceBrokerConfig(base_url=address)) is real


def test_the_request_can_be_seen_before_it_is_sent(exchange: SpotExchange) -> None:
    broker = exchange.settled()
    shown = broker.preview(exchange.order(1))
    assert shown == (
        "POST /api/v3/order symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=100&newClientOrderId=o1"
        "&newOrderRespType=ACK&selfTradePreventionMode=EXPIRE_TAKER"
    )
    assert exchange.sent() == []
    small = broker.preview(exchange.order(1, budget=Decimal(1)))
    assert small == "nothing is sent: NOTIONAL: value in USDT 1 is below the minimum of 5"
    broker.submit(submitted(exchange.order(1)))
    sent = next(line for line in exchange.log if line.startswith("POST /api/v3/order "))
    parameters = dict(part.split("=") for part in sent.split()[-1].split("&"))
    assert parameters.pop("signature")
    assert shown.split()[-1].split("&") == [
        f"{name}={parameters[name]}" for name in dict(part.split("=") for part in shown.split()[-1].split("&"))
    ]


@pytest.mark.parametrize("kind", ["accept_and_disconnect", "accept_and_time_out", "disconnect", "answer"])
def test_nothing_secret_is_in_what_is_raised(exchange: SpotExchange, kind: str) -> None:
    broker = exchange.settled(attempts=1)
    exchange.fault(kind, times=9)
    with pytest.raises(AlgoTradingError) as caught:
        broker.submit(submitted(exchange.order(1)))
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert "signature" not in shown


def test_nothing_secret_is_in_what_is_shown(exchange: SpotExchange, caplog: pytest.LogCaptureFixture) -> None:
    broker = exchange.settled()
    bought(exchange, broker)
    encoded = base64.b64encode(SECRET.encode()).decode()
    for text in (repr(exchange.config()), str(exchange.config()), repr(broker), caplog.text, *exchange.log):
        assert SECRET not in text
        assert encoded not in text


def test_proxies_and_certificates_of_the_environment_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/own.pem")
    session = new_client(BinanceBrokerConfig()).session
    assert session.proxies["https"] == "http://proxy.example:3128"
    assert (session.verify, session.trust_env) == ("/etc/own.pem", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    here = new_client(BinanceBrokerConfig(base_url="https://127.0.0.1:8099")).session
    assert "https" not in here.proxies
