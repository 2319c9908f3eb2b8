"""Market data as the exchange answers it: klines, depth, trades, tickers."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from algo_trading.exchange.book import LEVELS, Book, best
from algo_trading.exchange.candles import NO_CANDLES, Candles, joined
from algo_trading.exchange.engine import Exchange
from algo_trading.exchange.errors import RefusalError
from algo_trading.exchange.intervals import DAY, LENGTHS, MINUTE, closes, opened
from algo_trading.exchange.pairs import Pair, amount
from algo_trading.exchange.parameters import Parameters
from algo_trading.exchange.reports import Json
from algo_trading.exchange.tape import Print, Tape, iter_prints

KLINE_LIMIT = 1000
WINDOWS = {"m": (1, 59, MINUTE), "h": (1, 23, 60 * MINUTE), "d": (1, 7, DAY)}


def klines(exchange: Exchange, params: Parameters) -> list[list[Any]]:
    """Candles, oldest first: the oldest from startTime on, else the newest."""
    symbol = params.symbol(exchange.books)
    interval = params.needed("interval")
    if interval not in LENGTHS:
        raise RefusalError(-1120, "Invalid interval.")
    if params.text("timeZone") not in (None, "0", "00:00", "0:00"):
        raise RefusalError(-1130, "Data sent for parameter 'timeZone' is not valid.")
    limit, start, end = params.limit(500, KLINE_LIMIT), params.whole("startTime"), params.whole("endTime")
    tape, now = exchange.books[symbol].tape, exchange.clock.now()
    last = now if end is None else min(end, now)
    if start is None:
        found = newest(tape, interval, last, limit, now)
    else:
        found = oldest(tape, interval, (max(start, 0), last), limit, now)
    return [kline(tape.pair, interval, row) for row in rows(found)]


def newest(tape: Tape, interval: str, last: int, limit: int, now: int) -> Candles:
    """The newest candles that open up to a moment."""
    found, end = NO_CANDLES, closes(interval, opened(interval, last))
    while len(found) < limit and end > tape.source.starts_at:
        first = max(opened(interval, end - 1 - limit * LENGTHS[interval]), opened(interval, tape.source.starts_at))
        found = joined([tape.candles(interval, first, end, now), found])
        end = first
    return found[slice(-limit, None)]


def oldest(tape: Tape, interval: str, between: tuple[int, int], limit: int, now: int) -> Candles:
    """The oldest candles that open between two moments, both included."""
    start, last = between
    found, first = NO_CANDLES, opened(interval, max(start, tape.source.starts_at))
    stop = closes(interval, opened(interval, last))
    while len(found) < limit and first < stop:
        end = min(opened(interval, first + (limit + 1) * LENGTHS[interval]), stop)
        found = joined([found, tape.candles(interval, first, end, now).between(start, stop)])
        first = end
    return found[slice(limit)]


def rows(candles: Candles) -> Iterator[tuple[int, ...]]:
    """Candle by candle, in the order of the columns."""
    columns = (getattr(candles, name).tolist() for name in Candles.__slots__)
    return zip(*columns, strict=True)


def kline(pair: Pair, interval: str, row: Sequence[int]) -> list[Any]:
    """A candle as REST returns it."""
    time, opening, high, low, close, volume, quote, trades, taker, taker_quote = row
    return [
        time,
        *(pair.price_text(price) for price in (opening, high, low, close)),
        pair.quantity_text(volume),
        closes(interval, time) - 1,
        pair.value_text(quote),
        trades,
        pair.quantity_text(taker),
        pair.value_text(taker_quote),
        "0",
    ]


def depth(exchange: Exchange, params: Parameters) -> Json:
    """The order book's best levels."""
    symbol = params.symbol(exchange.books)
    limit = params.limit(100, LEVELS)
    book = exchange.book(symbol)
    return levels(book, limit)


