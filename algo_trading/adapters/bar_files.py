"""Files of daily bars: CSV, plain or in .gz, .zip and .tar.gz, and Parquet, told apart by their content."""

import gzip
import hashlib
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from algo_trading.adapters.bar_tables import NoBarsError, read_table, table_header
from algo_trading.errors import AlgoTradingError
from algo_trading.repositories.bar_files import BarFile, FileOnDisk, Skipped

GZIP, ZIP, TAR, TAR_AT = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06"), b"ustar", 257
SUFFIXES = (".csv", ".txt", ".gz", ".zip", ".tar", ".tgz", ".parquet")

Member = tuple[str, Callable[[], bytes]]


def read_bar_files(paths: Sequence[Path], symbol: str | None) -> Iterator[FileOnDisk]:
    """Implements BarFileReader. Every path is checked at the call, before the first file is yielded."""
    folders = [path for path in paths if _is_folder(path)]
    named = [path for path in paths if path not in folders]
    for path in named:
        opened = open_file(path, symbol)
        if not opened.tables:
            raise AlgoTradingError(f"{path} holds no bars: {opened.skipped[0].reason}")
    found = {path.resolve(): path for path in named}
    for folder in folders:
        found |= {path.resolve(): path for path in _files_in(folder)}
    return _opened(paths, sorted(found.values(), key=lambda path: (path.name, path)), symbol)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # of a folder we may not enter
        return False


def _opened(paths: Sequence[Path], files: Sequence[Path], symbol: str | None) -> Iterator[FileOnDisk]:
    tables = 0
    for path in files:
        try:
            opened = open_file(path, symbol)
        except AlgoTradingError as error:
            opened = FileOnDisk(path, b"", skipped=(Skipped(_shown(path), str(error)),))
        tables += len(opened.tables)
        yield opened
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
        if not name.startswith(".")
    ]


def open_file(path: Path, symbol: str | None) -> FileOnDisk:
    """A file and the tables in it.

    Raises:
        AlgoTradingError: it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise AlgoTradingError(f"{path} is neither a file nor a folder")
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise AlgoTradingError(f"{path} does not exist; name a file of bars or a folder of such files") from error
    except OSError as error:
        raise AlgoTradingError(f"{path} cannot be read: {error.strerror}") from error
    place = _shown(path)
    tables: list[BarFile] = []
    skipped: list[Skipped] = []
    try:
        members = list(_members(place, content))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError) as error:
        return FileOnDisk(path, content, skipped=(Skipped(place, f"it is damaged ({error})"),))
    for member, read in members:
        try:
            tables.append(_table(member, read(), symbol))
        except NoBarsError as error:
            skipped.append(Skipped(member, str(error)))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError, RuntimeError) as error:
            skipped.append(Skipped(member, f"it cannot be unpacked ({error})"))
    if not members:
        skipped.append(Skipped(place, "the archive is empty"))
    return FileOnDisk(path, content, tables, skipped)


def _members(place: str, content: bytes) -> Iterator[Member]:
    """The file itself, or the files of an archive in the order of their names."""
    if content.startswith(GZIP):
        content = gzip.decompress(content)
    if content[TAR_AT : TAR_AT + len(TAR)] == TAR:
        archive = tarfile.open(fileobj=io.BytesIO(content), mode="r:")  # noqa: SIM115 - in memory, read after we return
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if member.isfile():
                yield f"{place}!{_printable(member.name)}", partial(_tar_content, archive, member)
    elif content.startswith(ZIP):
        packed = zipfile.ZipFile(io.BytesIO(content))
        for info in sorted(packed.infolist(), key=lambda info: info.filename):
            if not info.is_dir():
                yield f"{place}!{_printable(info.filename)}", partial(packed.read, info)
    else:
        yield place, partial(bytes, content)


def _tar_content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None  # only of a member that is no file
    return file.read()


def _table(place: str, content: bytes, symbol: str | None) -> BarFile:
    header = table_header(content)
    of_all = None if "symbol" in header.columns else header.symbol or symbol or symbol_of(place)
    return BarFile(place, hashlib.sha256(content).hexdigest(), of_all, partial(read_table, content, place, of_all))


def symbol_of(place: str) -> str:
    """The symbol that a file's name spells: AAPL for aapl.csv.gz."""
    name = PurePosixPath(place.rsplit("!", 1)[-1]).name
    while name.lower().endswith(SUFFIXES):
        name = PurePosixPath(name).stem
    return name.upper()


def _shown(path: Path) -> str:
    return _printable(str(path.absolute()))


def _printable(name: str) -> str:
    """A name as text that any database takes: file names may hold bytes that are no UTF-8."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
