"""What Airflow leaves behind is removed when it is old."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from algo_airflow.housekeeping import remove_logs, remove_records
from algo_trading.errors import AlgoTradingError

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, tzinfo=UTC)


SAID = """Checking table dag_run
Found 12 rows meeting deletion criteria.
Checking table trigger
Found 0 rows meeting deletion criteria.
Performing Delete...
Checking table xcom
Found 1 rows meeting deletion criteria.
"""


def a_log(path: Path, age: timedelta) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a line\n")
    written = (NOW - age).timestamp()
    os.utime(path, (written, written))
    return path


def test_old_logs_go_with_the_folders_that_are_empty_then(tmp_path: Path) -> None:
    a_log(tmp_path / "dag_id=a" / "run_id=1" / "attempt=1.log", timedelta(days=31))
    a_log(tmp_path / "dag_id=a" / "run_id=1" / "attempt=2.log", timedelta(days=31))
    fresh = a_log(tmp_path / "dag_id=b" / "run_id=2" / "attempt=1.log", timedelta(days=1))
    elsewhere = a_log(tmp_path.parent / f"{tmp_path.name}-elsewhere" / "mine.txt", timedelta(days=400))
    (tmp_path / "latest").symlink_to(elsewhere.parent)
    assert remove_logs(tmp_path, NOW - timedelta(days=30)) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dag_id=b", "latest"]
    assert fresh.exists()
    assert elsewhere.exists()


def test_a_folder_that_is_not_there_has_no_logs(tmp_path: Path) -> None:
    assert remove_logs(tmp_path / "nowhere", NOW) == 0


def test_airflow_cleans_the_database_that_the_connection_names(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def run(command: list[str], **given: object) -> subprocess.CompletedProcess[str]:
        asked.update(given, command=command)
        return subprocess.CompletedProcess(command, 0, SAID, "a warning\n")

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    assert remove_records("postgresql://airflow:secret@here/airflow", NOW) == {"dag_run": 12, "xcom": 1}
    environment, command = asked["env"], asked["command"]
    assert isinstance(environment, dict)
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql://airflow:secret@here/airflow"
    assert isinstance(command, list)
    assert command[-1] == "2026-11-20T00:00:00+00:00"
    assert not any("secret" in word for word in command)


def test_a_failure_is_a_sentence_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_given: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, "one\n", "could not connect\nto the server\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(AlgoTradingError, match=r"could not be removed: one \| could not connect \| to the server"):
        remove_records("postgresql://nowhere", NOW)
