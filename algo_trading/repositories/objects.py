"""The object store: raw payloads, Parquet, reports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

MAX_KEY = 1024  # bytes, as in S3
MAX_PART = 255  # bytes, as in most file systems


def checked_key(key: str) -> str:
    """The key, if it can name an object in every store.

    Parts are separated by `/`; none is empty, `.`, `..` or longer than MAX_PART bytes. A key does not begin with a dot
    (a store may keep its own files there), has at most MAX_KEY bytes and only printable characters without backslash.

    Raises:
        ValueError: the key breaks one of these rules.
    """
    if not key.isprintable() or "\\" in key:
        raise ValueError(f"key {key!r} holds a character that is not printable, or a backslash")
    if key.startswith(".") or len(key.encode()) > MAX_KEY:
        raise ValueError(f"key {key!r} begins with a dot or is longer than {MAX_KEY} bytes")
    for part in key.split("/"):
        if part in {"", ".", ".."} or len(part.encode()) > MAX_PART:
            raise ValueError(f"key {key!r} has a part that is empty, a dot, two dots or longer than {MAX_PART} bytes")
    return key


class ObjectStore(Protocol):
    """Bytes under keys such as `raw/yahoo/2026/11/20/AAPL-0f3c.json`.

    Keys are relative, with forward slashes; what `checked_key` refuses is a ValueError in every method that takes a
    key. As in a file system, a key is not the folder of another (`a` beside `a/b`). A reader never sees half an object.
    ServiceUnavailableError: the store cannot be reached or written.
    """

    def put(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> None:
        """Store `content`, replacing what was there."""
        ...

    def put_new(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> bool:
        """Store `content` unless the key exists; returns whether it was stored."""
        ...

    def put_file(self, key: str, path: Path) -> bool:
        """Store a file of any size unless the key exists; returns whether it was stored.

        The key should derive from the content: writers at the same time may both store theirs.
        """
        ...

    def get(self, key: str) -> bytes:
        """The bytes under `key`; KeyError if there are none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object."""
        ...

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Keys that begin with `prefix` (any text, such as `raw/ya`), in ascending order."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    def location(self, key: str) -> str:
        """Where a person finds the object: a file path or an s3:// address."""
        ...
