"""Files of daily bars that a person brings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from algo_trading.repositories.market_data import RAW_COLUMNS


class RowReader(Protocol):
    """Reads the rows of a table."""

    def __call__(self, columns: Sequence[str] = RAW_COLUMNS) -> pa.Table:
        """Every line that is no header: `columns` and `place`, as text; RAW_SCHEMA unless other columns are asked."""
        ...


@dataclass(frozen=True)
class BarFile:
    """One table of bars: a file, or a member of an archive.

    `place` is the path, of a member `archive!member`. `sha256` identifies the content, unpacked. `symbol` is the symbol
    of all rows, None where a column says it.
    """

    place: str
    sha256: str
    symbol: str | None
    rows: RowReader


@dataclass(frozen=True)
class Skipped:
    """A file or member that holds no bars, and why we think so."""

    place: str
    reason: str


@dataclass(frozen=True)
class FileOnDisk:
    """A file as it lies there, with the tables and the other members found in it."""

    path: Path
    content: bytes
    tables: Sequence[BarFile] = ()
    skipped: Sequence[Skipped] = field(default=())


class BarFileReader(Protocol):
    """Finds and opens files of bars: CSV, plain, in .gz, .zip or .tar.gz, and Parquet."""

    def __call__(self, paths: Sequence[Path], symbol: str | None) -> Iterator[FileOnDisk]:
        """The files named, and those inside the folders named, in the order of their names.

        Rows without a symbol column are of `symbol`, else of the symbol that the file's name spells.

        Raises:
            AlgoTradingError: before anything is yielded, if a path does not exist, cannot be read, or is a file without
                bars, or if all of them together hold no bars.
        """
        ...
