"""Subscribing by command: to high scores, and what is listed and ended."""

import json
from contextlib import nullcontext
from datetime import date

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from algo_trading.cli import output
from algo_trading.cli.commands import app
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import ConfigError
from fakes.names import FakeNames
from support.world import World

pytestmark = pytest.mark.unit

FRAMES = (Interval.HOUR_1, Interval.HOUR_4, Interval.DAY)
ANN = "ann@example.com"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World([Watchlist("coins", "BINANCE", "binance", FRAMES, ("BTCUSDT", "ETHUSDT"))])
    monkeypatch.setattr("algo_trading.cli.subscribing.bootstrap", lambda: nullcontext(world))
    monkeypatch.setattr(output, "console", Console(width=140, highlight=False))
    return world


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False).stdout


@pytest.mark.usefixtures("world")
def test_scores_of_several_pairs_are_subscribed_listed_and_ended() -> None:
    pairs = ("--scores", "BTCUSDT", "--scores", "ethusdt")
    assert run("subscribe", ANN, *pairs, "--threshold", "12") == (
        f"{ANN} gets a notice when a score of BTCUSDT reaches 12\n"
        f"{ANN} gets a notice when a score of ETHUSDT reaches 12\n"
    )
    assert run("subscribe", ANN, *pairs[2:], "--threshold", "ML") == (
        f"{ANN} was subscribed before, and now gets a notice when a score of ETHUSDT reaches the tuned threshold\n"
    )
    listed = json.loads(run("subscriptions", "--json"))
    assert [(one["kind"], one["symbol"], one["threshold"]) for one in listed] == [
        ("scores", "BTCUSDT", "12"),
        ("scores", "ETHUSDT", "ml"),
    ]
    assert "ETHUSDT" in run("subscriptions")
    assert run("unsubscribe", ANN, "--scores", "BTCUSDT") == f"1 subscription of {ANN} ended\n"
    assert run("unsubscribe", ANN) == f"1 subscription of {ANN} ended\n"
    with pytest.raises(ConfigError, match="has no such subscription"):
        run("unsubscribe", ANN)


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (
            ("--scores", "BTCUSDT"),
            ConfigError,
            "a threshold of 25 cannot be reached: scores of BTCUSDT go from 0 to 18",
        ),
        (("--scores", "BTCUSDT", "--threshold", "high"), typer.BadParameter, "a number of points or ml, not 'high'"),
        (("--scores", "BTCUSDT", "--symbol", "IBM"), ConfigError, "leave --symbol and --strategy out"),
        (("--threshold", "12"), ConfigError, "--threshold belongs to --scores"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        run("subscribe", ANN, *arguments)


@pytest.mark.usefixtures("world")
def test_regular_mails_and_quiet_hours_are_asked_for_listed_and_ended() -> None:
    assert run(
        "subscribe", ANN, "--update", "4h", "--digest", "daily", "--zone", "Europe/Berlin", "--quiet", "22-7"
    ) == (
        f"{ANN} lives by Europe/Berlin, quiet hours 22-7\n"
        f"{ANN} gets updates (4h), the next one from 2013-03-04 04:00 UTC on\n"
        f"{ANN} gets digests (daily), the next one from 2013-03-04 07:00 UTC on\n"
    )
    listed = json.loads(run("subscriptions", "--json"))
    assert [(one["kind"], one["every"]) for one in listed] == [("digest", "daily"), ("update", "4h")]
    shown = run("subscriptions")
    assert "8:00" in shown
    assert "22-7" in shown
    assert run("subscribe", ANN, "--update", "off", "--quiet", "off") == (
        f"{ANN} lives by Europe/Berlin\n{ANN} gets no more updates\n"
    )
    with pytest.raises(ConfigError, match="gets no update"):
        run("subscribe", ANN, "--update", "off")
    with pytest.raises(ConfigError, match="--hour belongs to --update or --digest"):
        run("subscribe", ANN, "--hour", "6")
    assert run("unsubscribe", ANN) == f"1 subscription of {ANN} ended\n"


def test_a_former_name_of_a_pair_is_subscribed_and_ended_as_the_one_of_now(world: World) -> None:
    old, new = Instrument("BCCUSDT", "BINANCE"), Instrument("BTCUSDT", "BINANCE")
    assert isinstance(world.names, FakeNames)
    world.names.rename(FormerName(old, date(2018, 11, 16), new), "person")
    assert run("subscribe", ANN, "--scores", "BCCUSDT", "--threshold", "12") == (
        f"{ANN} gets a notice when a score of BTCUSDT reaches 12\n"
    )
    assert run("unsubscribe", ANN, "--scores", "bccusdt") == f"1 subscription of {ANN} ended\n"
