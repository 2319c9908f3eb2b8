"""Runs the components of Airflow as one family of processes: `python -m algo_trading.launcher.supervisor <file>`.

It leads an operating-system session, so that whatever its children start can be found and ended, and it holds a lock
on its record file as long as it lives. A component that ends is started again after a pause; one that ends again and
again ends the whole family, unless that was while the database was away, or nobody else needs the component: that is
tried again every half minute.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

LONGEST_PAUSE = 30.0
SETTLED = 60.0  # a component that ran for so many seconds had started well
MOST_FAILURES = 4  # deaths in a row before it had settled
PATIENCE = 15.0  # for components asked to end: the scheduler first lets its running tasks finish
KEPT_LOG = 5_000_000


@dataclass
class Component:
    """One program of the family and how it has fared."""

    name: str
    command: list[str]
    log: Path
    needed: bool = True
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    failures: int = 0

    def start(self) -> None:
        """Start it with its output appended to its log."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self.started_at = time.monotonic()

    def watch(self, now: float, database: str | None = None) -> bool:
        """Start it again if it died and its pause is over; returns False when there is no hope.

        A death while nothing answers at the socket of the `database` is not its fault.
        """
        if self.process is None:
            if now >= self.restart_at:
                self.start()
            return True
        code = self.process.poll()
        if code is None:
            return True
        self.process = None
        if now - self.started_at >= SETTLED or (database and not answers(database)):
            self.failures = 0
        self.failures += 1
        pause = min(2.0 ** (self.failures - 1), LONGEST_PAUSE)
        self.restart_at = now + pause
        _say(
            f"{self.name} ended with code {code}, attempt {self.failures}, next start in {pause:.0f} s; see {self.log}"
        )
        end_strays()
        return not self.needed or self.failures < MOST_FAILURES


def answers(path: str) -> bool:
    """Whether somebody listens on a socket in the file system."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(path)
        except OSError:
            return False
        return True


def strays(session: int) -> list[psutil.Process]:
    """Processes of the operating-system session whose parent has died."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getsid(process.pid) == session and process.pid != session:
                parent = process.parent()
                if parent is None or os.getsid(parent.pid) != session:
                    found.append(process)
    return found


def end_strays() -> None:
    """End what a dead component left behind: its workers would wait for orders for ever."""
    for process in strays(os.getpid()):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def supervise(components: list[Component], database: str | None = None) -> int:
    """Keep the components running until SIGTERM or SIGINT; returns the exit code."""
    ending: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ending.append(number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    hope = True
    while not ending and hope:
        now = time.monotonic()
        hope = min(component.watch(now, database) for component in components)  # min, unlike all, looks at every one
        time.sleep(0.2)
    running = [component.process for component in components if component.process]
    for process in running:
        process.terminate()
    limit = time.monotonic() + PATIENCE
    for process in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(limit - time.monotonic(), 0))
    for process in running:
        process.kill()
    end_strays()
    return 0 if hope else 1


def main() -> int:
    """Detach from the starter and supervise.

    The starter waits for a byte that says that everything is set up; it returns 1 if that never comes.
    """
    receiver, sender = os.pipe()
    if os.fork():
        os.close(sender)
        return 0 if os.read(receiver, 1) else 1
    os.close(receiver)
    os.setsid()
    return run(sender)


def run(started: int) -> int:
    """Take the lock, write the record, signal `started` with a byte, supervise. The file names the commands."""
    order = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    record = Path(order["record"])
    handle = record.open("a+")
    if not _locked(handle):
        os.write(started, b".")  # another supervisor is at work: just as well
        return 0
    handle.truncate(0)
    handle.write(json.dumps({"pid": os.getpid(), "created": psutil.Process().create_time()}))
    handle.flush()
    os.write(started, b".")
    os.close(started)
    logs = Path(order["logs"])
    for log in logs.glob("*.log"):
        if log.stat().st_size > KEPT_LOG:
            log.replace(log.with_suffix(".log.1"))
    components = [
        Component(name, command, logs / f"{name}.log", needed=name not in order["beside"])
        for name, command in order["components"].items()
    ]
    return supervise(components, order["database"])


def _locked(handle: IO[str]) -> bool:
    """Take the lock; whoever looks whether we run holds it for an instant, so try for a second."""
    for _ in range(20):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def _say(sentence: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
