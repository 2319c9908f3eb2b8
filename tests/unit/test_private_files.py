"""Only the owner may read what the program stores, whatever the umask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from algo_trading.adapters.local_objects import LocalObjects
from algo_trading.adapters.maildir import MaildirChannel
from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.launcher.airflow_config import AirflowConfig
from algo_trading.launcher.processes import Family
from algo_trading.private_files import make_folders
from algo_trading.settings import load_settings
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


@pytest.mark.usefixtures("umask")
def test_the_home_of_an_embedded_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise LookupError

    monkeypatch.setattr(EmbeddedPostgres, "_initialise", fail)
    with pytest.raises(LookupError):
        EmbeddedPostgres(tmp_path / "above" / "home").start()
    folders = {name: mode for name, mode in modes(tmp_path).items() if (tmp_path / name).is_dir()}
    assert folders.keys() >= {"above", "above/home"}
    assert modes(tmp_path)["above/home/.postgres.lock"] == 0o600
    assert set(folders.values()) <= {0o700, 0o711}  # another user's server must find its data within


@pytest.mark.usefixtures("umask")
def test_the_home_of_airflow_and_its_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    airflow = AirflowConfig(load_settings())
    airflow.environment("postgresql:///market", "postgresql:///airflow")
    Family(airflow.folder / "run").end_orphans()
    found = modes(tmp_path)
    assert {found[name] for name in ("home", "home/airflow", "home/airflow/run", "home/airflow/run/logs")} == {0o700}
    assert {found[f"home/airflow/{name}.json"] & 0o077 for name in ("passwords", "secrets")} == {0}


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
