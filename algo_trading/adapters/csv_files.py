"""Bars from a folder with one file for each series: CSV (.gz too) or Parquet.

A file of daily bars is named after its symbol (IBM.csv), another one after symbol and interval (INJUSDT_4h.csv).

Prices are taken as they stand in the file, as traded. A column of adjusted closes gives splits and dividends, else one
of `dividends` gives these; there is no column for splits, because files that have one (yfinance's) hold prices that are
adjusted for them already.

An instrument that was renamed has its old file too: FB.csv counts for META up to the new name, and from then on for
whoever is called FB. Of a period that both files have the one under the newer name counts.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from algo_trading.adapters.bar_files import DEFAULTS, limits_of, open_file
from algo_trading.adapters.bar_names import SUFFIXES, named
from algo_trading.adapters.unpack import ReadLimits
from algo_trading.domain.bars import Times
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval, array_time
from algo_trading.errors import AlgoTradingError, ConfigError, SourceError, UnknownSymbolError
from algo_trading.gateways.market_data import BESIDE, RAW_COLUMNS, RAW_SCHEMA, BarRequest, Fetched, RawBars, RawPayload
from algo_trading.plugins import Context, Plugin
from algo_trading.quality.derived_actions import derived_actions
from algo_trading.quality.parse import parse_opened
from algo_trading.settings import ImportSettings

COLUMNS = (*RAW_COLUMNS, *BESIDE)
HEADER = [*COLUMNS, "place"]


class CsvFilesConfig(ImportSettings):
    """The folder to read, with one file for each series, and how large a file may be."""

    folder: str = ""


class CsvFilesMarketData:
    """Implements MarketData. A payload is the part of a file asked for, its cells as they stand, with their lines.

    Lines whose date nobody can read come with every answer, so that the quarantine shows them.
    """

    intervals = tuple(Interval)
    refetch = 10  # a file is written anew by whoever keeps it, and late corrections come with it

    def __init__(self, folder: Path, limits: ReadLimits = DEFAULTS, name: str = "csv_files") -> None:
        self.name = name
        self._folder = folder
        self._limits = limits

    def ends_at(self, venue: str, interval: Interval) -> datetime | None:  # noqa: ARG002 - as the protocol has it
        return None  # whoever keeps the files goes on with them

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        files = self._files()
        return [self._answer(request, files) for request in requests]

    def parse(self, payload: RawPayload) -> RawBars:
        try:
            lines = list(csv.reader(io.StringIO(payload.content.decode(errors="replace"), newline="")))
        except csv.Error:
            lines = []
        if not lines or lines.pop(0) != HEADER or any(len(line) != len(HEADER) for line in lines):
            raise SourceError(f"the payload for {payload.request.instrument} is not a part of a file of bars")
        columns = list(zip(*lines, strict=True)) if lines else [()] * len(HEADER)
        table = pa.table(dict(zip(HEADER, (pa.array(column, pa.string()) for column in columns), strict=True)))
        return RawBars(_as_named_now(payload.request, table), _actions(payload.request, table))

    def _files(self) -> dict[tuple[str, Interval], Path]:
        try:
            paths = sorted(self._folder.iterdir())
        except OSError as error:
            raise SourceError(f"the folder {self._folder} cannot be read: {error.strerror}") from error
        return {_named(path): path for path in paths if path.name.lower().endswith(SUFFIXES)}

    def _answer(self, request: BarRequest, files: dict[tuple[str, Interval], Path]) -> Fetched:
        own, *former = _symbols(request)
        interval = request.series.interval
        there = {name: path for name in (own, *former) if (path := files.get((name.upper(), interval))) is not None}
        try:
            tables = [self._rows(request, name, path) for name, path in there.items()]
        except AlgoTradingError as error:
            return Fetched(request, error=SourceError(str(error)))
        rows = _each_period_once(tables, interval)
        if rows is None or (own not in there and not len(rows)):
            sentence = f"{self._folder} has no file for {request.series}; it would be {request.series}.csv"
            old = "".join(f"; {there[name].name} counts up to the new name" for name in there)
            return Fetched(request, error=UnknownSymbolError(sentence + old))
        return Fetched(request, RawPayload(request, _written(rows), "text/csv", ".csv"))

    def _rows(self, request: BarRequest, symbol: str, path: Path) -> pa.Table:
        """What the file of a symbol has of the instrument that is asked for.

        Raises:
            AlgoTradingError: it cannot be read.
        """
        file = open_file(path, symbol, self._limits)
        if not file.tables:
            raise SourceError(f"{path} holds no bars: {file.skipped[0].reason}")
        return _asked_for(request, symbol, file.tables[0].rows(COLUMNS))


def _symbols(request: BarRequest) -> list[str]:
    """The symbol of an instrument, and those that it had, the newest first."""
    had = sorted((one for one in request.names if one.now == request.instrument), key=lambda one: one.until)
    return list(dict.fromkeys([request.instrument.symbol, *(one.instrument.symbol for one in reversed(had))]))


def _asked_for(request: BarRequest, symbol: str, rows: pa.Table) -> pa.Table:
    """Rows of the symbol in the periods in which it is the instrument's, oldest first, and those without a time."""
    symbols = pc.utf8_upper(pc.utf8_trim_whitespace(rows["symbol"])).fill_null("")
    rows = rows.filter(pc.is_in(symbols, value_set=pa.array(["", symbol.upper()])))
    opened, _ = parse_opened(rows["session"], request.series.interval)
    order = np.argsort(opened, kind="stable")
    wanted = (opened <= array_time(request.last)) & _meant(request, symbol, opened)
    if request.first is not None:
        wanted &= opened >= array_time(request.first)
    return rows.take(order[(wanted | np.isnat(opened))[order]])


