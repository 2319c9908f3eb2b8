"""Kill everything at random moments, start again: the end state is that of an undisturbed run."""

import os
import random

import pytest

from faults.installations import BUSY, LOAD, SESSIONS, Installation, installation
from faults.kills import IN_FIRST_START, IN_SESSIONS, Blow, Measure, log_position, plan, strike
from faults.undisturbed import Undisturbed
from faults.world import World

SHORT, LONG, FIRST_STARTS = 3, 20, 6
SEED = os.environ.get("FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
# A program that is interrupted, or whose server dies, ends with a sentence, unless it was about to end anyway.
SAID = {"server": (1, "error: "), "interrupt": (130, "interrupted; ")}

pytestmark = pytest.mark.xdist_group("program")


@pytest.mark.e2e
@pytest.mark.parametrize("round_", range(SHORT))
def test_sessions_survive_kills_short(undisturbed: Undisturbed, round_: int) -> None:
    _sessions_survive(undisturbed, f"{SEED}-short-{round_}")


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(LONG))
def test_sessions_survive_kills(undisturbed: Undisturbed, round_: int) -> None:
    _sessions_survive(undisturbed, f"{SEED}-{round_}")


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(FIRST_STARTS))
def test_first_start_and_load_survive_kills(undisturbed: Undisturbed, round_: int) -> None:
    """From an empty folder: the server's data folder, its start, the migrations, the bulk load."""
    with installation(BUSY) as disturbed:
        blows = plan(f"{SEED}-first-{round_}", IN_FIRST_START, most=4)
        told = _disturb(disturbed, LOAD, blows, undisturbed.load, begin=0)
        _ends_as(disturbed, LOAD, undisturbed.loaded, told)


def _sessions_survive(undisturbed: Undisturbed, seed: str) -> None:
    with installation(copy_of=undisturbed.prepared) as disturbed:
        disturbed.server.start()
        begin = log_position(disturbed.home)
        told = _disturb(disturbed, SESSIONS, plan(seed, IN_SESSIONS), undisturbed.sessions, begin)
        _ends_as(disturbed, SESSIONS, undisturbed.ended, told)


def _disturb(
    disturbed: Installation, command: tuple[str, ...], blows: list[Blow], usual: Measure, begin: int
) -> list[str]:
    """Start the command as often as there are blows; returns what happened, for the message of a failure."""
    told = [f"FAULTS_SEED={SEED} plans the same kills again"]
    for blow in blows:
        running = disturbed.start(*command)
        struck = strike(disturbed, running, blow, usual, begin)
        finished = running.wait()
        told.append(f"{blow} {'struck' if struck else 'missed'}, exit code {finished.code}")
        if not struck:
            finished.well()
        elif finished.code != 0 and blow.victims in SAID:
            code, beginning = SAID[blow.victims]
            told.append(finished.err)
            story = "\n".join(["", *told])
            assert finished.code == code, story
            assert finished.err.startswith(beginning), story
            assert len(finished.err.splitlines()) == 1, story
    return told


def _ends_as(disturbed: Installation, command: tuple[str, ...], wanted: World, told: list[str]) -> None:
    finished = disturbed.run(*command)
    story = "\n".join(["", *told, finished.err])
    assert finished.code == 0, story
    differences = disturbed.world().differences(wanted)
    assert not differences, "\n".join([story, *differences])
