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
from algo_trading.exchange.tape import each

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
    """A stream that somebody listens to. `seen` is the time (ms) up to which it has told everything."""

    name: str
    kind: str
    symbol: str | None
    seen: int
    interval: str = ""
    depth: int = 0
    pause: int = SECOND
    due: int = 0  # ms of the steady clock, before which there is no further update
    last_id: dict[str, int] = field(default_factory=dict)

    def news(self, exchange: Exchange, steady: int) -> list[Any]:
        """Payloads of what happened since the last call; the exchange is up to date."""
        now = exchange.matching.now
        told = TELLERS[self.kind](self, exchange, now, steady)
        self.seen = now
        return told

    def moved(self, exchange: Exchange, symbol: str) -> bool:
        """Whether the pair was traded since the stream last asked."""
        newest = exchange.last(symbol)
        if newest is None or not exchange.books[symbol].tape.open_at(exchange.matching.now):
            return False
        moved = self.last_id.get(symbol) != newest.id
        self.last_id[symbol] = newest.id
        return moved

    def is_due(self, steady: int) -> bool:
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


def _trades(asked: Stream, exchange: Exchange, now: int, _: int) -> list[Any]:
    tape = exchange.books[asked.symbol or ""].tape
    told = []
    for trade in each(tape.prints(asked.seen, now)):
        if not trade.quantity:
            continue
        about: Json = {"E": trade.time, "s": tape.pair.symbol}
        price, quantity = tape.pair.price_text(trade.price), tape.pair.quantity_text(trade.quantity)
        if asked.kind == "trade":
            about |= {"e": "trade", "t": trade.id, "p": price, "q": quantity}
        else:
            about |= {"e": "aggTrade", "a": trade.id, "p": price, "q": quantity, "f": trade.id, "l": trade.id}
        told.append({**about, "T": trade.time, "m": not trade.bought, "M": True})
    return told


def _klines(asked: Stream, exchange: Exchange, now: int, steady: int) -> list[Any]:
    """Each candle that closed, and now and then the running one."""
    tape = exchange.books[asked.symbol or ""].tape
    first, running = opened(asked.interval, asked.seen), opened(asked.interval, now)
    found = list(rows(tape.candles(asked.interval, first, running, now))) if first < running else []
    told = [_kline(asked, exchange, row, now, closed=True) for row in found]
    if asked.is_due(steady) and asked.moved(exchange, tape.pair.symbol):
        current = rows(tape.candles(asked.interval, running, now + 1, now))
        told += [_kline(asked, exchange, row, now, closed=False) for row in current]
    return told


def _kline(asked: Stream, exchange: Exchange, row: Sequence[int], now: int, *, closed: bool) -> Json:
    tape = exchange.books[asked.symbol or ""].tape
    pair = tape.pair
    time, opening, high, low, close, volume, quote, trades, taker, taker_quote = row
    end = closes(asked.interval, time)
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
            "i": asked.interval,
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


def _book_ticker(asked: Stream, exchange: Exchange, _: int, __: int) -> list[Any]:
    symbol = asked.symbol or ""
    if not asked.moved(exchange, symbol):
        return []
    told = book_ticker(exchange.book(symbol))
    return [
        {
            "u": asked.last_id[symbol],
            "s": symbol,
            "b": told["bidPrice"],
            "B": told["bidQty"],
            "a": told["askPrice"],
            "A": told["askQty"],
        }
    ]


def _depth(asked: Stream, exchange: Exchange, _: int, steady: int) -> list[Any]:
    symbol = asked.symbol or ""
    if not asked.is_due(steady) or not asked.moved(exchange, symbol):
        return []
    return [levels(exchange.book(symbol), asked.depth)]


def _average(asked: Stream, exchange: Exchange, now: int, steady: int) -> list[Any]:
    symbol = asked.symbol or ""
    if not asked.is_due(steady) or not asked.moved(exchange, symbol):
        return []
    last, price = exchange.last(symbol), exchange.average(symbol, 5)
    return [{"e": "avgPrice", "E": now, "s": symbol, "i": "5m", "w": f"{price:.8f}", "T": last.time if last else now}]


