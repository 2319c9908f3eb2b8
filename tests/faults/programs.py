"""The program in processes of its own, started quickly, whole and alone: to be waited for or killed.

Great Expectations takes seconds to import. A fork server imports it, and what else the program needs, once; every
start is a fork of it that leads its own operating-system session and runs the command line from the beginning.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psutil

COMMAND = Path(sys.executable).parent / "algo-trading"
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["faults.preload"])
PATIENCE = 120.0


@dataclass(frozen=True)
class Finished:
    """How a run ended: its exit code (negative: the signal that ended it) and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The one sentence on stderr, on one line."""
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        return self.err.rstrip("\n")

    def well(self) -> "Finished":
        """Itself, if it ended well."""
        assert self.code == 0, f"exit code {self.code}\n{self.out}\n{self.err}"
        return self


@dataclass(frozen=True)
class Running:
    """A run that has been started."""

    process: BaseProcess
    output: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def is_alive(self) -> bool:
        return self.process.is_alive()

    def wait(self, seconds: float = PATIENCE) -> Finished:
        """Wait for the end."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            self.kill()
            raise AssertionError(f"still running after {seconds} s: {self._read('.out')}{self._read('.err')}")
        return Finished(self.process.exitcode, self._read(".out"), self._read(".err"))

    def kill(self, *, alone: bool = False) -> None:
        """SIGKILL for it and, unless `alone`, its children; the server that it started leads its own session."""
        with contextlib.suppress(ProcessLookupError):
            (os.kill if alone else os.killpg)(self.pid, signal.SIGKILL)
        self.process.join()

    def interrupt(self) -> None:
        """Ctrl-C: SIGINT for it and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGINT)

    def _read(self, suffix: str) -> str:
        return self.output.with_suffix(suffix).read_text(encoding="utf-8")


def start(arguments: list[str], environment: Mapping[str, str], output: Path) -> Running:
    """Start `algo-trading` with `arguments` and these ALGO_* variables; what it prints goes to output.out and .err."""
    for suffix in (".out", ".err"):
        output.with_suffix(suffix).write_bytes(b"")
    process = FORKS.Process(target=_run, args=(arguments, dict(environment), str(output)))
    with _importable():
        process.start()
    return Running(process, output)


@contextlib.contextmanager
def _importable() -> Iterator[None]:
    """Let the fork server, which the first start starts, import the tests' modules: before 3.13 it has no path yet."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(__file__).parents[1]), before)))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _run(arguments: list[str], environment: Mapping[str, str], output: str) -> None:
    os.setsid()
    for suffix, number in ((".out", 1), (".err", 2)):
        descriptor = os.open(output + suffix, os.O_WRONLY | os.O_APPEND)
        os.dup2(descriptor, number)
        os.close(descriptor)
    for name in [name for name in os.environ if name.startswith("ALGO_")]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir("/")
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["algo-trading", *arguments]
    from algo_trading.cli import main

    main()


def server_processes(home: Path) -> list[psutil.Process]:
    """The processes of the embedded server of `home`, its postmaster first."""
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        postmaster = psutil.Process(pid)
        if str(home / "postgres") not in " ".join(postmaster.cmdline()):
            return []
        return [postmaster, *postmaster.children(recursive=True)]
    except (OSError, ValueError, psutil.NoSuchProcess):
        return []


def has_ended(process: psutil.Process, seconds: float = 10.0) -> bool:
    """Whether the process ends in this time. One that nobody waits for stays as a zombie, and has ended."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.02)
                continue
        return True
    return False


def kill_server(home: Path) -> None:
    """SIGKILL for the embedded server and everything it started."""
    for process in server_processes(home):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
