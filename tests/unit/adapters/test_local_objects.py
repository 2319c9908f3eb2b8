"""The object stores that need no server: the fake and the folder."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from algo_trading.adapters.local_objects import ABANDONED_AFTER, INCOMING, LocalObjects
from algo_trading.errors import ServiceUnavailableError
from algo_trading.repositories.objects import ObjectStore
from contracts.object_store import ObjectStoreContract
from fakes.objects import FakeObjectStore

pytestmark = pytest.mark.unit

NOBODY = 65534


class TestFake(ObjectStoreContract):
    @pytest.fixture
    def open_store(self) -> Callable[[], ObjectStore]:
        fake = FakeObjectStore()
        return lambda: fake


class TestLocal(ObjectStoreContract):
    @pytest.fixture
    def open_store(self, tmp_path: Path) -> Callable[[], ObjectStore]:
        return lambda: LocalObjects(tmp_path / "objects")


@pytest.fixture
def store(tmp_path: Path) -> LocalObjects:
    return LocalObjects(tmp_path / "objects")


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere; act as a user who may not."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_location_is_the_file(store: LocalObjects) -> None:
    store.put("reports/a.html", b"<html>")
    assert Path(store.location("reports/a.html")).read_bytes() == b"<html>"


def test_reading_a_folder_that_was_never_written(store: LocalObjects) -> None:
    assert list(store.keys()) == []
    assert not store.exists("a")
    store.delete("a")
    assert not store.root.exists()


def test_a_write_that_fails_leaves_the_old_object(store: LocalObjects, monkeypatch: pytest.MonkeyPatch) -> None:
    store.put("a", b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        for put in (store.put, store.put_new):
            with pytest.raises(ServiceUnavailableError, match="no space left on device; free some space"):
                put("b" if put == store.put_new else "a", b"new")
    assert store.get("a") == b"old"
    assert list(store.keys()) == ["a"]
    assert list((store.root / INCOMING).iterdir()) == []


def test_what_a_killed_writer_left_is_no_object_and_goes_away(store: LocalObjects) -> None:
    store.put("a", b"1")
    left, running = store.root / INCOMING / "left", store.root / INCOMING / "running"
    left.write_bytes(b"half")
    running.write_bytes(b"half")
    long_ago = time.time() - ABANDONED_AFTER - 1
    os.utime(left, (long_ago, long_ago))
    assert list(store.keys()) == ["a"]
    store.clear_abandoned()
    assert not left.exists()
    assert running.exists()


def test_a_key_is_not_the_folder_of_another(store: LocalObjects) -> None:
    store.put("a/b", b"1")
    for put in (store.put, store.put_new):
        for key in ("a", "a/b/c", "a/b/c/d"):
            with pytest.raises(ValueError, match=f"key '{key}'"):
                put(key, b"2")
    assert list(store.keys()) == ["a/b"]
    assert store.get("a/b") == b"1"


def test_no_permission(store: LocalObjects) -> None:
    store.put("a", b"1")
    store.root.chmod(0o500)
    (store.root / INCOMING).chmod(0o500)
    try:
        with unprivileged(), pytest.raises(ServiceUnavailableError) as caught:
            store.put("b", b"2")
    finally:
        store.root.chmod(0o700)
        (store.root / INCOMING).chmod(0o700)
    assert str(caught.value) == (
        f"cannot write to {store.root}: permission denied; make it writable or set ALGO_HOME to a folder that is"
    )


def test_no_permission_to_read(store: LocalObjects) -> None:
    store.put("a/b", b"1")
    (store.root / "a").chmod(0)
    try:
        with unprivileged():
            for read in (store.get, store.exists, lambda key: list(store.keys(key))):
                with pytest.raises(ServiceUnavailableError, match=r"cannot read .*: permission denied"):
                    read("a/b")
    finally:
        (store.root / "a").chmod(0o700)


def test_a_file_in_the_place_of_the_folder(store: LocalObjects) -> None:
    store.root.write_bytes(b"")
    with pytest.raises(ServiceUnavailableError, match="not a directory; remove the file"):
        store.put("a", b"1")
    assert list(store.keys()) == []