def _tickers(asked: Stream, exchange: Exchange, now: int, steady: int) -> list[Any]:
    """Statistics of a day, of one pair or in one list those of all that were traded."""
    if not asked.is_due(steady):
        return []
    one = _mini_ticker if asked.kind == "miniTicker" else _full_ticker
    symbols = [asked.symbol] if asked.symbol else list(exchange.books)
    told = [one(exchange, symbol, now) for symbol in symbols if asked.moved(exchange, symbol)]
    return told if asked.symbol or not told else [told]


def _mini_ticker(exchange: Exchange, symbol: str, now: int) -> Json:
    told = statistics(exchange, symbol, DAY)
    assert told
    return {
        "e": "24hrMiniTicker",
        "E": now,
        "s": symbol,
        "c": told["lastPrice"],
        "o": told["openPrice"],
        "h": told["highPrice"],
        "l": told["lowPrice"],
        "v": told["volume"],
        "q": told["quoteVolume"],
    }


def _full_ticker(exchange: Exchange, symbol: str, now: int) -> Json:
    told, book = statistics(exchange, symbol, DAY), book_ticker(exchange.book(symbol))
    last = exchange.last(symbol)
    assert told
    assert last
    return {
        "e": "24hrTicker",
        "E": now,
        "s": symbol,
        "p": told["priceChange"],
        "P": told["priceChangePercent"],
        "w": told["weightedAvgPrice"],
        "x": told["openPrice"],
        "c": told["lastPrice"],
        "Q": exchange.books[symbol].pair.quantity_text(last.quantity),
        "b": book["bidPrice"],
        "B": book["bidQty"],
        "a": book["askPrice"],
        "A": book["askQty"],
        "o": told["openPrice"],
        "h": told["highPrice"],
        "l": told["lowPrice"],
        "v": told["volume"],
        "q": told["quoteVolume"],
        "O": now - DAY,
        "C": now,
        "F": told["firstId"],
        "L": told["lastId"],
        "n": told["count"],
    }


TELLERS: dict[str, Callable[[Stream, Exchange, int, int], list[Any]]] = {
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
    """A connection to the streams: what it listens to, and whether frames name their stream."""

    def __init__(self, exchange: Exchange, names: Sequence[str], *, combined: bool) -> None:
        self._exchange, self._combined = exchange, combined
        self._streams = {name: stream(name, exchange) for name in names}

    def news(self) -> list[Any]:
        """Frames of what happened since the last call."""
        steady = self._exchange.clock.steady()
        return [
            {"stream": name, "data": payload} if self._combined else payload
            for name, each_stream in self._streams.items()
            for payload in each_stream.news(self._exchange, steady)
        ]

    def shutdown(self) -> Json:
        """The frame that announces the end of the connection."""
        told = {"e": "serverShutdown", "E": self._exchange.clock.told()}
        return {"stream": "!serverShutdown", "data": told} if self._combined else told

    def handle(self, text: str) -> Json:
        """Answer a request to listen to more or to less."""
        try:
            told = json.loads(text)
        except ValueError:
            return {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}
        if not isinstance(told, dict) or not isinstance(told.get("method"), str):
            return {"code": 2, "msg": "Invalid request: missing field `method` at line 1 column 1"}
        number, params = told.get("id"), told.get("params") or []
        match told["method"]:
            case "SUBSCRIBE" | "UNSUBSCRIBE":
                return self._change(told["method"], params, number)
            case "LIST_SUBSCRIPTIONS":
                return {"result": list(self._streams), "id": number}
            case "SET_PROPERTY" | "GET_PROPERTY":
                return self._property(told["method"], params, number)
        return {"code": 2, "msg": f"Invalid request: unknown variant `{told['method']}`", "id": number}

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
