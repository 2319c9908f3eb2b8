"""What every ObjectStore does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from algo_trading.repositories.objects import MAX_KEY, MAX_PART, ObjectStore, checked_key


def _valid(key: str) -> bool:
    try:
        return checked_key(key) == key
    except ValueError:
        return False


# Letters, signs that addresses and XML escape, and two other scripts.
_PART = st.text("ab Z09._-+%&=?#<>'\"~*:,;()éж漢", min_size=1, max_size=12)
KEYS = st.lists(_PART, min_size=1, max_size=3).map("/".join).filter(_valid)

REFUSED_KEYS = (
    "",
    "/a",
    "a/",
    "a//b",
    "..",
    "../a",
    "a/../b",
    "a/./b",
    "a/..",
    ".hidden",
    "a\\b",
    "a\nb",
    "a\0b",
    "\ud800",
    "a" * (MAX_PART + 1),
    "é" * (MAX_PART // 2 + 1),
    "a/" * (MAX_KEY // 2) + "aa",
)


class ObjectStoreContract:
    """Subclasses give the fixture `open_store`: each call opens the same store anew, as another process would.

    The store is empty at the beginning of a test.
    """

    @pytest.fixture
    def store(self, open_store: Callable[[], ObjectStore]) -> ObjectStore:
        return open_store()

    def test_what_is_put_is_found_by_everyone(self, open_store: Callable[[], ObjectStore]) -> None:
        open_store().put("raw/yahoo/2026/11/20/AAPL-0f3c.json", b"{}", "application/json")
        assert open_store().get("raw/yahoo/2026/11/20/AAPL-0f3c.json") == b"{}"
        assert open_store().exists("raw/yahoo/2026/11/20/AAPL-0f3c.json")

    def test_put_replaces(self, store: ObjectStore) -> None:
        store.put("report", b"a long first version")
        store.put("report", b"second")
        assert store.get("report") == b"second"

    def test_put_new_keeps_what_is_there(self, store: ObjectStore) -> None:
        assert store.put_new("raw/a", b"first", "text/plain") is True
        assert store.put_new("raw/a", b"second", "text/plain") is False
        assert store.put_new("raw/a", b"first", "text/plain") is False
        assert store.get("raw/a") == b"first"

    def test_put_file_stores_what_a_file_holds_unless_the_key_exists(self, store: ObjectStore, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_bytes(bytes(range(256)) * 48_000)
        assert store.put_file("raw/file", path) is True
        assert store.get("raw/file") == path.read_bytes()
        path.write_bytes(b"other")
        assert store.put_file("raw/file", path) is False
        assert len(store.get("raw/file")) == 12_288_000
        with pytest.raises(ValueError, match="key"):
            store.put_file("../file", path)

    def test_one_of_many_writers_wins(self, open_store: Callable[[], ObjectStore]) -> None:
        contents = [f"writer {number}".encode() for number in range(8)]
        stores = [open_store() for _ in contents]
        stores[0].put("warm", b"")  # so that all of them are connected
        with ThreadPoolExecutor(len(contents)) as pool:
            won = list(pool.map(lambda store, content: store.put_new("raw/race", content), stores, contents))
        assert won.count(True) == 1
        assert stores[0].get("raw/race") == contents[won.index(True)]

    def test_what_is_not_there(self, store: ObjectStore) -> None:
        store.put("folder/object", b"")
        for key in ("nothing", "folder", "folder/object2", "folder/object/below"):
            assert not store.exists(key)
            with pytest.raises(KeyError, match=key):
                store.get(key)
            store.delete(key)
        assert list(store.keys()) == ["folder/object"]

    def test_delete(self, store: ObjectStore) -> None:
        store.put("a/b", b"1")
        store.put("a/c", b"2")
        store.delete("a/b")
        assert not store.exists("a/b")
        assert list(store.keys()) == ["a/c"]
        assert store.put_new("a/b", b"3") is True

    def test_keys_in_order_by_prefix(self, store: ObjectStore) -> None:
        for key in ("raw/yahoo/b", "raw/yahoo/a", "raw/yahoo2/a", "raw/yahoo-old", "raw/z", "bars/x", "raw1", "Raw/a"):
            store.put(key, b"")
        everything = ["Raw/a", "bars/x", "raw/yahoo-old", "raw/yahoo/a", "raw/yahoo/b", "raw/yahoo2/a", "raw/z", "raw1"]
        assert list(store.keys()) == everything
        assert list(store.keys("raw/ya")) == ["raw/yahoo-old", "raw/yahoo/a", "raw/yahoo/b", "raw/yahoo2/a"]
        assert list(store.keys("raw/yahoo/")) == ["raw/yahoo/a", "raw/yahoo/b"]
        assert list(store.keys("raw/yahoo/a")) == ["raw/yahoo/a"]
        for nowhere in ("nothing", "raw/z/", "bars/xy", "/", "..", "../", "raw//", "a\\", "raw/../"):
            assert list(store.keys(nowhere)) == []

    def test_many_keys(self, store: ObjectStore) -> None:
        keys = sorted(f"many/{number}" for number in range(1005))  # S3 answers at most 1000 at a time
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda key: store.put(key, b""), keys))
        assert list(store.keys("many/")) == keys

    def test_large_object(self, store: ObjectStore) -> None:
        content = bytes(range(256)) * 48_000  # 12 MB: S3 clients send it in parts
        store.put("large", content)
        assert store.get("large") == content

    def test_a_key_may_take_the_place_of_deleted_ones(self, store: ObjectStore) -> None:
        store.put("a/b/c", b"")
        store.put("a/d", b"")
        store.delete("a/b/c")
        store.delete("a/d")
        store.put("a", b"1")
        assert list(store.keys()) == ["a"]

    def test_location_names_the_key(self, store: ObjectStore) -> None:
        assert store.location("a/b.html").endswith("a/b.html")

    @pytest.mark.parametrize("key", REFUSED_KEYS)
    def test_refused_keys(self, store: ObjectStore, key: str) -> None:
        for method in (store.get, store.exists, store.delete, store.location):
            with pytest.raises(ValueError, match="key"):
                method(key)
        for put in (store.put, store.put_new):
            with pytest.raises(ValueError, match="key"):
                put(key, b"")
        assert list(store.keys()) == []

    @settings(
        max_examples=30,
        deadline=None,
        # The store of one test is emptied by each example; the same test runs in several subclasses.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(contents=st.dictionaries(KEYS, st.binary(max_size=50), min_size=1, max_size=4))
    def test_any_key_and_bytes_come_back(self, store: ObjectStore, contents: dict[str, bytes]) -> None:
        rooted = {f"{index}/{key}": content for index, (key, content) in enumerate(contents.items())}
        for key, content in rooted.items():
            store.put(key, content)
        assert {key: store.get(key) for key in rooted} == rooted
        assert list(store.keys()) == sorted(rooted)
        for key in rooted:
            assert key in store.keys(key[:3])
            store.delete(key)
        assert list(store.keys()) == []
