"""An ObjectStore in memory."""

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

from algo_trading.repositories.objects import checked_key


class FakeObjectStore:
    """Keeps contents and media types; both can be looked at."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.media_types: dict[str, str] = {}
        self._lock = Lock()

    def put(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> None:
        self.contents[checked_key(key)] = content
        self.media_types[key] = media_type

    def put_new(self, key: str, content: bytes, media_type: str = "application/octet-stream") -> bool:
        with self._lock:
            if self.exists(key):
                return False
            self.put(key, content, media_type)
            return True

    def put_file(self, key: str, path: Path) -> bool:
        return self.put_new(key, path.read_bytes())

    def get(self, key: str) -> bytes:
        return self.contents[checked_key(key)]

    def exists(self, key: str) -> bool:
        return checked_key(key) in self.contents

    def keys(self, prefix: str = "") -> Iterator[str]:
        return iter(sorted(key for key in self.contents if key.startswith(prefix)))

    def delete(self, key: str) -> None:
        self.contents.pop(checked_key(key), None)
        self.media_types.pop(key, None)

    def location(self, key: str) -> str:
        return f"memory:{checked_key(key)}"
