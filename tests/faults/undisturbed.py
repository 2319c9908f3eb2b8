"""What the program does when nobody disturbs it: the measure for every other run."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from faults.installations import (
    BUSY,
    CANDLES,
    DAY_OF_CANDLES,
    LOAD,
    LOAD_CANDLES,
    SESSIONS,
    Installation,
    installation,
)  # fmt: skip
from faults.kills import Measure, log_position
from faults.world import World


@dataclass(frozen=True)
class Undisturbed:
    """What the two commands take and leave when nobody disturbs, and the installations after each of them, to copy.

    `prepared` has history, `after` has run the sessions as well; their servers are down.
    """

    prepared: Installation
    load: Measure
    loaded: World
    after: Installation
    sessions: Measure
    ended: World


@contextlib.contextmanager
def undisturbed_sessions() -> Iterator[Undisturbed]:
    """Sessions that trade, mail and split, or nothing would be shown by comparing with them."""
    with _undisturbed(BUSY, LOAD, SESSIONS) as runs:
        ended = runs.ended
        assert len(ended.mails) > 10
        assert len(ended.tables["fills"]) > 3
        assert any(row[4] == "influencer_mention" for row in ended.tables["ledger"])
        assert len(ended.tables["mentions"]) > len(ended.tables["posts"]) > 5
        assert {row[1] for row in ended.tables["ledger"]} == {"deposit", "fill", "commission", "split"}
        yield runs


@contextlib.contextmanager
def undisturbed_candles() -> Iterator[Undisturbed]:
    """Candles of two lengths, with positions that are left at their stops and targets."""
    with _undisturbed(CANDLES, LOAD_CANDLES, DAY_OF_CANDLES) as runs:
        ended = runs.ended
        reasons = " ".join(str(row) for row in ended.tables["orders"])
        assert all(word in reasons for word in ("target at", "stop at", "crossed"))
        assert len(ended.tables["fills"]) > 20
        assert len(ended.mails) > 10
        yield runs


@contextlib.contextmanager
def _undisturbed(config: str, history: tuple[str, ...], work: tuple[str, ...]) -> Iterator[Undisturbed]:
    """Load and run once."""
    with installation(config) as prepared:
        load = _measured(prepared, history)
        loaded = prepared.world()
        assert prepared.server.stop()
        with installation(copy_of=prepared) as after:
            after.server.start()
            sessions = _measured(after, work)
            ended = after.world()
            assert after.server.stop()
            yield Undisturbed(prepared, load, loaded, after, sessions, ended)


def _measured(target: Installation, command: tuple[str, ...]) -> Measure:
    begin = log_position(target.home) if target.server.is_up() else 0
    clock = time.monotonic()
    target.run(*command).well()
    return Measure(time.monotonic() - clock, log_position(target.home) - begin)
