"""Backtests that people start from the pages: each a process of its own, and a folder with what came of it."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from algo_trading.errors import AlgoTradingError
from algo_trading.private_files import make_folders
from algo_trading.web.backtest_requests import BacktestRequest

COMMAND = (sys.executable, "-m", "back_testing")
AT_ONCE, WAITING, WAITING_OF_ONE = 2, 20, 5  # processes at once, and runs that are not done: of all people, of one
LONGEST = 600.0  # seconds
KEPT = 200  # runs
MESSAGE = 2_000  # characters of what went wrong


class State(StrEnum):
    """Where a run stands; ended: the server stopped before it was done, or somebody stopped it."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ENDED = "ended"

    @property
    def active(self) -> bool:
        """Whether something still comes of it."""
        return self in {State.WAITING, State.RUNNING}


class TooManyRunsError(AlgoTradingError):
    """As many backtests as we take are waiting or running."""


@dataclass(frozen=True, slots=True)
class Run:
    """A backtest that somebody asked for; `pid` is that of its process, `error` why nothing came of it."""

    id: str
    owner: str
    request: BacktestRequest
    asked_at: datetime
    state: State = State.WAITING
    started_at: datetime | None = None
    ended_at: datetime | None = None
    pid: int | None = None
    error: str = ""


class BacktestRuns:
    """Starts backtests, a few at once, and keeps the newest with their results.

    A run holds a lock on its folder while it is waited for. One that is active without it belonged to a server that was
    killed: its process is ended if it is still there, and the run is marked as ended.
    """

    def __init__(self, folder: Path, now: Callable[[], datetime], command: Sequence[str] = COMMAND) -> None:
        self._folder, self._now, self._command = folder, now, command
        self._slots = threading.Semaphore(AT_ONCE)
        self._starting = threading.Lock()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopped: set[str] = set()

    def start(self, run_id: str, owner: str, request: BacktestRequest) -> Run:
        """Start a backtest, or let it wait for its turn; a run that is there under this id is returned as it is.

        Raises:
            ConfigError: the request is wrong.
            TooManyRunsError: too many wait or run.
        """
        request.check()
        with self._starting:
            known = self.find(run_id)
            if known is not None:
                return known
            self._require_room(owner)
            run = Run(run_id, owner, request, self._now())
            path = self._folder / run_id
            make_folders(path)
            lock = (path / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._write(run)
            self._forget()
        threading.Thread(target=self._work, args=(run, lock), daemon=True).start()
        return run

    def find(self, run_id: str) -> Run | None:
        """One of them."""
        path = self._folder / run_id / "run.json"
        return self._settled(_read(path)) if run_id.isalnum() and path.exists() else None

    def all(self) -> list[Run]:
        """The newest first."""
        found = (self.find(path.parent.name) for path in self._folder.glob("*/run.json"))
        return sorted((run for run in found if run is not None), key=lambda run: (run.asked_at, run.id), reverse=True)

    def result(self, run: Run) -> dict[str, Any]:
        """What `backtest --json` printed; nothing where it is not done."""
        if run.state is not State.DONE:
            return {}
        found: dict[str, Any] = json.loads((self._folder / run.id / "out.json").read_text(encoding="utf-8"))
        return found

    def report(self, run: Run) -> Path | None:
        """The file of its report."""
        path = self._folder / run.id / "report.html"
        return path if run.state is State.DONE and path.exists() else None

    def stop(self, run: Run) -> None:
        """End a run that is not done."""
        self._stopped.add(run.id)
        process = self._processes.get(run.id)
        if process is not None:
            _kill(process.pid)

    def close(self) -> None:
        """End every run."""
        for run in self.all():
            if run.state.active:
                self.stop(run)

    def _require_room(self, owner: str) -> None:
        active = [run for run in self.all() if run.state.active]
        if len(active) >= WAITING or sum(run.owner == owner for run in active) >= WAITING_OF_ONE:
            raise TooManyRunsError(f"{len(active)} backtests wait or run; start another one when one of them is done")

    def _work(self, run: Run, lock: TextIOWrapper) -> None:
        with lock, self._slots:
            if run.id in self._stopped:
                self._write(replace(run, state=State.ENDED, ended_at=self._now(), error="it was stopped"))
                return
            path = self._folder / run.id
            report = [f"--report={path / 'report.html'}"] if run.request.has_report else []
            arguments = [*self._command, *run.request.arguments(), "--json", *report]
            with (path / "out.json").open("wb") as out, (path / "error.txt").open("wb") as errors:
                process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True
                )
            self._processes[run.id] = process
            run = replace(run, state=State.RUNNING, started_at=self._now(), pid=process.pid)
            self._write(run)
            if run.id in self._stopped:
                _kill(process.pid)
            self._write(self._ended(run, process))
            del self._processes[run.id]

    def _ended(self, run: Run, process: subprocess.Popen[bytes]) -> Run:
        try:
            code = process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            _kill(process.pid)
            process.wait()
            return self._over(run, State.FAILED, f"it took longer than {LONGEST / 60:g} minutes; ask for less")
        if run.id in self._stopped:
            return self._over(run, State.ENDED, "it was stopped")
        said = (self._folder / run.id / "error.txt").read_text(encoding="utf-8", errors="replace").strip()
        lines = [line.removeprefix("error: ") for line in said.splitlines() if line.startswith("error: ")]
        wrong = lines[-1] if lines else said[-MESSAGE:] or f"the process ended with {code}"
        return self._over(run, State.DONE, "") if code == 0 else self._over(run, State.FAILED, wrong[:MESSAGE])

    def _over(self, run: Run, state: State, error: str) -> Run:
        return replace(run, state=state, ended_at=self._now(), error=error)

    def _settled(self, run: Run) -> Run:
        """The run as it stands; one that nobody waits for any more has ended."""
        if not run.state.active:
            return run
        with _free(self._folder / run.id / "lock") as free:
            if not free:
                return run
            run = _read(self._folder / run.id / "run.json")
            if run.state.active:
                if run.pid is not None and _is_ours(run.pid, self._folder / run.id):
                    _kill(run.pid)
                run = self._over(run, State.ENDED, "the server stopped before it was done")
                self._write(run)
        return run

    def _write(self, run: Run) -> None:
        path = self._folder / run.id / "run.json"
        unfinished = path.with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(run), default=str), encoding="utf-8")
        unfinished.replace(path)

    def _forget(self) -> None:
        for run in self.all()[KEPT:]:
            if not run.state.active:
                shutil.rmtree(self._folder / run.id)


def _read(path: Path) -> Run:
    found = json.loads(path.read_text(encoding="utf-8"))
    request = found.pop("request")
    request |= {name: tuple(request[name]) for name in ("symbols", "settings")}
    moments = ("asked_at", "started_at", "ended_at")
    times = {name: datetime.fromisoformat(text) if (text := found.pop(name)) else None for name in moments}
    return Run(**{**found, **times, "state": State(found["state"])}, request=BacktestRequest(**request))


@contextlib.contextmanager
def _free(lock: Path) -> Iterator[bool]:
    """Whether nobody holds a lock; it is held for the block then."""
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _is_ours(pid: int, folder: Path) -> bool:
    """Whether a process writes the report of this folder: its number may belong to another one by now."""
    import psutil

    try:
        return any(str(folder) in part for part in psutil.Process(pid).cmdline())
    except psutil.Error:
        return False


def _kill(pid: int) -> None:
    """End a process and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
