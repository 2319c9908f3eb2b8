"""Market streams: which names there are, and what each has to say about a stretch of time. No I/O."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.intervals import DAY, LENGTHS, closes, opened
from algo_trading.exchange.market_data import book_ticker, levels, rows, statistics
from algo_trading.exchange.reports import Json
from algo_trading.exchange.tape import iter_prints

MOST_STREAMS = 1024
SECOND = 1000  # ms of the machine's time between two updates of a stream
NAME = re.compile(
    r"(?P<symbol>[a-z0-9_.-]+)@(?P<kind>kline_(?P<interval>\w+)|trade|aggTrade|bookTicker|miniTicker|ticker|avgPrice"
    r"|depth(?P<levels>5|10|20)(?:@(?P<fast>100ms|1000ms))?)"
)
EVERYTHING = {"!miniTicker@arr": "miniTicker", "!ticker@arr": "ticker"}


class BadStreamError(Exception):
    """A stream that does not exist here."""


@dataclass
class Stream:
    """A subscribed stream. `seen` is the time (ms) up to which everything was sent."""

    name: str
    kind: str
    symbol: str | None
    seen: int
    interval: str = ""
    depth: int = 0
    pause: int = SECOND
    due: int = 0  # ms of the steady clock, before which there is no further update
    last_id: dict[str, int] = field(default_factory=dict)

    def poll(self, exchange: Exchange, steady: int) -> list[Any]:
        """Payloads of what happened since the last call; the exchange must be up to date."""
        now = exchange.matching.now
        data = PAYLOADS[self.kind](self, exchange, now, steady)
        self.seen = now
        return data

    def moved(self, exchange: Exchange, symbol: str) -> bool:
        """Whether the pair was traded since the last call."""
        newest = exchange.last(symbol)
        if newest is None or not exchange.books[symbol].tape.open_at(exchange.matching.now):
            return False
        moved = self.last_id.get(symbol) != newest.id
        self.last_id[symbol] = newest.id
        return moved

    def is_due(self, steady: int) -> bool:
        """Whether it is time to send again; the next time is set if so."""
        if steady < self.due:
            return False
        self.due = steady + self.pause
        return True


def stream(name: str, exchange: Exchange) -> Stream:
    """The stream of that name, from now on."""
    now = exchange.advance()
    if name in EVERYTHING:
        return Stream(name, EVERYTHING[name], None, now)
    match = NAME.fullmatch(name)
    symbol = match["symbol"].upper() if match else ""
    if not match or symbol not in exchange.books:
        raise BadStreamError(name)
    kind, interval = match["kind"], match["interval"] or ""
    if interval:
        if interval not in LENGTHS:
            raise BadStreamError(name)
        return Stream(name, "kline", symbol, now, interval, pause=SECOND if interval == "1s" else 2 * SECOND)
    if match["levels"]:
        pause = 100 if match["fast"] == "100ms" else SECOND
        return Stream(name, "depth", symbol, now, depth=int(match["levels"]), pause=pause)
    return Stream(name, kind, symbol, now)


def _trades(subscription: Stream, exchange: Exchange, now: int, _: int) -> list[Any]:
    tape = exchange.books[subscription.symbol or ""].tape
    data = []
    for trade in iter_prints(tape.prints(subscription.seen, now)):
        if not trade.quantity:
            continue
        about: Json = {"E": trade.time, "s": tape.pair.symbol}
        price, quantity = tape.pair.price_text(trade.price), tape.pair.quantity_text(trade.quantity)
        if subscription.kind == "trade":
            about |= {"e": "trade", "t": trade.id, "p": price, "q": quantity}
        else:
            about |= {"e": "aggTrade", "a": trade.id, "p": price, "q": quantity, "f": trade.id, "l": trade.id}
        data.append({**about, "T": trade.time, "m": not trade.bought, "M": True})
    return data


def _klines(subscription: Stream, exchange: Exchange, now: int, steady: int) -> list[Any]:
    """Each candle that closed, and now and then the running one."""
    tape = exchange.books[subscription.symbol or ""].tape
    first, running = opened(subscription.interval, subscription.seen), opened(subscription.interval, now)
    found = list(rows(tape.candles(subscription.interval, first, running, now))) if first < running else []
    data = [_kline(subscription, exchange, row, now, closed=True) for row in found]
    if subscription.is_due(steady) and subscription.moved(exchange, tape.pair.symbol):
        current = rows(tape.candles(subscription.interval, running, now + 1, now))
        data += [_kline(subscription, exchange, row, now, closed=False) for row in current]
    return data


def _kline(subscription: Stream, exchange: Exchange, row: Sequence[int], now: int, *, closed: bool) -> Json:
    tape = exchange.books[subscription.symbol or ""].tape
    pair = tape.pair
    time, opening, high, low, close, volume, quote, trades, taker, taker_quote = row
    end = closes(subscription.interval, time)
    first_id = max(time, tape.source.starts_at) // tape.length * tape.source.prints_per_candle
    newest = None if closed else tape.last(now)
    last_id = newest.id if newest else (end - 1) // tape.length * tape.source.prints_per_candle
    last_id += tape.source.prints_per_candle - 1 if newest is None else 0
    return {
        "e": "kline",
        "E": now,
        "s": pair.symbol,
        "k": {
            "t": time,
            "T": end - 1,
            "s": pair.symbol,
            "i": subscription.interval,
            "f": first_id,
            "L": last_id,
            "o": pair.price_text(opening),
            "c": pair.price_text(close),
            "h": pair.price_text(high),
            "l": pair.price_text(low),
            "v": pair.quantity_text(volume),
            "n": trades,
            "x": closed,
            "q": pair.value_text(quote),
            "V": pair.quantity_text(taker),
            "Q": pair.value_text(taker_quote),
            "B": "0",
        },
    }


def _book_ticker(subscription: Stream, exchange: Exchange, _: int, __: int) -> list[Any]:
    symbol = subscription.symbol or ""
    if not subscription.moved(exchange, symbol):
        return []
    data = book_ticker(exchange.book(symbol))
    return [
        {
            "u": subscription.last_id[symbol],
            "s": symbol,
            "b": data["bidPrice"],
            "B": data["bidQty"],
            "a": data["askPrice"],
            "A": data["askQty"],
        }
    ]


def _depth(subscription: Stream, exchange: Exchange, _: int, steady: int) -> list[Any]:
    symbol = subscription.symbol or ""
    if not subscription.is_due(steady) or not subscription.moved(exchange, symbol):
        return []
    return [levels(exchange.book(symbol), subscription.depth)]


def _average(subscription: Stream, exchange: Exchange, now: int, steady: int) -> list[Any]:
    symbol = subscription.symbol or ""
    if not subscription.is_due(steady) or not subscription.moved(exchange, symbol):
        return []
    last, price = exchange.last(symbol), exchange.average(symbol, 5)
    return [{"e": "avgPrice", "E": now, "s": symbol, "i": "5m", "w": f"{price:.8f}", "T": last.time if last else now}]


def _tickers(subscription: Stream, exchange: Exchange, now: int, steady: int) -> list[Any]:
    """Statistics of a day, of one pair or in one list those of all that were traded."""
    if not subscription.is_due(steady):
        return []
    one = _mini_ticker if subscription.kind == "miniTicker" else _full_ticker
    symbols = [subscription.symbol] if subscription.symbol else list(exchange.books)
    data = [one(exchange, symbol, now) for symbol in symbols if subscription.moved(exchange, symbol)]
    return data if subscription.symbol or not data else [data]


def _mini_ticker(exchange: Exchange, symbol: str, now: int) -> Json:
    data = statistics(exchange, symbol, DAY)
    assert data
    return {
        "e": "24hrMiniTicker",
        "E": now,
        "s": symbol,
        "c": data["lastPrice"],
        "o": data["openPrice"],
        "h": data["highPrice"],
        "l": data["lowPrice"],
        "v": data["volume"],
        "q": data["quoteVolume"],
    }


def _full_ticker(exchange: Exchange, symbol: str, now: int) -> Json:
    data, book = statistics(exchange, symbol, DAY), book_ticker(exchange.book(symbol))
    last = exchange.last(symbol)
    assert data
    assert last
    return {
        "e": "24hrTicker",
        "E": now,
        "s": symbol,
        "p": data["priceChange"],
        "P": data["priceChangePercent"],
        "w": data["weightedAvgPrice"],
        "x": data["openPrice"],
        "c": data["lastPrice"],
        "Q": exchange.books[symbol].pair.quantity_text(last.quantity),
        "b": book["bidPrice"],
        "B": book["bidQty"],
        "a": book["askPrice"],
        "A": book["askQty"],
        "o": data["openPrice"],
        "h": data["highPrice"],
        "l": data["lowPrice"],
        "v": data["volume"],
        "q": data["quoteVolume"],
        "O": now - DAY,
        "C": now,
        "F": data["firstId"],
        "L": data["lastId"],
        "n": data["count"],
    }


PAYLOADS: dict[str, Callable[[Stream, Exchange, int, int], list[Any]]] = {
    "trade": _trades,
    "aggTrade": _trades,
    "kline": _klines,
    "bookTicker": _book_ticker,
    "depth": _depth,
    "avgPrice": _average,
    "miniTicker": _tickers,
    "ticker": _tickers,
}


class Listener:
    """A connection to the streams: its subscriptions, and whether frames name their stream."""

    def __init__(self, exchange: Exchange, names: Sequence[str], *, combined: bool) -> None:
        self._exchange, self._combined = exchange, combined
        self._streams = {name: stream(name, exchange) for name in names}

    def poll(self) -> list[Any]:
        """Frames of what happened since the last call."""
        steady = self._exchange.clock.steady()
        return [
            {"stream": name, "data": payload} if self._combined else payload
            for name, each_stream in self._streams.items()
            for payload in each_stream.poll(self._exchange, steady)
        ]

    def shutdown(self) -> Json:
        """The frame that announces the end of the connection."""
        data = {"e": "serverShutdown", "E": self._exchange.clock.server_time()}
        return {"stream": "!serverShutdown", "data": data} if self._combined else data

    def handle(self, text: str) -> Json:
        """Answer a request to subscribe or unsubscribe."""
        try:
            data = json.loads(text)
        except ValueError:
            return {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}
        if not isinstance(data, dict) or not isinstance(data.get("method"), str):
            return {"code": 2, "msg": "Invalid request: missing field `method` at line 1 column 1"}
        number, params = data.get("id"), data.get("params") or []
        match data["method"]:
            case "SUBSCRIBE" | "UNSUBSCRIBE":
                return self._change(data["method"], params, number)
            case "LIST_SUBSCRIPTIONS":
                return {"result": list(self._streams), "id": number}
            case "SET_PROPERTY" | "GET_PROPERTY":
                return self._property(data["method"], params, number)
        return {"code": 2, "msg": f"Invalid request: unknown variant `{data['method']}`", "id": number}

    def _change(self, method: str, names: object, number: object) -> Json:
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            return {"code": 2, "msg": "Invalid request: params must be a list of stream names", "id": number}
        if method == "UNSUBSCRIBE":
            for name in names:
                self._streams.pop(name, None)
            return {"result": None, "id": number}
        try:
            added = {name: stream(name, self._exchange) for name in names if name not in self._streams}
        except BadStreamError as error:
            return {"code": 2, "msg": f"Invalid request: unknown stream {error}", "id": number}
        if len(self._streams) + len(added) > MOST_STREAMS:
            return {"code": 2, "msg": f"Invalid request: more than {MOST_STREAMS} streams", "id": number}
        self._streams |= added
        return {"result": None, "id": number}

    def _property(self, method: str, params: object, number: object) -> Json:
        if not isinstance(params, list) or params[:1] != ["combined"]:
            return {"code": 0, "msg": "Unknown property", "id": number}
        if method == "GET_PROPERTY":
            return {"result": self._combined, "id": number}
        if len(params) != 2 or not isinstance(params[1], bool):
            return {"code": 1, "msg": "Invalid value type: expected Boolean", "id": number}
        self._combined = params[1]
        return {"result": None, "id": number}


__all__ = ["MOST_STREAMS", "BadStreamError", "Listener", "Stream", "stream"]
