"""Kill everything at random moments, start again: the end state is that of an undisturbed run."""

import json
import os
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from faults.installations import BUSY, DAY_OF_CANDLES, LOAD, SESSIONS, Installation, installation
from faults.kills import IN_FIRST_START, IN_SESSIONS, IN_TEXT, Blow, Measure, log_position, plan, strike
from faults.undisturbed import Undisturbed
from faults.world import World
from support.fuzz import examples

SHORT, LONG, CANDLES, FIRST_STARTS, TEXTS = 1, examples(8), examples(6), examples(4), examples(6)
TEXT = ("run-text", "--json")
SEED = os.environ.get("FAULTS_SEED") or str(random.SystemRandom().randrange(10**6))
# A program that is interrupted, or whose server dies, ends with a sentence, unless it was about to end anyway.
SAID = {"server": (1, "error: "), "interrupt": (130, "interrupted; ")}
# What a dying server tells an idle connection libpq puts on the screen; ADBC has no way to keep it from doing so.
LAST_WORDS = ("FATAL:  ", "WARNING:  ", "DETAIL:  ", "HINT:  ")

pytestmark = pytest.mark.xdist_group("program")


@pytest.mark.e2e
@pytest.mark.parametrize("round_", range(SHORT))
def test_sessions_survive_kills_short(undisturbed: Undisturbed, round_: int) -> None:
    _survives(undisturbed, SESSIONS, f"{SEED}-short-{round_}")


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(LONG))
def test_sessions_survive_kills(undisturbed: Undisturbed, round_: int) -> None:
    _survives(undisturbed, SESSIONS, f"{SEED}-{round_}")


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(CANDLES))
def test_candles_survive_kills(candles: Undisturbed, round_: int) -> None:
    _survives(candles, DAY_OF_CANDLES, f"{SEED}-candles-{round_}")


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(FIRST_STARTS))
def test_first_start_and_load_survive_kills(undisturbed: Undisturbed, round_: int) -> None:
    """From an empty folder: the server's data folder, its start, the migrations, the bulk load."""
    with installation(BUSY) as disturbed:
        blows = plan(f"{SEED}-first-{round_}", IN_FIRST_START, most=4)
        told = _disturb(disturbed, LOAD, blows, undisturbed.load, begin=0)
        _ends_as(disturbed, LOAD, undisturbed.loaded, told)


@dataclass(frozen=True)
class UndisturbedText:
    """What reading text takes and leaves when nobody disturbs, and the feeds that it is read from."""

    feeds: str
    usual: Measure
    wanted: World


@pytest.fixture(scope="module")
def text(undisturbed: Undisturbed, tmp_path_factory: pytest.TempPathFactory) -> UndisturbedText:
    """Forty posts are collected, read and decided on, the last of them mailed."""
    path = tmp_path_factory.mktemp("feed") / "posts.jsonl"
    path.write_text("".join(json.dumps(_post(number)) + "\n" for number in range(40)), encoding="utf-8")
    named = json.dumps([{"platform": "file", "source": str(path), "influencers": ["*"]}])
    with installation(copy_of=undisturbed.prepared) as plain:
        plain.variables["ALGO_FEEDS"] = named
        plain.server.start()
        begin, clock = log_position(plain.home), time.monotonic()
        plain.run(*TEXT).well()
        usual = Measure(time.monotonic() - clock, log_position(plain.home) - begin)
        wanted = plain.world()
    assert len(wanted.tables["posts"]) == 40
    assert len(wanted.tables["signals"]) == len(wanted.tables["mentions"]) == 60
    assert wanted.mails
    return UndisturbedText(named, usual, wanted)


@pytest.mark.e2e
def test_text_survives_kills(undisturbed: Undisturbed, text: UndisturbedText) -> None:
    _text_survives(undisturbed, text, f"{SEED}-text", most=2)


@pytest.mark.faults
@pytest.mark.parametrize("round_", range(TEXTS))
def test_text_survives_many_kills(undisturbed: Undisturbed, text: UndisturbedText, round_: int) -> None:
    _text_survives(undisturbed, text, f"{SEED}-text-{round_}", most=4)


def _text_survives(undisturbed: Undisturbed, text: UndisturbedText, seed: str, most: int) -> None:
    with installation(copy_of=undisturbed.prepared) as disturbed:
        disturbed.variables["ALGO_FEEDS"] = text.feeds
        disturbed.server.start()
        begin = log_position(disturbed.home)
        told = _disturb(disturbed, TEXT, plan(seed, IN_TEXT, most), text.usual, begin)
        _ends_as(disturbed, TEXT, text.wanted, told)


def _post(number: int) -> dict[str, str]:
    """A post every 26 hours up to the evening before the first session; every second one names two companies."""
    published = datetime(2005, 2, 17, 22, tzinfo=UTC) - (39 - number) * timedelta(hours=26)
    body = "$IBM is a strong buy" + (", $AAPL too." if number % 2 else ".")
    return {"platform": "file", "id": str(number), "author": "ann", "published": published.isoformat(), "body": body}


def _survives(undisturbed: Undisturbed, command: tuple[str, ...], seed: str) -> None:
    with installation(copy_of=undisturbed.prepared) as disturbed:
        disturbed.server.start()
        begin = log_position(disturbed.home)
        told = _disturb(disturbed, command, plan(seed, IN_SESSIONS), undisturbed.sessions, begin)
        _ends_as(disturbed, command, undisturbed.ended, told)


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
            said = [line for line in finished.err.splitlines() if not line.startswith(LAST_WORDS)]
            assert len(said) == 1, story
            assert said[0].startswith(beginning), story
    return told


def _ends_as(disturbed: Installation, command: tuple[str, ...], wanted: World, told: list[str]) -> None:
    finished = disturbed.run(*command)
    story = "\n".join(["", *told, finished.err])
    assert finished.code == 0, story
    differences = disturbed.world().differences(wanted)
    assert not differences, "\n".join([story, *differences])
