"""A practice exchange without a network, on a clock that only the test moves."""

import hashlib
import hmac
import json
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from algo_trading.exchange import coins
from algo_trading.exchange.api import Api, Reply, Request
from algo_trading.exchange.clock import Clock
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.made_up import MadeUpCandles, made_up
from algo_trading.exchange.orders import NewOrder
from algo_trading.exchange.pairs import Pair
from algo_trading.exchange.signing import Key
from algo_trading.exchange.tape import Tape

START = 1_717_200_000_000  # 2024-06-01
NAME, SECRET = "practice-key", "practice-secret"
PAIRS = {pair.symbol: pair for pair in coins.pairs()}
BTC = PAIRS["BTCUSDT"]


@cache
def market_of(seed: int) -> dict[str, MadeUpCandles]:
    """The candles of all pairs; tests share what was drawn already."""
    return made_up(seed, list(PAIRS.values()))


class Time:
    """The machine's time, which stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class World:
    """An exchange with one account; `events` are those of its user data stream.

    Of `since` (ms), the market's history begins there.
    """

    def __init__(self, seed: int = 7, speed: float = 1.0, start: int = START, since: int = 0, **balances: str) -> None:
        self.time = Time()
        self.clock = Clock(start, speed, self.time)
        sources = made_up(seed, list(PAIRS.values()), since) if since else market_of(seed)
        tapes = [Tape(seed, pair, sources[symbol]) for symbol, pair in PAIRS.items()]
        self.exchange = Exchange(seed, tapes, self.clock)
        self.api = Api(self.exchange)
        held = {asset: Decimal(amount) for asset, amount in (balances or {"USDT": "10000"}).items()}
        self.account = self.api.open_account("me", held, Key(NAME, "me", SECRET))
        self.events: list[dict[str, Any]] = []
        self.exchange.listeners.append(lambda _, event: self.events.append(event))

    def wait(self, seconds: float) -> None:
        """Let time pass and the exchange do what falls into it."""
        self.time.seconds += seconds
        self.exchange.advance()

    def last(self, symbol: str = "BTCUSDT") -> Decimal:
        newest = self.exchange.last(symbol)
        assert newest
        return PAIRS[symbol].price(newest.price)

    def near(self, factor: str, symbol: str = "BTCUSDT") -> Decimal:
        """The newest price times a factor, on the pair's ticks."""
        tick = PAIRS[symbol].tick
        return (self.last(symbol) * Decimal(factor) / tick).to_integral_value() * tick

    def ask(self, method: str, path: str, address: str = "127.0.0.1", **parameters: Any) -> Reply:
        """One request to REST without a key."""
        return self.api.handle(Request(method, path, urlencode(parameters), address=address))

    def sign(self, method: str, path: str, **parameters: object) -> Reply:
        """One request to REST with the account's key and signature."""
        query = urlencode({"timestamp": self.clock.now(), **parameters})
        query += "&signature=" + hmac.new(SECRET.encode(), query.encode(), hashlib.sha256).hexdigest()
        return self.api.handle(Request(method, path, query, key=NAME))

    def order(self, **parameters: object) -> Reply:
        """Ask for an order of BTCUSDT."""
        return self.sign("POST", "/api/v3/order", symbol="BTCUSDT", **parameters)


def signed_frame(method: str, number: int, time: int, **parameters: object) -> str:
    """A request of the websocket API with the account's key and signature."""
    data = {"apiKey": NAME, "timestamp": time, **parameters}
    payload = "&".join(f"{name}={data[name]}" for name in sorted(data))
    signature = hmac.new(SECRET.encode(), payload.encode(), hashlib.sha256).hexdigest()
    return json.dumps({"id": number, "method": method, "params": {**data, "signature": signature}})


def limit(side: str, price: Decimal, quantity: str, pair: Pair = BTC, **more: Any) -> NewOrder:
    """A limit order of the account."""
    return NewOrder("me", pair, side, more.pop("type", "LIMIT"), quantity=Decimal(quantity), price=price, **more)


def market(side: str, quantity: str, pair: Pair = BTC) -> NewOrder:
    """A market order of the account."""
    return NewOrder("me", pair, side, "MARKET", quantity=Decimal(quantity))


def check_sums(world: World) -> None:
    """What must hold at any moment."""
    for asset in ("BTC", "USDT", "BNB", "ETH"):
        assert world.exchange.accounts.total(asset) == 0
    for balance in world.account.balances.values():
        assert balance.free >= 0
        assert balance.locked >= 0
    locked: dict[str, Decimal] = {}
    for orders in world.exchange.orders.values():
        for order in orders:
            assert sum(fill.lots for fill in order.fills) == order.executed
            assert sum(fill.value for fill in order.fills) == order.value
            assert order.executed + order.prevented + order.remaining == order.lots
            locked[order.spent_asset] = locked.get(order.spent_asset, Decimal(0)) + order.locked
            assert order.is_open or not order.locked
    for asset, balance in world.account.balances.items():
        assert balance.locked == locked.get(asset, 0)