def levels(book: Book, limit: int) -> Json:
    """The best levels of a book that was brought up to date."""
    return {
        "lastUpdateId": book.newest.id if book.newest else 0,
        **{
            name: [
                [book.pair.price_text(level.price), book.pair.quantity_text(level.lots)]
                for level in book.levels(side, limit)
            ]
            for name, side in (("bids", "BUY"), ("asks", "SELL"))
        },
    }


def trades(exchange: Exchange, params: Parameters) -> list[Json]:
    """Recent trades, or those from an id on."""
    symbol = params.symbol(exchange.books)
    tape = exchange.books[symbol].tape
    return [_trade(tape.pair, trade) for trade in _prints(exchange, params)]


def aggregated(exchange: Exchange, params: Parameters) -> list[Json]:
    """Trades by taker order: here each trade is a taker order of its own."""
    pair = exchange.books[params.symbol(exchange.books)].pair
    return [
        {
            "a": trade.id,
            "p": pair.price_text(trade.price),
            "q": pair.quantity_text(trade.quantity),
            "f": trade.id,
            "l": trade.id,
            "T": trade.time,
            "m": not trade.bought,
            "M": True,
        }
        for trade in _prints(exchange, params)
    ]


def _prints(exchange: Exchange, params: Parameters) -> list[Print]:
    tape, now = exchange.books[params.symbol(exchange.books)].tape, exchange.clock.now()
    limit, first_id = params.limit(500, 1000), params.whole("fromId")
    start, end = params.whole("startTime"), params.whole("endTime")
    last = now if end is None else min(end, now)
    span = (limit // tape.source.prints_per_candle + 2) * tape.length
    if first_id is not None:
        start = first_id // tape.source.prints_per_candle * tape.length
        last = min(start + span, now)
    if start is not None:
        found = [trade for trade in iter_prints(tape.prints(start - 1, min(last, start + span))) if trade.quantity]
        return [trade for trade in found if first_id is None or trade.id >= first_id][:limit]
    newest_print = tape.last(last)
    if newest_print is None:
        return []
    return [trade for trade in iter_prints(tape.prints(newest_print.time - span, last)) if trade.quantity][-limit:]


def _trade(pair: Pair, trade: Print) -> Json:
    return {
        "id": trade.id,
        "price": pair.price_text(trade.price),
        "qty": pair.quantity_text(trade.quantity),
        "quoteQty": pair.value_text(trade.price * trade.quantity),
        "time": trade.time,
        "isBuyerMaker": not trade.bought,
        "isBestMatch": True,
    }


def average(exchange: Exchange, params: Parameters) -> Json:
    """Average price of the last five minutes."""
    symbol = params.symbol(exchange.books)
    last, price = exchange.last(symbol), exchange.average(symbol, 5)
    if last is None or price is None:
        raise RefusalError(-1121, "Invalid symbol.")
    return {"mins": 5, "price": amount(price), "closeTime": last.time}


def prices(exchange: Exchange, params: Parameters) -> Any:  # noqa: ANN401 - one or many
    """Newest prices."""

    def price(symbol: str) -> Json | None:
        last = exchange.last(symbol)
        return last and {"symbol": symbol, "price": exchange.books[symbol].pair.price_text(last.price)}

    return _one_or_many(exchange, params, price)


def book_tickers(exchange: Exchange, params: Parameters) -> Any:  # noqa: ANN401 - one or many
    """Best bids and asks."""
    return _one_or_many(exchange, params, lambda symbol: book_ticker(exchange.book(symbol)))


def book_ticker(book: Book) -> Json:
    """The best prices of a pair with their quantities."""
    bid, ask = best(book, "BUY"), best(book, "SELL")
    pair = book.pair
    return {
        "symbol": pair.symbol,
        "bidPrice": pair.price_text(bid.price if bid else 0),
        "bidQty": pair.quantity_text(bid.lots if bid else 0),
        "askPrice": pair.price_text(ask.price if ask else 0),
        "askQty": pair.quantity_text(ask.lots if ask else 0),
    }


def day_tickers(exchange: Exchange, params: Parameters) -> Any:  # noqa: ANN401 - one or many
    """Statistics of the last 24 hours."""
    mini = params.choice("type", ("FULL", "MINI"), RefusalError(-1139, "Invalid ticker type.")) == "MINI"

    def ticker(symbol: str) -> Json | None:
        data = statistics(exchange, symbol, DAY, mini=mini)
        if data is None or mini:
            return data
        book, last = exchange.book(symbol), exchange.last(symbol)
        assert last
        own = {name: value for name, value in book_ticker(book).items() if name != "symbol"}
        return {
            **data,
            "prevClosePrice": data["openPrice"],
            "lastQty": book.pair.quantity_text(last.quantity),
            **own,
            "openTime": exchange.clock.now() - DAY,
        }

    return _one_or_many(exchange, params, ticker)


def rolling_tickers(exchange: Exchange, params: Parameters) -> Any:  # noqa: ANN401 - one or many
    """Statistics of a window of the client's choice."""
    mini = params.choice("type", ("FULL", "MINI"), RefusalError(-1139, "Invalid ticker type.")) == "MINI"
    text = params.text("windowSize") or "1d"
    low, high, length = WINDOWS.get(text[-1:], (1, 0, 0))
    if not text[:-1].isdigit() or not low <= int(text[:-1]) <= high:
        raise RefusalError(-1130, "Data sent for parameter 'windowSize' is not valid.")
    if "symbol" not in params and "symbols" not in params:
        raise RefusalError(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    window = int(text[:-1]) * length
    return _one_or_many(exchange, params, lambda symbol: statistics(exchange, symbol, window, mini=mini))


def statistics(exchange: Exchange, symbol: str, length: int, *, mini: bool = False) -> Json | None:
    """What was traded in the time up to now; None before the first trade."""
    now, book = exchange.clock.now(), exchange.books[symbol]
    pair, tape = book.pair, book.tape
    last = tape.last(now)
    if last is None:
        return None
    found = tape.window(now, length)
    if len(found):
        _, opening, high, low, close, volume, quote, count, _, _ = next(rows(found))
    else:
        opening = high = low = close = last.price
        volume = quote = count = 0
    change = pair.price(close) - pair.price(opening)
    each_candle = tape.source.prints_per_candle
    first_id = (now - length) // MINUTE * MINUTE // tape.length * each_candle
    data = {
        "symbol": symbol,
        "priceChange": amount(change),
        "priceChangePercent": f"{100 * change / pair.price(opening):.3f}",
        "weightedAvgPrice": amount(pair.tick * Decimal(quote) / volume if volume else pair.price(close)),
        "openPrice": pair.price_text(opening),
        "highPrice": pair.price_text(high),
        "lowPrice": pair.price_text(low),
        "lastPrice": pair.price_text(close),
        "volume": pair.quantity_text(volume),
        "quoteVolume": pair.value_text(quote),
        "openTime": (now - length) // MINUTE * MINUTE,
        "closeTime": now,
        "firstId": first_id if count else -1,
        "lastId": last.id if count else -1,
        "count": count,
    }
    if mini:
        for name in ("priceChange", "priceChangePercent", "weightedAvgPrice"):
            del data[name]
    return data


def _one_or_many(exchange: Exchange, params: Parameters, ticker: Callable[[str], Json | None]) -> Any:  # noqa: ANN401
    symbols = params.symbols(exchange.books)
    found = [data for symbol in symbols or exchange.books if (data := ticker(symbol))]
    if "symbol" not in params:
        return found
    if not found:
        raise RefusalError(-1121, "Invalid symbol.")
    return found[0]


__all__ = [
    "aggregated",
    "average",
    "book_ticker",
    "book_tickers",
    "day_tickers",
    "depth",
    "kline",
    "klines",
    "levels",
    "newest",
    "oldest",
    "prices",
    "rolling_tickers",
    "rows",
    "statistics",
    "trades",
]
