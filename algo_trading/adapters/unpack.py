"""Files and what is packed in them (.gz, .zip, .tar, .tar.gz), as streams with limits: no input fills the memory."""

import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from weakref import finalize

GZIP, ZIP, TAR, TAR_AT = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06"), b"ustar", 257
BLOCK = 2**18  # bytes
RATIO_FROM = 16 * 2**20  # unpacked bytes; smaller contents may be packed as tightly as they can be
MOST_MEMBERS = 20_000
LONGEST_NOTE = 2**20  # bytes of a tar archive's header for long names
NOTES, SPARSE = b"xgXLK", b"S"  # kinds of tar headers
IN_MEMORY = 8 * 2**20  # bytes of an unpacked archive; a larger one goes into a temporary file
UNPACK_ERRORS = (
    OSError,
    EOFError,
    RuntimeError,  # a password is needed, or the method is unknown
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


@dataclass(frozen=True)
class ReadLimits:
    """How large a file may be.

    `max_unpacked` bytes of content; `max_ratio` bytes unpacked for each byte packed; `max_line` characters of a line.
    """

    max_unpacked: int = 2 * 2**30
    max_ratio: float = 200
    max_line: int = 2**20


class LimitError(Exception):
    """A limit is exceeded; the message is a sentence that names the setting."""


class LimitedStream(io.RawIOBase):
    """A stream that raises LimitError as soon as it has given too much, and keeps the SHA-256 of what it gave."""

    def __init__(self, inner: Any, packed: int, limits: ReadLimits) -> None:  # noqa: ANN401 - zipfile's and gzip's
        self._inner, self._packed, self._limits = inner, packed, limits
        self._size = 0
        self._digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - what io passes
        count: int = self._inner.readinto(buffer) or 0
        self._size += count
        self._digest.update(memoryview(buffer)[:count])
        check_size(self._size, self._packed, self._limits)
        return count

    def sha256(self) -> str:
        """The SHA-256 of what was read so far."""
        return self._digest.hexdigest()

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


class Room:
    """So many bytes of contents are kept in memory at once, so that these are read and unpacked a single time."""

    def __init__(self, free: int) -> None:
        self.free = free

    def keep(self, content: bytes, sha256: str) -> "Kept | None":
        """The content, whose room is free again when nothing refers to it any more; None where there is none."""
        if len(content) > self.free:
            return None
        kept = Kept(content, sha256)
        self._add(-len(content))
        finalize(kept, self._add, len(content))
        return kept

    def _add(self, size: int) -> None:
        self.free += size


@dataclass(frozen=True, eq=False)
class Kept:
    """A content in memory."""

    content: bytes
    sha256: str

    def open(self) -> "KeptStream":
        """Begin to read it."""
        return KeptStream(self)


class KeptStream(io.BytesIO):
    """A content in memory as a stream, which was read through a LimitedStream before."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.content)
        self._kept = kept

    def sha256(self) -> str:
        """The SHA-256 of the whole content."""
        return self._kept.sha256


def check_size(unpacked: int, packed: int, limits: ReadLimits) -> None:
    """Raise LimitError where content is too large, or too large for what it was packed in."""
    if unpacked > limits.max_unpacked:
        raise LimitError(f"it holds more than {limits.max_unpacked >> 20:,} MB (imports.max_unpacked_mb)")
    if unpacked > RATIO_FROM and unpacked > limits.max_ratio * packed:
        raise LimitError(f"it unpacks to more than {limits.max_ratio:g} times its size (imports.max_ratio)")


@dataclass(frozen=True)
class Member:
    """A file, or a member of an archive; `open` begins to read it. `is_packed`: its content is not the file's bytes."""

    place: str
    open: Callable[[], LimitedStream | KeptStream]
    is_packed: bool = True

    def kept(self, room: Room) -> "Member":
        """The same, kept in memory if it is small and there is room.

        Raises:
            LimitError: it is larger than its limits allow.
            UNPACK_ERRORS: it is damaged.
        """
        with opened(self) as (stream, raw):
            content = stream.read(min(room.free, IN_MEMORY) + 1)
            kept = room.keep(content, raw.sha256()) if len(content) <= min(room.free, IN_MEMORY) else None
        return self if kept is None else replace(self, open=kept.open)


@contextmanager
def opened(member: Member) -> Iterator[tuple[io.BufferedReader, LimitedStream | KeptStream]]:
    """The content of a member as a buffered stream, and the stream below it, which counts."""
    raw = member.open()
    stream: io.BufferedReader = io.BufferedReader(raw, BLOCK)
    with stream:
        yield stream, raw


def members(path: Path, place: str, limits: ReadLimits) -> list[Member]:
    """The file itself, or the files of an archive in the order of their names.

    Raises:
        LimitError: the archive has too many members or unpacks to too much.
        UNPACK_ERRORS: it is damaged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(TAR_AT + len(TAR))
    if head.startswith(ZIP):
        return _zip_members(path, place, limits)
    if not head.startswith(GZIP):
        if head[TAR_AT:] == TAR:
            return _tar_members(_Unpacked(path.open("rb")), place, size, limits)
        return [Member(place, lambda: LimitedStream(path.open("rb"), size, limits), is_packed=False)]
    packed = Member(place, lambda: LimitedStream(gzip.GzipFile(path), size, limits))
    with opened(packed) as (stream, _):
        if stream.read(TAR_AT + len(TAR))[TAR_AT:] != TAR:
            return [packed]
    with opened(packed) as (stream, _):
        unpacked = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - kept as long as its members
        kept = _Unpacked(unpacked)
        while block := stream.read(BLOCK):
            unpacked.write(block)
    unpacked.seek(0)
    return _tar_members(kept, place, size, limits)


class _Unpacked:
    """An open file that is closed when nothing refers to it any more."""

    def __init__(self, file: Any) -> None:  # noqa: ANN401 - a file of any kind
        self.file = file
        finalize(self, file.close)


def _tar_members(kept: _Unpacked, place: str, packed: int, limits: ReadLimits) -> list[Member]:
    _check_tar(kept.file)
    archive = tarfile.open(fileobj=kept.file, mode="r:")  # noqa: SIM115 - read as long as its members are
    return [
        Member(f"{place}!{printable(info.name)}", partial(_open_tar, kept, archive, info, packed, limits))
        for info in sorted(archive.getmembers(), key=lambda info: info.name)
        if info.isfile()
    ]


def _check_tar(file: BinaryIO) -> None:
    """Walk over the headers before tarfile does, which keeps whatever they say in memory."""
    count = 0
    while len(header := file.read(tarfile.BLOCKSIZE)) == tarfile.BLOCKSIZE and header.strip(b"\0"):
        kind, size = header[156:157], tarfile.nti(header[124:136])  # type: ignore[attr-defined] # not in typeshed
        count += 1
        if kind in SPARSE or (kind in NOTES and size > LONGEST_NOTE) or size < 0:
            raise LimitError("it has members of a kind that no archive of bars needs")
        if count > MOST_MEMBERS:
            raise LimitError(f"it has more than {MOST_MEMBERS:,} members")
        file.seek(-(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE, io.SEEK_CUR)
    file.seek(0)


def _open_tar(
    kept: _Unpacked, archive: tarfile.TarFile, info: tarfile.TarInfo, packed: int, limits: ReadLimits
) -> LimitedStream:
    assert not kept.file.closed
    file = archive.extractfile(info)
    assert file is not None  # only of a member that is not a file
    return LimitedStream(file, packed, limits)


def _zip_members(path: Path, place: str, limits: ReadLimits) -> list[Member]:
    kept = _Unpacked(path.open("rb"))
    _check_zip(kept.file)
    archive = zipfile.ZipFile(kept.file)
    return [
        Member(f"{place}!{printable(info.filename)}", partial(_open_zip, kept, archive, info, limits))
        for info in sorted(archive.infolist(), key=lambda info: info.filename)
        if not info.is_dir()
    ]


def _open_zip(kept: _Unpacked, archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ReadLimits) -> LimitedStream:
    assert not kept.file.closed
    return LimitedStream(archive.open(info), info.compress_size, limits)


def _check_zip(file: BinaryIO) -> None:
    """Look at the number of entries before zipfile reads all of them."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(end - 2**16 - 22, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and len(tail) >= at + 22:
        count, size = struct.unpack_from("<HL", tail, at + 10)
        if count > MOST_MEMBERS or size > MOST_MEMBERS * 2**10:
            raise LimitError(f"it has more than {MOST_MEMBERS:,} members")
    file.seek(0)


def printable(name: str) -> str:
    """A name as text that any database takes: file names may hold bytes that are not UTF-8."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
