"""Files of bars: CSV, Parquet, Feather and JSON, plain or in .gz, .zip and .tar.gz, told apart by their content."""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from algo_trading.adapters.bar_header import NoBarsError
from algo_trading.adapters.bar_names import named
from algo_trading.adapters.bar_parts import in_parts
from algo_trading.adapters.bar_tables import read_batches, table_header
from algo_trading.adapters.unpack import (
    BLOCK,
    UNPACK_ERRORS,
    KeptStream,
    LimitError,
    Member,
    ReadLimits,
    Room,
    members,
    opened,
    printable,
)
from algo_trading.domain.bars import TURNOVER
from algo_trading.domain.time import Interval
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.bar_files import BarFile, FileOnDisk, Skipped, UnreadableTableError
from algo_trading.gateways.market_data import BESIDE, RAW_COLUMNS
from algo_trading.settings import ImportSettings

DEFAULTS = ReadLimits()
KEPT = 64 * 2**20  # bytes of the contents of those files that were opened and whose rows are not read yet
CHECKSUM = ".CHECKSUM"  # as Binance's archive has one beside each file


def limits_of(settings: ImportSettings) -> ReadLimits:
    """The limits of the `imports` table."""
    return ReadLimits(
        max_unpacked=settings.max_unpacked_mb * 2**20,
        max_ratio=settings.max_ratio,
        max_line=settings.max_line_kb * 2**10,
    )


def read_bar_files(paths: Sequence[Path], symbol: str | None, limits: ReadLimits = DEFAULTS) -> Iterator[FileOnDisk]:
    """Implements BarFileReader. Every path is checked at the call, before the first file is yielded."""
    folders = [path for path in paths if _is_folder(path)]
    named = [path for path in paths if path not in folders]
    room = Room(KEPT)
    known: dict[Path, FileOnDisk] = {}
    for path in named:
        known[path] = file = open_file(path, symbol, limits, room)
        if not file.tables:
            raise AlgoTradingError(f"{path} holds no bars: {file.skipped[0].reason}")
    found = {path.resolve(): path for path in named}
    for folder in folders:
        found |= {path.resolve(): path for path in _files_in(folder)}
    files = sorted(found.values(), key=lambda path: (path.name, path))
    return _opened(paths, files, known, lambda path: open_file(path, symbol, limits, room))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # of a folder we may not enter
        return False


def _opened(
    paths: Sequence[Path], files: Sequence[Path], known: dict[Path, FileOnDisk], read: Callable[[Path], FileOnDisk]
) -> Iterator[FileOnDisk]:
    tables = 0
    for path in files:
        try:
            file = known.pop(path, None) or read(path)
        except AlgoTradingError as error:
            file = FileOnDisk(path, "", skipped=(Skipped(_shown(path), str(error)),))
        tables += len(file.tables)
        yield file
    if not tables:
        names = ", ".join(map(str, paths))
        raise AlgoTradingError(
            f"{names} holds no bars: no file has the columns date, open, high, low, close and volume"
        )


