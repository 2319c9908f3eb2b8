"""Recorded candles as a market: files of Binance's archive, its REST replies, freqtrade's and CryptoDataDownload's."""

import csv
import gzip
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from algo_trading.errors import ConfigError
from algo_trading.exchange.candles import Candles
from algo_trading.exchange.intervals import LENGTHS
from algo_trading.exchange.pairs import UNITS, Pair, usual_filters
from algo_trading.exchange.tape import usual_prints

QUOTES = ("USDT", "BUSD", "USDC", "FDUSD", "TUSD", "AUD", "EUR", "BTC", "ETH", "BNB", "XRP", "DOGE", "DOT", "TRX")
COINS = ("BTC", "ETH", "BNB")  # quote assets that are worth more than a dollar
WORDS = {"d": "1d", "hour": "1h", "minute": "1m"}  # CryptoDataDownload's
NAME = re.compile(
    r"(?:Binance_)?(?P<symbol>[A-Z0-9]+(?:_[A-Z0-9]+)?)[-_](?P<interval>\d{1,2}[smhdwM]|1mo|d|hour|minute)(?:-[\d-]+)?$"
)
KINDS = (".csv", ".csv.gz", ".zip", ".json", ".feather")
MANY = 9e10
MICROSECONDS = 10**14  # a time from here on is in microseconds: in milliseconds it would be the year 5138
STEPS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
COLUMNS = ("time", "open", "high", "low", "close", "volume", "quote", "trades", "taker", "taker_quote")

Table = NDArray[np.float64]


class RecordedCandles:
    """The candles of one pair from first to last; nothing is known before and after."""

    def __init__(self, interval: str, candles: Candles) -> None:
        self.interval = interval
        self.prints_per_candle = usual_prints(interval)
        self._candles = candles
        self.starts_at = int(candles.time[0])
        self.ends_at: int | None = int(candles.time[-1]) + LENGTHS[interval]

    def rows(self, first: int, end: int, *, hourly: bool = False) -> Candles:  # noqa: ARG002 - part of the protocol
        """Candles that open from `first` on and before `end` (ms)."""
        return self._candles.between(first, end)


