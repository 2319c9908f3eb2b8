"""Kills at random moments, planned from a seed and aimed at the moments at which something is being written."""

import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from algo_trading.adapters.postgres.embedded import EmbeddedPostgres
from faults.installations import Installation
from faults.programs import Running, kill_server

Trigger = Literal["log", "draft", "mail", "object", "export", "cluster", "server", "clock"]
Victims = Literal["program", "server", "both", "interrupt"]
VICTIMS: tuple[Victims, ...] = ("program", "program", "server", "both", "both", "interrupt")
IN_SESSIONS: tuple[Trigger, ...] = ("log", "log", "log", "draft", "mail", "object", "export")
IN_TEXT: tuple[Trigger, ...] = ("log", "log", "log", "draft", "mail", "object")
IN_FIRST_START: tuple[Trigger, ...] = ("cluster", "server", "log", "object", "clock", "clock")
POLL = 0.0004  # seconds


@dataclass(frozen=True)
class Blow:
    """When the program is killed, and what with it.

    The trigger is progress that can be seen from outside: `part` of the database's write-ahead log that an undisturbed
    run writes (log), the first draft of a mail, mail delivered, object being written or Parquet file replaced after
    `part` of the time of an undisturbed run (so many as appear until then are let pass), the data folder of the server
    being made (cluster) or in place (server), or `part` of that time itself (clock). `delay` seconds later it strikes:
    SIGKILL for the program alone, for the server and its children or for everything at once, or Ctrl-C (interrupt).
    """

    trigger: Trigger
    part: float
    delay: float
    victims: Victims


def plan(seed: str, triggers: tuple[Trigger, ...], most: int = 3) -> list[Blow]:
    """One to `most` blows, each to another run of the same command, in the order of progress."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice, not a secret
    blows = []
    for part in sorted(dice.uniform(0.02, 0.9) for _ in range(dice.randint(1, most))):
        trigger = dice.choice(triggers)
        delay = dice.choice((0.0, dice.uniform(0, 0.003), dice.uniform(0, 0.05)))
        victims = dice.choice(VICTIMS)
        if trigger == "clock" and victims == "interrupt":
            victims = "program"  # the interpreter may still be starting, and has no words for it
        blows.append(Blow(trigger, part, delay, victims))
    return blows


@dataclass(frozen=True)
class Measure:
    """What an undisturbed run takes: seconds, and bytes of write-ahead log."""

    seconds: float
    log: int


def log_position(home: Path) -> int:
    """Bytes of write-ahead log so far."""
    with psycopg.connect(EmbeddedPostgres(home).url("postgres")) as connection:
        return _position(connection)


def _position(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint").fetchone()
    connection.rollback()
    assert row is not None
    return int(row[0])


def strike(target: Installation, running: Running, blow: Blow, usual: Measure, begin: int) -> bool:
    """Wait for the trigger and kill; False if the run ended before. `begin` is the log's position before all runs."""
    late = time.monotonic() + blow.part * usual.seconds
    with contextlib.ExitStack() as stack:
        if blow.trigger == "log":
            pulled = _log_reached(stack, target.home, begin + int(blow.part * usual.log))
        elif blow.trigger == "clock":
            pulled = lambda: time.monotonic() >= late  # noqa: E731 - as short as the sentence
        else:
            pulled = _changed(LOOKS[blow.trigger], target.home, 0.0 if blow.trigger in ONCE else late)
        while not pulled():
            if not running.is_alive():
                return False
            time.sleep(POLL)
    time.sleep(blow.delay)
    if not running.is_alive():
        return False
    match blow.victims:
        case "interrupt":
            running.interrupt()
        case "program":
            running.kill(alone=True)
        case "server":
            kill_server(target.home)
        case "both":
            kill_server(target.home)
            running.kill()
    return True


def _log_reached(stack: contextlib.ExitStack, home: Path, wanted: int) -> Callable[[], bool]:
    connections: list[psycopg.Connection] = []

    def pulled() -> bool:
        with contextlib.suppress(psycopg.OperationalError):  # not up yet, or just down
            if not connections:
                url = EmbeddedPostgres(home).url("postgres")
                connections.append(stack.enter_context(psycopg.connect(url, connect_timeout=2)))
            return _position(connections[0]) >= wanted
        return False

    return pulled


def _changed(look: Callable[[Path], object], home: Path, late: float) -> Callable[[], bool]:
    seen = look(home)

    def pulled() -> bool:
        nonlocal seen
        now = look(home)
        if time.monotonic() < late:
            seen = now
        return now != seen

    return pulled


def _names(folder: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return frozenset()


def _times(folder: Path) -> frozenset[tuple[str, int]]:
    found = set()
    for path in folder.rglob("*.parquet"):
        with contextlib.suppress(FileNotFoundError):
            found.add((path.name, path.stat().st_mtime_ns))
    return frozenset(found)


LOOKS: Mapping[Trigger, Callable[[Path], object]] = {
    "draft": lambda home: _names(home / "maildir" / "tmp"),
    "mail": lambda home: _names(home / "maildir" / "new"),
    "object": lambda home: _names(home / "objects" / ".incoming"),
    "export": lambda home: _times(home / "objects" / "bars"),
    "cluster": lambda home: (home / "postgres.new").exists(),
    "server": lambda home: (home / "postgres").exists(),
}
ONCE = {"cluster", "server"}