def _meant(request: BarRequest, symbol: str, opened: Times) -> NDArray[np.bool_]:
    """When a symbol meant the instrument that is asked for."""
    had = sorted((one for one in request.names if one.instrument.symbol == symbol), key=lambda one: one.until)
    meanings = [*(one.now for one in had), Instrument(symbol, request.series.venue)]
    ours = np.array([one == request.instrument for one in meanings])
    untils = np.array([one.until for one in had], dtype="datetime64[us]")
    found: NDArray[np.bool_] = ours[np.searchsorted(untils, opened, side="right")]
    return found


def _each_period_once(tables: Sequence[pa.Table], interval: Interval) -> pa.Table | None:
    """The rows of all tables, oldest first; of a period that several have those of the first one."""
    if len(tables) <= 1:
        return next(iter(tables), None)
    kept, seen = [], np.array([], dtype="datetime64[us]")
    for table in tables:
        opened, _ = parse_opened(table["session"], interval)
        kept.append(table.filter(pa.array(~np.isin(opened, seen))))
        seen = np.concatenate([seen, opened[~np.isnat(opened)]])
    rows = pa.concat_tables(kept)
    opened, _ = parse_opened(rows["session"], interval)
    return rows.take(np.argsort(opened, kind="stable"))


def _named(path: Path) -> tuple[str, Interval]:
    """The symbol and the interval that a file's name spells."""
    found = named(path.name)
    return found.symbol, found.interval or Interval.DAY


def _written(rows: pa.Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(zip(*(rows[name].to_pylist() for name in HEADER), strict=True))
    return text.getvalue().encode()


def _actions(request: BarRequest, table: pa.Table) -> tuple[CorporateAction, ...]:
    """What the file tells of actions from the first row asked for on."""
    if request.series.interval is not Interval.DAY:
        return ()
    # Those of each file by themselves: adjusted closes of one do not know what was paid in the other.
    plain, old = _under_former_names(request, table)
    named = table.set_column(0, "symbol", pc.if_else(old, plain, pa.scalar(request.series.symbol)))
    found = derived_actions(named, request.series.venue).actions
    return tuple(sorted(replace(action, instrument=request.instrument) for action in found))


def _as_named_now(request: BarRequest, table: pa.Table) -> pa.Table:
    """The rows (RAW_SCHEMA), with those of files under former names under the name of now."""
    rows, (_, old) = table.select(RAW_SCHEMA.names), _under_former_names(request, table)
    return rows.set_column(0, "symbol", pc.if_else(old, pa.scalar(request.series.symbol), rows["symbol"]))


def _under_former_names(request: BarRequest, table: pa.Table) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    """The symbols of the rows in plain capitals, and which of them are former names."""
    plain = pc.utf8_upper(pc.utf8_trim_whitespace(table["symbol"]))
    former = [name.upper() for name in _symbols(request)[1:]]
    return plain, pc.is_in(plain, value_set=pa.array(former, pa.string()))


def build(config: CsvFilesConfig, _context: Context) -> CsvFilesMarketData:
    """The source for the configured folder.

    Raises:
        ConfigError: no folder is named, or it does not exist.
    """
    folder = Path(config.folder).expanduser()
    if not config.folder or not folder.is_dir():
        raise ConfigError(
            f"sources.csv_files.folder is {config.folder!r}, which is not a folder; name the one with your files"
        )
    return CsvFilesMarketData(folder, limits_of(config))


plugin = Plugin(CsvFilesConfig, build)
