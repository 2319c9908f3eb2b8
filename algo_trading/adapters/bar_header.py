"""Which columns a table of bars in a file has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from algo_trading.domain.bars import COLUMNS, TURNOVER
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import ADJUSTED_CLOSE, DIVIDEND, RAW_COLUMNS

NAMES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "stockname"),
    "session": ("date", "timestamp", "datetime", "open_time", "open time", "opened_at", "unix"),
    **{name: (name,) for name in ("open", "high", "low", "close", "volume")},
    "quote_volume": ("quote_volume", "quote volume", "quote_asset_volume", "quote asset volume"),
    "trades": ("trades", "tradecount", "number_of_trades", "number of trades"),
    "taker_volume": ("taker_volume", "taker_buy_base_asset_volume", "taker buy base asset volume", "taker_buy_volume"),
    "taker_quote_volume": (
        "taker_quote_volume",
        "taker_buy_quote_asset_volume",
        "taker buy quote asset volume",
        "taker_buy_quote_volume",
    ),
    DIVIDEND: ("dividend", "dividends"),
    ADJUSTED_CLOSE: ("adj close", "adj_close", "adjclose", "adjusted close", "adjusted_close"),
}
NEEDED = tuple(name for name in RAW_COLUMNS if name != "symbol")
INDEX_NAMES = ("", "__index_level_0__")  # an index without a name, as CSV writers and pandas' Parquet put it


class NoBarsError(Exception):
    """The content is not a readable table of bars; the message says why."""


@dataclass(frozen=True)
class Header:
    """Where each raw column stands in a table of `width` columns.

    `symbol` is what a header of several lines says about all rows (yfinance writes Price, Ticker and Date lines);
    `lines` is how many lines the header takes; `interval` is what the rows say themselves.
    """

    columns: Mapping[str, int]
    width: int
    symbol: str | None = None
    lines: int = 1
    interval: Interval | None = None


# A candle without names: freqtrade's, and the first columns of Binance's klines.
CANDLE = Header({name: place for place, name in enumerate(("session", *COLUMNS))}, width=1 + len(COLUMNS), lines=0)
# Binance's kline: the candle, its close time, the turnover, and one that is not used.
KLINE = Header({**CANDLE.columns, **{name: 7 + place for place, name in enumerate(TURNOVER)}}, width=12, lines=0)
CLOSE_TIME = 6
SMALLEST = 10**11  # milliseconds; less is no time of a candle (1973)


def kline_header(cells: Sequence[str]) -> Header | None:
    """The header of klines without one, of which these are the first; None where they are not one.

    A kline says its interval: it closes a milli- or microsecond before the next one opens.
    """
    if len(cells) != KLINE.width or not (cells[0].isdecimal() and cells[CLOSE_TIME].isdecimal()):
        return None
    opened, closed = int(cells[0]), int(cells[CLOSE_TIME])
    if not SMALLEST < opened < closed:
        return None
    unit = 1000 if opened > SMALLEST * 1000 else 1  # in a millisecond
    length = timedelta(milliseconds=(closed + 1 - opened) / unit)
    month = timedelta(days=28) <= length <= timedelta(days=31)
    interval = Interval.MONTH if month else next((one for one in Interval if one.length == length), None)
    return replace(KLINE, interval=interval)


def header_of(names: Sequence[str]) -> Header:
    """The header that these column names make.

    Raises:
        NoBarsError: a column is missing, or there are two of one name.
    """
    lowered = [name.strip().lower() for name in names]
    columns = {
        raw: next(lowered.index(alias) for alias in aliases if alias in lowered)
        for raw, aliases in NAMES.items()
        if any(alias in lowered for alias in aliases)
    }
    if "volume" not in columns:
        # CryptoDataDownload: "Volume BTC", "Volume USDT", the coin first.
        amounts = [position for position, name in enumerate(lowered) if name.startswith("volume ")]
        columns |= dict(zip(("volume", "quote_volume"), amounts, strict=False))
    if "session" not in columns:
        unnamed = [position for position, name in enumerate(lowered) if name in INDEX_NAMES]
        if unnamed and (unnamed[0] == 0 or lowered[unnamed[0]]):
            columns["session"] = unnamed[0]
    missing = ["date" if raw == "session" else raw for raw in NEEDED if raw not in columns]
    if len(missing) == len(NEEDED):
        raise NoBarsError("no bar headers")
    if missing:
        raise NoBarsError(f"no column for {', '.join(missing)}")
    for position in columns.values():
        if lowered[position] and lowered.count(lowered[position]) > 1:
            raise NoBarsError(f"it has {lowered.count(lowered[position])} columns called {lowered[position]}")
    return Header(columns, len(names))


def yfinance_header(rows: Sequence[Sequence[str]]) -> Header | None:
    """The header that the first three lines of a file by yfinance make; None where they are not one."""
    if len(rows) < 3 or [row[0].strip().lower() for row in rows] != ["price", "ticker", "date"]:
        return None
    tickers = {ticker.strip() for ticker in rows[1][1:]}
    if len(tickers) != 1:
        raise NoBarsError(f"its columns are of {len(tickers)} symbols; write one file for each, or a symbol column")
    header = header_of(["date", *rows[0][1:]])
    return Header(header.columns, header.width, tickers.pop(), lines=3)
