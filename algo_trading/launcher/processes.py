"""A supervisor and everything it started, found again from its record file."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from algo_trading.errors import AlgoTradingError
from algo_trading.private_files import make_folders

if TYPE_CHECKING:
    import psutil

CLOCK_DRIFT = 10.0  # seconds by which a process's reported creation time may move
ORDERLY = 25.0  # seconds that the supervisor has for an orderly end; it gives its components a little less
TITLE = "airflow"  # with which workers name themselves


@dataclass(frozen=True)
class Family:
    """The processes of one supervisor. `folder` keeps its record, its orders and its logs."""

    folder: Path

    @property
    def record(self) -> Path:
        """The file that names the supervisor; locked while it lives."""
        return self.folder / "supervisor.json"

    @property
    def logs(self) -> Path:
        """Where the components' output goes."""
        return self.folder / "logs"

    def is_running(self) -> bool:
        """Whether the supervisor lives."""
        try:
            with self.record.open("r") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def start(
        self,
        components: Mapping[str, list[str]],
        environment: Mapping[str, str],
        database: Path | None = None,
        beside: Collection[str] = (),
    ) -> None:
        """Start the supervisor with these commands, unless it runs; orphans of an earlier one are ended first.

        Commands that end while nothing listens on the socket of the `database` are not given up, and those `beside` the
        others never are.
        """
        with self._starting():
            if not self.is_running():
                self.end_members()
                self._launch(components, environment, database, beside)

    def end_orphans(self) -> None:
        """End what a supervisor that was killed left behind."""
        with self._starting():
            if not self.is_running():
                self.end_members()

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """One starter at a time: another one's supervisor must not be taken for an orphan."""
        make_folders(self.logs)
        with (self.folder / "start.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _launch(
        self,
        components: Mapping[str, list[str]],
        environment: Mapping[str, str],
        database: Path | None,
        beside: Collection[str],
    ) -> None:
        order = {
            "record": str(self.record),
            "logs": str(self.logs),
            "components": components,
            "beside": list(beside),
            "database": None if database is None else str(database),
        }
        orders = self.folder / "orders.json"
        orders.write_text(json.dumps(order), encoding="utf-8")
        log = self.logs / "supervisor.log"
        with log.open("ab") as output:
            started = subprocess.run(
                [sys.executable, "-P", "-m", "algo_trading.launcher.supervisor", str(orders)],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if started.returncode:
            raise AlgoTradingError(f"Airflow's supervisor did not start; see {log}")

    def stop(self) -> bool:
        """End every process, first politely; returns whether any ran.

        Raises:
            AlgoTradingError: some could not be ended; they are named.
        """
        import psutil

        members = self.members()
        if not members:
            return False
        if self.is_running():
            with contextlib.suppress(psutil.NoSuchProcess):
                members[0].terminate()
            limit = time.monotonic() + ORDERLY
            while self.is_running() and time.monotonic() < limit:
                time.sleep(0.1)
        self.end_members()
        return True

    def end_members(self) -> None:
        """Kill what is left of the family."""
        import psutil

        for _ in range(3):  # a dying process may still start another
            for process in self.members():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            if self._wait(10):
                return
        pids = ", ".join(str(process.pid) for process in self.members())
        raise AlgoTradingError(f"these processes of Airflow do not end: {pids}; end them by hand")

    def _wait(self, seconds: float) -> bool:
        """Wait until the family is gone; returns whether it is. psutil's own way waits for zombies nobody reaps."""
        limit = time.monotonic() + seconds
        while self.members():
            if time.monotonic() > limit:
                return False
            time.sleep(0.1)
        return True

    def members(self) -> list["psutil.Process"]:
        """The living processes of the family, its supervisor first. A process that only got an old number is none."""
        try:
            noted = json.loads(self.record.read_text(encoding="utf-8"))
            leader, created = int(noted["pid"]), float(noted["created"])
        except (OSError, ValueError, KeyError, TypeError):
            return []
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            if abs(psutil.Process(leader).create_time() - created) > CLOCK_DRIFT:
                return []  # the number was given to another process, so nothing of the old session is left
        found = [process for process in psutil.process_iter() if _belongs(process, leader, created)]
        return sorted(found, key=lambda process: process.pid != leader)


def _belongs(process: "psutil.Process", leader: int, created: float) -> bool:
    import psutil

    with contextlib.suppress(OSError, psutil.Error):
        return (
            os.getsid(process.pid) == leader
            and process.status() != psutil.STATUS_ZOMBIE
            and process.create_time() >= created - CLOCK_DRIFT
            and _is_ours(process)
        )
    return False


def _is_ours(process: "psutil.Process") -> bool:
    """Whether it runs our Python, calls itself Airflow's, or is dying: then it has no name but still its sockets.

    The number of a session is reused in time: an unrelated process must not be killed.
    """
    command = process.cmdline()
    return not command or any(TITLE in part for part in command) or Path(process.exe()).samefile(sys.executable)
