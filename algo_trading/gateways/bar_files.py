"""Files of bars that a person brings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.market_data import RAW_COLUMNS


class UnreadableTableError(AlgoTradingError):
    """The rows of a table cannot be read; `reason` says why, the message where as well."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.reason = reason


class RowReader(Protocol):
    """Reads the rows of a table."""

    def __call__(self, columns: Sequence[str] = RAW_COLUMNS) -> pa.Table:
        """Every line except headers: `columns` and `place`, as text; RAW_SCHEMA unless other columns are asked for.

        Raises:
            UnreadableTableError: the file is damaged behind its header, beyond a limit, or has changed meanwhile.
        """
        ...


@dataclass(frozen=True)
class BarFile:
    """One table of bars: a file, or a member of an archive.

    `place` is the path, of a member `archive!member`. `sha256` identifies the content, unpacked. `symbol` is the symbol
    of all rows, None where a column says it. `interval` is what the rows or the name say, None where they say nothing.
    `parts` gives the rows (RAW_SCHEMA, and what the file has of TURNOVER and BESIDE) in tables that fit into
    memory: all rows of a symbol and day are in one of them, and where a symbol has too many for one table they come
    in the order of their days. It raises what `rows` raises, before the first part.
    """

    place: str
    sha256: str
    symbol: str | None
    rows: RowReader
    parts: Callable[[], Iterator[pa.Table]]
    interval: Interval | None = None


@dataclass(frozen=True)
class Skipped:
    """A file or member that holds no bars, and why we think so."""

    place: str
    reason: str


@dataclass(frozen=True)
class FileOnDisk:
    """A file as it lies there, with the tables and the other members found in it.

    `sha256` is of the file's bytes, empty where no table was found, and `size` their number.
    """

    path: Path
    sha256: str
    tables: Sequence[BarFile] = ()
    skipped: Sequence[Skipped] = field(default=())
    size: int = 0


class BarFileReader(Protocol):
    """Finds and opens files of bars: CSV, Parquet, Feather and JSON, plain, in .gz, .zip or .tar.gz."""

    def __call__(self, paths: Sequence[Path], symbol: str | None) -> Iterator[FileOnDisk]:
        """The files named, and those inside the folders named, in the order of their names.

        Rows without a symbol column are of `symbol`, else of the symbol that the file's name spells.

        Raises:
            AlgoTradingError: before anything is yielded, if a path does not exist, cannot be read, or is a file without
                bars, or if all of them together hold no bars.
        """
        ...
