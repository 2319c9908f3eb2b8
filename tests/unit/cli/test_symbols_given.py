"""A symbol on the command line means the stored one, however it is spelled."""

from typing import Any

import pytest
from typer.testing import CliRunner

from algo_trading.cli.commands import app
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("command", "target", "place"),
    [
        (("load", "--from", "2013-01-02", "--to", "2013-01-03", "--symbol", "brk.b"), "history.load_history", 2),
        (("look-up", "brk.b"), "history.look_up_figures", 0),
    ],
)
def test_symbols_of_commands(
    monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], target: str, place: int
) -> None:
    heard: list[Any] = []
    monkeypatch.setattr(f"algo_trading.cli.{target}", lambda *given, **_options: heard.append(given[place]))
    assert CliRunner().invoke(app, command).exit_code == 0
    assert heard == [["BRK.B"]]


def test_of_a_series_with_its_interval_too() -> None:
    known = {"INJUSDT": "BINANCE"}
    assert Series.parse("injusdt_4h", known) == Series(Instrument("INJUSDT", "BINANCE"), Interval.HOUR_4)
    assert Series.parse("brk.b", known) == Series(Instrument("BRK.B"))
