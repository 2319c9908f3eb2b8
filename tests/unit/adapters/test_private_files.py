"""Only the owner may read what the program stores, whatever the umask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from algo_trading.adapters.local_objects import LocalObjects
from algo_trading.adapters.maildir import MaildirChannel
from algo_trading.adapters.private_files import make_folders
from support.mail_examples import ibm_mail

pytestmark = pytest.mark.unit


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def modes(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): path.stat().st_mode & 0o777 for path in root.rglob("*")}


@pytest.mark.usefixtures("umask")
def test_objects(tmp_path: Path) -> None:
    store = LocalObjects(tmp_path / "home" / "objects")
    store.put("a/b/put", b"1")
    store.put_new("a/c/new", b"2")
    source = tmp_path / "source"
    source.write_bytes(b"3")
    store.put_file("a/c/file", source)
    source.unlink()
    found = modes(tmp_path)
    files = {name: mode for name, mode in found.items() if (tmp_path / name).is_file()}
    assert set(files.values()) == {0o600}
    assert {name.rpartition("/")[2] for name in files} == {"put", "new", "file"}
    assert {mode for name, mode in found.items() if name not in files} == {0o700}


@pytest.mark.usefixtures("umask")
def test_mails(tmp_path: Path) -> None:
    MaildirChannel(tmp_path / "home" / "maildir").deliver(ibm_mail("k1"))
    found = modes(tmp_path)
    assert found.pop("home/maildir/new/k1") == 0o600
    assert set(found.values()) == {0o700}


def test_folders_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(0o755)
    (tmp_path / "mine").chmod(0o755)
    make_folders(tmp_path / "mine" / "a" / "b")
    make_folders(tmp_path / "mine" / "a")
    assert modes(tmp_path) == {"mine": 0o755, "mine/a": 0o700, "mine/a/b": 0o700}
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileExistsError):
        make_folders(tmp_path / "file")
    with pytest.raises(NotADirectoryError):
        make_folders(tmp_path / "file" / "below")