def recorded(folder: Path) -> list[tuple[Pair, RecordedCandles]]:
    """The pairs of the folder, each with its finest candles, in the order of their names."""
    files: defaultdict[tuple[str, str], defaultdict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(folder.rglob("*")):
        name = _named(path)
        if name:
            base, quote, interval = name
            files[base, quote][interval].append(path)
    if not files:
        raise ConfigError(
            f"no candles in {folder}: files are named like BTCUSDT-1h.csv or BTC_USDT-5m.json"
            f" and end in {', '.join(KINDS)}"
        )
    return [_pair(base, quote, found) for (base, quote), found in sorted(files.items())]


def _named(path: Path) -> tuple[str, str, str] | None:
    """Base asset, quote asset and interval that the file's name says."""
    kind = next((kind for kind in KINDS if path.name.endswith(kind)), None)
    match = NAME.match(path.name.removesuffix(kind)) if kind and path.is_file() else None
    if not match:
        return None
    word = match["interval"]
    interval = "1M" if word == "1mo" else WORDS.get(word, word)
    base, _, quote = match["symbol"].partition("_")
    if not quote:
        quote = next((asset for asset in QUOTES if base.endswith(asset) and base != asset), "")
        base = base.removesuffix(quote)
    return (base, quote, interval) if quote and interval in LENGTHS else None


def _pair(base: str, quote: str, files: dict[str, list[Path]]) -> tuple[Pair, RecordedCandles]:
    interval = min(files, key=LENGTHS.__getitem__)
    table = np.concatenate([_table(path) for path in files[interval]])
    _, newest = np.unique(table[::-1, 0], return_index=True)  # of a repeated candle the last one counts
    table = table[::-1][newest]
    table = table[np.isfinite(table[:, :6]).all(axis=1)]
    price_step, lot_step = _steps(table, quote)
    candles = _in_steps(table, price_step, lot_step)
    pair = Pair(
        f"{base}{quote}",
        base,
        quote,
        tuple(usual_filters(Decimal(price_step) / UNITS, Decimal(lot_step) / UNITS, _least_notional(quote))),
    )
    return pair, RecordedCandles(interval, replace(candles, trades=_counts(table, candles, usual_prints(interval))))


def _least_notional(quote: str) -> Decimal:
    return Decimal("0.0001") if quote in COINS else Decimal(5)


def _steps(table: Table, quote: str) -> tuple[int, int]:
    """Smallest steps of price and quantity in hundred-millionths, as few decimals as the records need.

    Their product has eight decimals at most, seven for dollars, so that a month's turnover fits into 64 bits.
    """
    price = _coarsest(table[:, 1:5])
    finest = UNITS // price * (1 if quote in COINS else 10)
    return price, min(max(_coarsest(table[:, 5]), finest), UNITS)


def _coarsest(values: Table) -> int:
    whole = np.rint(values[values < MANY] * UNITS).astype(np.int64)  # of larger ones no decimals are left
    return max(step for step in STEPS if not (whole % step).any())


def _in_steps(table: Table, price_step: int, lot_step: int) -> Candles:
    opened, high, low, close = (np.rint(table[:, place] * UNITS / price_step).astype(np.int64) for place in range(1, 5))
    volume = np.rint(table[:, 5] * UNITS / lot_step).astype(np.int64)
    typical = (opened + high + low + close) // 4
    per_unit = UNITS / price_step * (UNITS / lot_step)
    quote = np.where(np.isnan(table[:, 6]), volume * typical, np.nan_to_num(table[:, 6]) * per_unit).astype(np.int64)
    taker = np.where(np.isnan(table[:, 8]), volume // 2, np.rint(np.nan_to_num(table[:, 8]) * UNITS / lot_step))
    taker = np.clip(taker.astype(np.int64), 0, volume)
    return Candles(
        table[:, 0].astype(np.int64),
        opened,
        np.maximum.reduce([opened, high, low, close]),
        np.minimum.reduce([opened, high, low, close]),
        close,
        volume,
        quote,
        volume * 0,
        taker,
        np.where(volume > 0, quote * (taker / np.maximum(volume, 1)), 0).astype(np.int64),
    )


def _counts(table: Table, candles: Candles, usual: int) -> NDArray[np.int64]:
    counted = np.where(np.isnan(table[:, 7]), usual, np.nan_to_num(table[:, 7])).astype(np.int64)
    return np.where(candles.volume > 0, counted, 0)


def _table(path: Path) -> Table:
    """Rows of time (ms), open, high, low, close, volume and, where known, quote volume, trades, taker's two."""
    try:
        rows = _feather(path) if path.name.endswith(".feather") else np.array(list(_rows(path)), np.float64)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} has no candles that can be read: {error}") from error
    if not len(rows):
        raise ConfigError(f"{path} has no candles")
    rows[:, 0] = np.where(rows[:, 0] >= MICROSECONDS, rows[:, 0] // 1000, rows[:, 0])
    return rows


def _feather(path: Path) -> Table:
    from pyarrow import feather

    table = feather.read_table(path)
    times = np.asarray(table["date"]).astype("datetime64[ms]").astype(np.int64)
    known = [np.asarray(table[name], np.float64) for name in COLUMNS[1:6]]
    unknown = [np.full(len(times), np.nan)] * 4
    return np.column_stack([times, *known, *unknown])


def _rows(path: Path) -> Iterator[Sequence[float]]:
    if path.name.endswith(".json"):
        yield from map(_row, json.loads(path.read_text()))
    elif path.name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield from _csv_rows(io.TextIOWrapper(archive.open(name), "utf-8"))
    else:
        with gzip.open(path, "rt") if path.name.endswith(".gz") else path.open() as lines:
            yield from _csv_rows(lines)


def _csv_rows(lines: Iterable[str]) -> Iterator[Sequence[float]]:
    """The archive's rows have no header; CryptoDataDownload's have one after a line with an address."""
    header: list[str] = []
    for row in csv.reader(lines):
        if row and row[0].isdigit():
            yield _row([row[0], *row[3:9], row[9] if len(row) > 9 else "nan"] if "Unix" in header else row)
        else:
            header = row


def _row(cells: Sequence[str | float]) -> Sequence[float]:
    """A row of REST's order: time, four prices, volume, closing time, quote volume, trades, taker's two."""
    numbers = [float(cell) for cell in cells[:11]]
    if len(numbers) >= 11:
        return [*numbers[:6], *numbers[7:11]]
    known = [*numbers[:6], *numbers[6:8]]
    return [*known, *[float("nan")] * (10 - len(known))]


__all__ = ["RecordedCandles", "recorded"]
