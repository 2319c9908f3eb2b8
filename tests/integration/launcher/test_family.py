"""A family of processes: what starts together ends together, whatever happens to its head."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from algo_trading.launcher.processes import Family

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("family")]

# Like Airflow's scheduler: forks a worker, notes the numbers of both, waits. The name marks it as one of ours.
PROGRAM = """
import os, pathlib, sys, time
worker = os.fork() or os.getpid()
if worker != os.getpid():
    pathlib.Path(sys.argv[1]).write_text(f"{os.getpid()} {worker}")
time.sleep(600)
"""
SHORT_LIVED = "import sys; sys.exit(3)"


@pytest.fixture(scope="module", autouse=True)
def dying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    """A family whose part dies again and again, started before every test: its pauses take seven seconds."""
    family = Family(tmp_path_factory.mktemp("dying") / "run")
    family.start({"airflow-part": [sys.executable, "-c", SHORT_LIVED]}, {**os.environ, "PYTHONUNBUFFERED": "1"})
    yield family
    family.stop()


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(tmp_path / "run")
    yield family
    family.stop()


@pytest.fixture
def start(family: Family, tmp_path: Path) -> Callable[[], tuple[int, int]]:
    def started() -> tuple[int, int]:
        note = tmp_path / "pids"
        note.unlink(missing_ok=True)
        family.start({"airflow-part": [sys.executable, "-c", PROGRAM, str(note), "airflow"]}, os.environ)
        return pids(note)

    return started


def pids(note: Path) -> tuple[int, int]:
    wait_for(lambda: note.exists() and len(note.read_text().split()) == 2)
    parent, worker = note.read_text().split()
    return int(parent), int(worker)


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_it_runs_until_it_is_stopped_and_leaves_nothing(family: Family, start: Callable[[], tuple[int, int]]) -> None:
    assert not family.is_running()
    parent, worker = start()
    assert family.is_running()
    assert {parent, worker} < {process.pid for process in family.members()}
    assert family.stop()
    assert not family.is_running()
    assert not alive(parent)
    assert not alive(worker)
    assert family.members() == []
    assert not family.stop()


def test_starting_it_twice_changes_nothing(
    family: Family, start: Callable[[], tuple[int, int]], tmp_path: Path
) -> None:
    parent, _ = start()
    family.start({"airflow-other": [sys.executable, "-c", PROGRAM, str(tmp_path / "other"), "airflow"]}, os.environ)
    assert alive(parent)
    assert not (tmp_path / "other").exists()


def test_starting_it_from_two_places_at_once_starts_one(family: Family, tmp_path: Path) -> None:
    parts = {"airflow-part": [sys.executable, "-c", PROGRAM, str(tmp_path / "pids"), "airflow"]}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: family.start(parts, os.environ), range(4)))
    parent, worker = pids(tmp_path / "pids")
    assert family.is_running()
    assert {process.pid for process in family.members()[1:]} == {parent, worker}


def test_orphans_of_a_killed_supervisor_are_ended_by_the_next_start(
    family: Family, start: Callable[[], tuple[int, int]]
) -> None:
    parent, worker = start()
    family.members()[0].kill()
    wait_for(lambda: not family.is_running())
    assert alive(parent)
    again, _ = start()
    assert again != parent
    assert not alive(parent)
    assert not alive(worker)


def test_orphans_of_a_killed_supervisor_are_ended_by_stop(family: Family, start: Callable[[], tuple[int, int]]) -> None:
    parent, worker = start()
    family.members()[0].kill()
    assert family.stop()
    assert not alive(parent)
    assert not alive(worker)


def test_a_part_that_dies_is_started_again_without_its_old_workers(
    family: Family, start: Callable[[], tuple[int, int]], tmp_path: Path
) -> None:
    parent, worker = start()
    (tmp_path / "pids").unlink()
    os.kill(parent, signal.SIGKILL)
    again, _ = pids(tmp_path / "pids")
    assert again != parent
    assert not alive(worker)
    assert "airflow-part ended with code -9" in (family.logs / "supervisor.log").read_text()


def test_a_number_given_to_another_process_is_left_alone(family: Family) -> None:
    family.folder.mkdir()
    family.record.write_text(f'{{"pid": {os.getpid()}, "created": {psutil.Process().create_time() - 3600}}}')
    assert family.members() == []
    assert not family.stop()


@pytest.mark.parametrize("record", ["", "{", '{"pid": "x"}', "[]"])
def test_a_broken_record_names_nobody(family: Family, record: str) -> None:
    family.folder.mkdir()
    family.record.write_text(record)
    assert family.members() == []
    assert not family.is_running()


def test_parts_that_keep_dying_end_the_family(dying: Family) -> None:
    wait_for(lambda: not dying.is_running(), seconds=40)
    assert (dying.logs / "supervisor.log").read_text().count("ended with code 3") == 4
