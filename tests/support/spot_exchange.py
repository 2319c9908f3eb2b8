"""The broker `binance` on a practice exchange without a network: its real client, and a clock that tests move."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from algo_trading.adapters.binance.broker import BinanceBroker
from algo_trading.adapters.binance.config import BinanceBrokerConfig
from algo_trading.adapters.binance.order_updates import update_of
from algo_trading.adapters.binance.signed import SignedRest
from algo_trading.domain.account import AccountState
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind
from algo_trading.domain.order import Order
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.exchange.api import Request
from algo_trading.exchange.faults import fault_of
from algo_trading.exchange.ws_api import Session
from algo_trading.gateways.broker_updates import Hear, Listening
from algo_trading.repositories.accounts import AccountStep
from fakes.accounts import FakeAccounts
from fakes.trading_rules import FakeTradingRules
from support.exchange_world import NAME, SECRET, START, World, signed_frame
from support.trading import Trading, an_account

SCALP = StrategyId("scalp", "{}")
ADDRESS = "http://127.0.0.1:1"


def series_of(symbol: str) -> Series:
    return Series(Instrument(symbol, "BINANCE"), Interval.MINUTE_5)


class ApiTransport(HTTPAdapter):
    """Hands requests to the exchange. `log` has what arrived there: method, path, query and body."""

    def __init__(self, exchange: "SpotExchange") -> None:
        super().__init__()
        self._exchange = exchange

    def send(self, request: requests.PreparedRequest, **_options: Any) -> requests.Response:  # type: ignore[override]
        parts, body = urlsplit(request.url or ""), request.body or ""
        text = body.decode() if isinstance(body, bytes) else str(body)
        key = str(request.headers.get("X-MBX-APIKEY") or "") or None
        asked = Request(request.method or "", str(parts.path), str(parts.query), text, key)
        ordered = asked.method == "POST" and asked.path in {"/api/v3/order", "/api/v3/orderList/oco"}
        self._exchange.step((lambda: self._exchange.world.api.handle(asked)) if ordered else None, sent=ordered)
        self._exchange.log.append(f"{request.method} {parts.path} {parts.query}{text}")
        reply = self._exchange.world.api.handle(asked)
        self._exchange.step()
        if reply.cut:
            raise requests.ConnectionError("the connection was cut")
        response = requests.Response()
        response.status_code, response.headers = reply.status, requests.structures.CaseInsensitiveDict(reply.headers)
        response._content = json.dumps(reply.body).encode()
        return response


class SpotExchange:
    """An exchange, and brokers for its one account, each as a new process has it; waiting moves its clock."""

    def __init__(self, seed: int = 7, **balances: str) -> None:
        self.world = World(seed, 1.0, START, 0, **(balances or {"USDT": "10000"}))
        self.rules = FakeTradingRules()
        self.log: list[str] = []
        self.waited: list[float] = []

    def step(self, arrive: Callable[[], object] | None = None, *, sent: bool = False) -> None:
        """Called before a request arrives and before its answer does; a process may die here.

        Of one that dies before, an order that was `sent` may arrive all the same: by calling `arrive`.
        """

    def config(self, **options: Any) -> BinanceBrokerConfig:
        return BinanceBrokerConfig.model_validate(
            {"base_url": ADDRESS, "api_key": NAME, "api_secret": SECRET, "attempts": 3, **options}
        )

    def broker(self, **options: Any) -> BinanceBroker:
        config = self.config(**options)
        rest = SignedRest(config, sleep=self.sleep, clock=self.seconds, transport=lambda: ApiTransport(self))
        return BinanceBroker(rest, self.rules, config, sleep=self.sleep, clock=self.seconds)

    def settled(self, **options: Any) -> BinanceBroker:
        """A broker that has been at work for some time."""
        broker = self.broker(**options)
        self.world.wait(10)
        return broker

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.world.wait(seconds)

    def seconds(self) -> float:
        return self.world.clock.steady() / 1000

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.world.clock.now() / 1000, UTC)

    def fault(self, kind: str, **data: Any) -> None:
        self.world.api.faults.add(fault_of({"kind": kind, **data}, self.world.exchange.books))

    def sent(self) -> list[str]:
        """The orders that arrived, by client order id, as often as they did."""
        return [line.split("newClientOrderId=")[1].split("&")[0] for line in self.log if "POST /api/v3/order " in line]

    def orders(self) -> list[str]:
        """The client order ids of all orders that the exchange has taken."""
        return [order.client_id for orders in self.world.exchange.orders.values() for order in orders]

    def order(self, number: int, side: Side = Side.BUY, symbol: str = "BTCUSDT", **changes: Any) -> Order:
        """A new order: a buy for 100 USDT, or a sell of what is held."""
        budget = Decimal(100) if side is Side.BUY else None
        terms: dict[str, Any] = {"budget": budget, "closes": side is Side.SELL, **changes}
        now = self.now()
        return Order(f"o{number}", "spot", SCALP, series_of(symbol), side, now - timedelta(minutes=5), now, "", **terms)


class PushedEvents:
    """The exchange's user data stream without a socket: `listen` of a broker, until the connection is cut."""

    trouble = ""

    def __init__(self, exchange: SpotExchange) -> None:
        self._world = exchange.world
        self._session: Session | None = None
        self._hear: Hear | None = None
        self._world.exchange.listeners.append(self._emit)

    def listen(self, hear: Hear) -> Listening:
        """Subscribe as a new process does."""
        self._hear = hear
        self.connect()
        return self

    def connect(self) -> None:
        """A new connection takes the place of the one before."""
        self._session = Session(self._world.api, "127.0.0.1")
        frame = signed_frame("userDataStream.subscribe.signature", 1, self._world.clock.server_time())
        assert self._session.handle(frame).frame["status"] == 200
        assert self._hear is not None
        self._hear(None)

    @property
    def is_cut(self) -> bool:
        """Whether nothing comes."""
        return self._session is None

    def cut(self) -> None:
        """Events from now on are lost."""
        self._session = None

    def close(self) -> None:
        self.cut()

    def late(self) -> None:
        """Events that were held back come."""
        self._push(self._session.late() if self._session else [])

    def _emit(self, account: str, event: dict[str, Any]) -> None:
        self._push(self._session.events(account, event) if self._session else [])

    def _push(self, frames: list[dict[str, Any]]) -> None:
        for frame in frames:
            update = update_of(frame["event"])
            if update is not None and self._hear is not None:
                self._hear(update)


