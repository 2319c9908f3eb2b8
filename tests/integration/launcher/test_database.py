"""The embedded server is started again, and what dies without it is not given up."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from algo_trading.launcher.supervisor import MOST_FAILURES, Component

pytestmark = pytest.mark.integration

COMMAND = Path(sys.executable).parent / "algo-trading"


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    with tempfile.TemporaryDirectory(prefix="db-", ignore_cleanup_errors=True) as home:  # a short path for the socket
        Path(home).chmod(0o755)
        server = EmbeddedPostgres(Path(home))
        server.start()
        yield server
        server.stop()


def test_a_killed_server_is_up_again(server: EmbeddedPostgres) -> None:
    home = server.socket.parents[2]
    postmaster = int((home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
    environment = {**os.environ, "ALGO_HOME": str(home)}
    with subprocess.Popen([COMMAND, "db", "keep", "--every", "0.5"], env=environment, stdout=subprocess.PIPE) as guard:
        try:
            os.kill(postmaster, signal.SIGKILL)
            assert guard.stdout is not None
            said = [guard.stdout.readline() for _ in range(2)]
        finally:
            guard.kill()
    assert said == [b"PostgreSQL is gone; starting it again\n", b"PostgreSQL is up\n"]
    assert server.is_up()


def test_a_foreign_database_is_not_kept(tmp_path: Path) -> None:
    environment = {**os.environ, "ALGO_HOME": str(tmp_path), "ALGO_DATABASE_URL": "postgresql://u@127.0.0.1:1/db"}
    ended = subprocess.run(
        [COMMAND, "db", "keep"], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 2
    assert "the market database is another server's" in ended.stderr


@pytest.mark.parametrize("database", ["there", "away"])
def test_deaths_count_while_the_database_is_there(server: EmbeddedPostgres, tmp_path: Path, database: str) -> None:
    socket = str(server.socket if database == "there" else tmp_path / "nobody")
    component = Component("part", [sys.executable, "-S", "-c", "raise SystemExit(3)"], tmp_path / "part.log")
    hopes = []
    for _ in range(MOST_FAILURES + 1):
        component.start()
        assert component.process is not None
        component.process.wait()
        hopes.append(component.watch(component.started_at, socket))
    assert hopes[:3] == [True] * 3
    assert hopes[-1] is (database == "away")
    component.needed = False
    component.start()
    assert component.process is not None
    component.process.wait()
    assert component.watch(component.started_at, socket)
