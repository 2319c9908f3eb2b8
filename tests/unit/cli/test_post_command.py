"""What `post` prints."""

import csv
import json
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from algo_trading.cli import output
from algo_trading.cli.commands import app
from algo_trading.domain.time import Interval, moment_of
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import bars_table
from support.candles import candles
from support.world import World

pytestmark = pytest.mark.unit

HOURS = candles(24 * 30, Interval.HOUR_1, seed=3, first="2022-01-01T00:00")
FRAMES = ["1h", "4h", "12h", "1d", "3d", "1w"]
TEXTS = ["candle_change", "candle_amplitude", "candle_max_up", "candle_max_down"]


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The hours of a pair, and its clock after the last of them."""
    world = World(now=moment_of(HOURS.closed_at[-1]) + timedelta(minutes=5))
    world.bars.upsert(bars_table([HOURS]), "test")
    monkeypatch.setattr("algo_trading.cli.post.bootstrap", lambda: nullcontext(world))
    monkeypatch.setattr(output, "console", Console(width=140, highlight=False))
    return world


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False).stdout


def test_json_has_a_text_for_each_metric_of_each_timeframe() -> None:
    (found,) = json.loads(run("post", "btcusdt", "--json"))
    assert list(found) == ["pair", "at", "price", "bull", "bear", "maximum", "timeframes"]
    assert (found["pair"], found["price"], found["maximum"]) == ("BTCUSDT", HOURS.close[-1], 36)
    assert [*found["timeframes"]] == FRAMES
    for texts in found["timeframes"].values():
        assert [*texts] == TEXTS
        assert all(text in {"AVERAGE", "NA"} or text.startswith("rank ") for text in texts.values())
        assert (texts["candle_max_up"] == "NA") or (texts["candle_max_down"] == "NA")


def test_csv_goes_to_a_file_or_is_printed(tmp_path: Path) -> None:
    printed = run("post", "--csv", "-")
    rows = list(csv.DictReader(printed.splitlines()))
    assert [row["timeframe"] for row in rows] == FRAMES
    path = tmp_path / "scores.csv"
    assert run("post", "--csv", str(path)) == ""
    assert path.read_text(encoding="utf-8") == printed
    with pytest.raises(ConfigError, match=r"none.scores\.csv cannot be written"):
        run("post", "--csv", str(tmp_path / "none" / "scores.csv"))
    with pytest.raises(ConfigError, match="choose one of --json and --csv"):
        run("post", "--csv", "-", "--json")


def test_a_person_reads_a_table(world: World) -> None:
    out = run("post", "BTCUSDT")
    score = world.score_candles()(HOURS.instrument, tuple(map(Interval, FRAMES)), world.clock.now())
    assert f"bull {score.bull} of 36, bear {score.bear} of 36" in out
    assert "AVERAGE" in out
    assert all(f"│ {name} " in out for name in FRAMES)


def test_without_candles_it_says_so(world: World) -> None:
    world.bars.remove(world.bars.series())
    assert "no candles are stored" in run("post")