class SpotDesk(Trading):
    """An account of the services at such an exchange, with the exchange's balances booked."""

    def __init__(
        self,
        exchange: SpotExchange,
        accounts: FakeAccounts | None = None,
        start: datetime | None = None,
        fraction: str = "1",
    ) -> None:
        super().__init__(accounts=accounts or FakeAccounts())
        self.exchange = exchange
        self.restart()
        self.clock.time = exchange.now()
        account = an_account("spot", start or exchange.now() - timedelta(days=1), currency="USDT", fraction=fraction)
        state, entries = AccountState(account), list[Entry]()
        for asset, balance in exchange.world.account.balances.items():
            state = state.paid(asset, balance.free)
            entries.append(
                Entry(EntryKind.DEPOSIT, "opening deposit", balance.free, account.start, exchange.now(), asset)
            )
        self.accounts.open(AccountStep(AccountState(account), state, exchange.now(), entries=tuple(entries)))

    def restart(self) -> None:
        """A new process has a new broker."""
        broker = self.exchange.broker()
        self.find_broker = lambda _: broker

    @property
    def state(self) -> AccountState:
        return self.accounts.state("spot")

    def put(self, *orders: Order) -> None:
        after = self.state
        for order in orders:
            after = after.ordering(order)
        self.accounts.store(AccountStep(self.state, after, self.exchange.now(), orders))

    def stored(self, number: int) -> Order:
        order = self.accounts.order(f"o{number}")
        assert order is not None
        return order

    def work(self) -> None:
        """Send and book as a dispatch does."""
        self.clock.time = self.exchange.now()
        self.book(self.submit(self.state).state)
