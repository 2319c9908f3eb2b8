"""Which columns a table of bars in a file has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from algo_trading.gateways.market_data import RAW_COLUMNS

# What a file may have beside the bars: cash per share on the ex-date, and the close adjusted for all that came later.
DIVIDEND, ADJUSTED_CLOSE = "dividend", "adjusted_close"
NAMES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "stockname"),
    "session": ("date", "timestamp", "datetime"),
    **{name: (name,) for name in ("open", "high", "low", "close", "volume")},
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
    `lines` is how many lines the header takes.
    """

    columns: Mapping[str, int]
    width: int
    symbol: str | None = None
    lines: int = 1


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
