"""`algo-trading watch`: looks once, or until it is told to end."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from algo_trading.cli import watch as command
from algo_trading.cli.watch import watch
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.services.watch_candles import WatchReport

pytestmark = pytest.mark.unit


class Application:
    """Notes who looks at what; a look may be interrupted as by Ctrl-C."""

    def __init__(self) -> None:
        self.looks: list[tuple[timedelta, tuple[str, ...]]] = []
        self.database = SimpleNamespace(explained=lambda _: None)
        self.clock = SimpleNamespace(now=lambda: None)
        self.report = WatchReport(decided=2, scored=3, errors=("coins 1h: no connection",))
        self.interrupted_after = 0

    def watch_candles(self, wait: timedelta) -> Any:
        def look(names: tuple[str, ...]) -> WatchReport:
            self.looks.append((wait, names))
            if len(self.looks) == self.interrupted_after:
                raise KeyboardInterrupt
            return self.report

        return look


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    made = Application()

    @contextmanager
    def bootstrap(_settings: object) -> Iterator[Application]:
        yield made

    monkeypatch.setattr("algo_trading.bootstrap.bootstrap", bootstrap)
    before = signal.getsignal(signal.SIGTERM)
    yield made
    signal.signal(signal.SIGTERM, before)


def test_one_look(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    watch(once=True, wait=90)
    assert application.looks == [(timedelta(seconds=90), ("practice_coins",))]
    seen = capsys.readouterr()
    assert seen.out == "pairs scored: 3, periods decided: 2\n"
    assert seen.err.endswith(" coins 1h: no connection\n")


@pytest.mark.usefixtures("application")
def test_one_look_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    watch(once=True, wait=0, json=True)
    assert json.loads(capsys.readouterr().out) == {"decided": 2, "scored": 3, "errors": ["coins 1h: no connection"]}


def test_ctrl_c_ends_it_without_a_word_of_failure(application: Application, capsys: pytest.CaptureFixture[str]) -> None:
    application.interrupted_after = 1
    watch()
    assert capsys.readouterr().out == "watching practice_coins; Ctrl-C ends it\nstopped\n"
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler  # as the supervisor ends it


def test_a_database_that_is_away_at_the_start_is_waited_for(
    application: Application, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tries: list[float] = []

    @contextmanager
    def ready(_settings: object) -> Iterator[Application]:
        yield application

    def away(_settings: object) -> Any:
        if len(tries) < 2:
            raise ServiceUnavailableError("the database does not answer")
        return ready(_settings)

    monkeypatch.setattr("algo_trading.bootstrap.bootstrap", away)
    monkeypatch.setattr("algo_trading.cli.watch.time.sleep", tries.append)
    application.interrupted_after = 1
    watch()
    assert tries == [command.RETRY_SECONDS] * 2
    assert capsys.readouterr().err.count("the database does not answer") == 1


def test_nothing_to_watch_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_PRESET", "yahoo")
    with pytest.raises(ConfigError, match=r"set watch = true in an entry of \[\[watchlists\]\]"):
        watch()