def _files_in(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise AlgoTradingError(f"{error.filename} cannot be read: {error.strerror}") from error

    return [
        Path(parent) / name
        for parent, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if not name.startswith(".") and not (name.endswith(CHECKSUM) and name.removesuffix(CHECKSUM) in names)
    ]


def open_file(path: Path, symbol: str | None, limits: ReadLimits = DEFAULTS, room: Room | None = None) -> FileOnDisk:
    """A file and the tables in it; their contents are kept where there is `room` for them, until they are gone.

    Raises:
        AlgoTradingError: it cannot be read.
    """
    place = _shown(path)
    with _readable(path), path.open("rb"):
        pass
    if (reason := broken_checksum(path)) is not None:
        return FileOnDisk(path, "", skipped=(Skipped(place, reason),))
    try:
        found = members(path, place, limits)
    except LimitError as error:
        return FileOnDisk(path, "", skipped=(Skipped(place, str(error)),))
    except UNPACK_ERRORS as error:
        return FileOnDisk(path, "", skipped=(Skipped(place, f"it is damaged ({error})"),))
    tables: list[BarFile] = []
    skipped: list[Skipped] = []
    for member in found:
        try:
            tables.append(_table(path, member, symbol, limits, room))
        except (NoBarsError, LimitError) as error:
            skipped.append(Skipped(member.place, str(error)))
        except UNPACK_ERRORS as error:
            what = "it is damaged" if member.place == place else "it cannot be unpacked"
            skipped.append(Skipped(member.place, f"{what} ({error})"))
    if not found:
        skipped.append(Skipped(place, "the archive is empty"))
    if not tables:
        return FileOnDisk(path, "", skipped=skipped)
    with _readable(path):
        digest = _sha256(path) if found[0].is_packed else tables[0].sha256
        size = path.stat().st_size
    return FileOnDisk(path, digest, tables, skipped, size)


def broken_checksum(path: Path) -> str | None:
    """Why a file is not what the checksum beside it (`sha256sum` of FILE in FILE.CHECKSUM) says; None where it is."""
    beside = path.with_name(path.name + CHECKSUM)
    try:
        said = beside.read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return None
    if not said or said[0].lower() != _sha256(path):
        return f"its content is not the one of {beside.name}: download it again"
    return None


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        if path.exists() and not path.is_file():
            raise AlgoTradingError(f"{path} is neither a file nor a folder")
        yield
    except FileNotFoundError as error:
        raise AlgoTradingError(f"{path} does not exist; name a file of bars or a folder of such files") from error
    except OSError as error:
        raise AlgoTradingError(f"{path} cannot be read: {error.strerror}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _table(path: Path, member: Member, symbol: str | None, limits: ReadLimits, room: Room | None) -> BarFile:
    state = _state(path)
    if room is not None:
        member = member.kept(room)
    with opened(member) as (stream, _):
        header = table_header(stream)
    with opened(member) as (stream, raw):
        while not isinstance(raw, KeptStream) and stream.read(BLOCK):
            pass
        digest = raw.sha256()
    name = named(member.place)
    of_all = None if "symbol" in header.columns else header.symbol or symbol or name.symbol
    if header.lines == 0 and name.interval is None and symbol is None:
        raise NoBarsError("neither its rows nor its name say of which symbol it is; name it with --symbol")
    if None not in {header.interval, name.interval} and header.interval is not name.interval:
        raise NoBarsError(f"its name says {name.interval} and its rows are {header.interval}")
    columns = (*RAW_COLUMNS, *(column for column in (*TURNOVER, *BESIDE) if column in header.columns))
    interval = header.interval or name.interval
    content = _Content(member, digest, path, state, of_all, limits, columns, interval)
    return BarFile(member.place, digest, of_all, content.rows, content.parts, interval)


@dataclass(frozen=True)
class _Content:
    """The rows of a member whose content had this `digest`, and its file this `state`, when it was opened."""

    member: Member
    digest: str
    path: Path
    state: Sequence[int]
    symbol: str | None
    limits: ReadLimits
    columns: Sequence[str]  # of `parts`
    interval: Interval | None

    def rows(self, columns: Sequence[str] = RAW_COLUMNS) -> pa.Table:
        """Implements RowReader."""
        with self._explained():
            found = list(self._batches(columns))
        nothing = pa.table({name: pa.array([], pa.string()) for name in (*columns, "place")})
        return pa.concat_tables(found) if found else nothing

    def parts(self) -> Iterator[pa.Table]:
        """As BarFile.parts."""
        with self._explained():
            yield from in_parts(self._batches(self.columns), self.interval)

    def _batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        with opened(self.member) as (stream, raw):
            yield from read_batches(stream, self.member.place, self.symbol, columns, self.limits)
            if raw.sha256() != self.digest or _state(self.path) != self.state:
                raise NoBarsError("it was changed while it was read; import it again")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (NoBarsError, LimitError) as error:
            raise UnreadableTableError(self.member.place, str(error)) from error
        except UNPACK_ERRORS as error:
            raise UnreadableTableError(self.member.place, f"it cannot be unpacked ({error})") from error


def _state(path: Path) -> tuple[int, ...]:
    """What tells a file from what it was before and from another one in its place."""
    found = path.stat()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _shown(path: Path) -> str:
    return printable(str(path.absolute()))
