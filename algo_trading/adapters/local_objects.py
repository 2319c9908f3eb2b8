"""The object store as a folder."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from algo_trading.errors import ServiceUnavailableError
from algo_trading.plugins import Context, Plugin, PluginConfig
from algo_trading.private_files import create, make_folders
from algo_trading.repositories.objects import checked_key

# Objects being written. In the same file system, so that moving one into place is atomic; no key begins with a dot.
INCOMING = ".incoming"
ABANDONED_AFTER = 3600.0  # seconds; no write takes that long, so an older file was left by a writer that was killed

_ADVICE = {
    errno.EACCES: "make it writable or set ALGO_HOME to a folder that is",
    errno.EPERM: "make it writable or set ALGO_HOME to a folder that is",
    errno.ENOTDIR: "remove the file that is in its place or set ALGO_HOME to another folder",
    errno.EROFS: "set ALGO_HOME to a folder that is writable",
    errno.ENOSPC: "free some space or set ALGO_HOME to a folder on another disk",
    errno.EDQUOT: "free some space or set ALGO_HOME to a folder on another disk",
}


class LocalObjects:
    """An ObjectStore in a folder: every object is a file, its key the path.

    Objects appear whole and stay after a power failure: written aside, flushed to the disk, then moved into place. Only
    their owner may read them.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> None:  # noqa: ARG002 - a file has no media type
        target = self._path(key)
        with self._explained("write to"), self._written(BytesIO(content)) as complete:
            _make_room(target, key)
            complete.replace(target)
            _flush_folder(target.parent)

    def put_new(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> bool:  # noqa: ARG002 - as put
        return self._put_new(key, BytesIO(content))

    def put_file(self, key: str, path: Path) -> bool:
        with path.open("rb") as content:
            return self._put_new(key, content)

    def get(self, key: str) -> bytes:
        path = self._path(key)
        with self._explained("read"):
            try:
                return path.read_bytes()
            except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
                raise KeyError(key) from None

    def exists(self, key: str) -> bool:
        path = self._path(key)
        with self._explained("read"):
            return path.is_file()

    def keys(self, prefix: str = "") -> Iterator[str]:
        folder, slash, _ = prefix.rpartition("/")
        try:
            start = self._path(folder) if slash else self.root
        except ValueError:
            return  # no key begins like this
        with self._explained("read"):
            yield from _walk(start, f"{folder}{slash}", prefix)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._explained("write to"), suppress(FileNotFoundError, IsADirectoryError, NotADirectoryError):
            path.unlink()

    def location(self, key: str) -> str:
        return str(self._path(key))

    def clear_abandoned(self) -> None:
        """Remove what killed writers left behind."""
        with suppress(OSError):  # tidying only: a folder that cannot be written says so at the first put
            for left in (self.root / INCOMING).iterdir():
                if time.time() - left.stat().st_mtime > ABANDONED_AFTER:
                    left.unlink()

    def _put_new(self, key: str, content: BinaryIO) -> bool:
        target = self._path(key)
        with self._explained("write to"):
            if target.is_file():
                return False
            with self._written(content) as complete:
                _make_room(target, key)
                try:
                    os.link(complete, target)  # unlike a rename, fails if another writer was first
                except FileExistsError:
                    return False
                _flush_folder(target.parent)
                return True

    def _path(self, key: str) -> Path:
        return self.root / checked_key(key)

    @contextmanager
    def _written(self, content: BinaryIO) -> Iterator[Path]:
        """Write the content aside, hand out its path, and leave nothing there."""
        incoming = self.root / INCOMING
        make_folders(incoming)
        path = incoming / uuid4().hex
        try:
            with create(path) as file:
                shutil.copyfileobj(content, file)
                file.flush()
                os.fsync(file.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def _explained(self, action: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            advice = _ADVICE.get(error.errno or 0, "check the folder and its disk")
            raise ServiceUnavailableError(f"cannot {action} {self.root}: {reason}; {advice}") from error


def _make_room(target: Path, key: str) -> None:
    """Create the folders of an object, unless an object is in their place or they are in its place."""
    try:
        make_folders(target.parent)
    except (FileExistsError, NotADirectoryError):
        raise ValueError(f"key {key!r} has an object as its folder") from None
    try:
        for folder, _, _ in os.walk(target, topdown=False):
            Path(folder).rmdir()  # empty where the objects in it were deleted
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        raise ValueError(f"key {key!r} is the folder of other objects") from None


def _flush_folder(folder: Path) -> None:
    """Make a new name in the folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(folder: Path, path: str, prefix: str) -> Iterator[str]:
    """Keys of the files under `folder`, whose own key is `path`, that begin with `prefix`; in order."""
    try:
        with os.scandir(folder) as entries:
            # A folder sorts as its keys do: behind `a-b` and before `a0`. What begins with a dot at the root is no key.
            names = sorted(e.name + "/" * e.is_dir() for e in entries if path or not e.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return  # nothing there, or deleted meanwhile
    for name in names:
        key = path + name
        if not name.endswith("/"):
            if key.startswith(prefix):
                yield key
        elif key.startswith(prefix) or prefix.startswith(key):
            yield from _walk(folder / name, key, prefix)


def build(_config: PluginConfig, context: Context) -> LocalObjects:
    """The store in the folder `objects` of the data folder."""
    store = LocalObjects(context.home / "objects")
    store.clear_abandoned()
    return store


plugin = Plugin(PluginConfig, build)
