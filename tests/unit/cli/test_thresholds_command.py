"""What `thresholds` prints."""

import json
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console
from typer.testing import CliRunner

from algo_trading.cli import output
from algo_trading.cli.commands import app
from algo_trading.domain.instrument import Instrument
from contracts.scores import NAN, TUNED
from support.world import World

pytestmark = pytest.mark.unit


def test_thresholds_that_count_are_listed_with_the_reason_where_there_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(now=TUNED.usable_from)
    none = replace(TUNED, instrument=Instrument("BTCUSDT", "BINANCE"), objection="too few", deflated_sharpe=NAN)
    for tuned in (TUNED, none, replace(TUNED, bull=8, usable_from=TUNED.usable_from + timedelta(hours=1))):
        world.thresholds.store(tuned)
    monkeypatch.setattr("algo_trading.cli.tune.bootstrap", lambda: nullcontext(world))
    monkeypatch.setattr(output, "console", Console(width=140, highlight=False))

    def run(*arguments: str) -> str:
        return CliRunner().invoke(app, ("thresholds", *arguments), catch_exceptions=False, standalone_mode=False).stdout

    btc, inj = json.loads(run("--json"))
    assert (btc["instrument"]["symbol"], btc["survives"], btc["objection"]) == ("BTCUSDT", False, "too few")
    assert btc["deflated_sharpe"] is None
    assert (inj["bull"], inj["bear"], inj["survives"], inj["timeframes"]) == (7, 9, True, ["1h", "1d"])
    out = run()
    assert "7 of 12" in out
    assert "too few" in out
    assert "8 of 12" not in out
