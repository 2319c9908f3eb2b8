"""The secrets that docker-compose.yml asks for."""

import base64
import re
import stat
import sys
from pathlib import Path
from runpy import run_path

import pytest

pytestmark = pytest.mark.unit

MAKE_ENV = run_path(str(Path(__file__).resolve().parents[2] / "deploy" / "make_env.py"))


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def values_of(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)


def test_env_is_private_and_complete(env_file: Path) -> None:
    assert MAKE_ENV["fill"](env_file) == list(MAKE_ENV["SECRETS"])
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    values = values_of(env_file)
    assert len(set(values.values())) == len(MAKE_ENV["SECRETS"])
    assert [value for value in values.values() if not re.fullmatch(r"[A-Za-z0-9_=-]{32,}", value)] == []
    assert len(base64.urlsafe_b64decode(values["AIRFLOW_FERNET_KEY"])) == 32


def test_env_keeps_what_is_there(env_file: Path) -> None:
    env_file.write_text(
        "# mine\nREDIS_PASSWORD=chosen\nexport MINIO_ROOT_PASSWORD = 'also'\nOTHER=\n", encoding="utf-8"
    )
    env_file.chmod(0o644)
    added = MAKE_ENV["fill"](env_file)
    assert set(MAKE_ENV["SECRETS"]) - set(added) == {"REDIS_PASSWORD", "MINIO_ROOT_PASSWORD"}
    lines = env_file.read_text(encoding="utf-8").splitlines()
    assert lines[:4] == ["# mine", "REDIS_PASSWORD=chosen", "export MINIO_ROOT_PASSWORD = 'also'", "OTHER="]
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o600
    before = env_file.read_bytes()
    assert MAKE_ENV["fill"](env_file) == []
    assert env_file.read_bytes() == before


def test_env_fills_what_is_empty(env_file: Path) -> None:
    env_file.write_text('REDIS_PASSWORD=\nPGADMIN_PASSWORD=""\n', encoding="utf-8")
    assert {"REDIS_PASSWORD", "PGADMIN_PASSWORD"} <= set(MAKE_ENV["fill"](env_file))
    assert env_file.read_text(encoding="utf-8").count("REDIS_PASSWORD=") == 1
    assert len(values_of(env_file)["PGADMIN_PASSWORD"]) >= 32


def test_env_says_what_it_did_but_no_secret(
    env_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["make_env.py", str(env_file)])
    MAKE_ENV["main"]()
    printed = capsys.readouterr().out
    assert f"{len(MAKE_ENV['SECRETS'])} secrets added, 0 were there" in printed
    assert not any(value in printed for value in values_of(env_file).values())


def test_env_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "missing" / ".env"
    monkeypatch.setattr(sys, "argv", ["make_env.py", str(nowhere)])
    with pytest.raises(SystemExit, match=r"cannot write .*: No such file or directory"):
        MAKE_ENV["main"]()
    assert capsys.readouterr().out == ""
