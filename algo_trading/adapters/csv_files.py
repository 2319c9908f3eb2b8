"""Bars from a folder with one file for each series: CSV (.gz too) or Parquet.

A file of daily bars is named after its symbol (IBM.csv), another one after symbol and interval (INJUSDT_4h.csv).

Prices are taken as they stand in the file, as traded. A column of adjusted closes gives splits and dividends, else one
of `dividends` gives these; there is no column for splits, because files that have one (yfinance's) hold prices that are
adjusted for them already.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from algo_trading.adapters.bar_files import DEFAULTS, limits_of, open_file
from algo_trading.adapters.bar_names import SUFFIXES, named
from algo_trading.adapters.unpack import ReadLimits
from algo_trading.domain.corporate_actions import CorporateAction
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
        return RawBars(table.select(RAW_SCHEMA.names), _actions(payload.request, table))

    def _files(self) -> dict[tuple[str, Interval], Path]:
        try:
            paths = sorted(self._folder.iterdir())
        except OSError as error:
            raise SourceError(f"the folder {self._folder} cannot be read: {error.strerror}") from error
        return {_named(path): path for path in paths if path.name.lower().endswith(SUFFIXES)}

    def _answer(self, request: BarRequest, files: dict[tuple[str, Interval], Path]) -> Fetched:
        symbol = request.series.symbol
        path = files.get((symbol.upper(), request.series.interval))
        if path is None:
            sentence = f"{self._folder} has no file for {request.series}; it would be {request.series}.csv"
            return Fetched(request, error=UnknownSymbolError(sentence))
        try:
            file = open_file(path, symbol, self._limits)
            if not file.tables:
                return Fetched(request, error=SourceError(f"{path} holds no bars: {file.skipped[0].reason}"))
            rows = _asked_for(request, file.tables[0].rows(COLUMNS))
        except AlgoTradingError as error:
            return Fetched(request, error=SourceError(str(error)))
        return Fetched(request, RawPayload(request, _written(rows), "text/csv", ".csv"))


def _asked_for(request: BarRequest, rows: pa.Table) -> pa.Table:
    """Rows of the symbol and the periods, oldest first, and those whose time is none."""
    symbols = pc.utf8_upper(pc.utf8_trim_whitespace(rows["symbol"])).fill_null("")
    rows = rows.filter(pc.is_in(symbols, value_set=pa.array(["", request.instrument.symbol.upper()])))
    opened, _ = parse_opened(rows["session"], request.series.interval)
    order = np.argsort(opened, kind="stable")
    wanted = np.isnat(opened) | (opened <= array_time(request.last))
    if request.first is not None:
        wanted &= np.isnat(opened) | (opened >= array_time(request.first))
    return rows.take(order[wanted[order]])


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
    named = table.set_column(0, "symbol", pa.repeat(pa.scalar(request.series.symbol), len(table)).cast(pa.string()))
    return derived_actions(named, request.series.venue).actions


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
