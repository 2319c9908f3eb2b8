"""The object store: raw payloads, Parquet, reports."""

from collections.abc import Iterator
from typing import Protocol


class ObjectStore(Protocol):
    """Bytes under keys such as `raw/yahoo/2026/11/20/AAPL-0f3c.json`.

    Keys are relative, with forward slashes; `..` and empty parts are refused with ValueError. A reader never sees half
    an object. ServiceUnavailableError: the store cannot be reached or written.
    """

    def put(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> None:
        """Store `content`, replacing what was there."""
        ...

    def put_new(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> bool:
        """Store `content` unless the key exists; returns whether it was stored."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes under `key`; KeyError if there are none."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is an object."""
        ...

    def keys(self, prefix: str = "") -> Iterator[str]:
        """Keys that begin with `prefix`, in ascending order."""
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        ...

    def location(self, key: str) -> str:
        """Where a person finds the object: a file path or an s3:// address."""
        ...
