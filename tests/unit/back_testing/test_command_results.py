"""Limits, counts and files of the backtest commands."""

from pathlib import Path
from typing import Any

import pytest

from support.backtest_program import SHORT, Backtest, traded

pytestmark = pytest.mark.unit


ACTIVE = """
[[watchlists]]
name = "stocks"
venue = "XNYS"
source = "sample"
intervals = ["1d"]
symbols = ["KO"]

[[strategies]]
name = "sma_cross"
"""


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--strategy", "sma_cross", "--set", "fast=3", "--set", "trend=0"],
        ["sweep", "--strategy", "sma_cross", "--set", "fast=3:5", "--set", "trend=0", "--metric", "n_trades"],
        ["walk-forward", "--strategy", "sma_cross", "--set", "fast=3", "--set", "trend=0", *SHORT],
        ["compare", "--strategy", "sma_cross:fast=3,trend=0"],
        ["recommend", "--strategy", "sma_cross", *SHORT],
        ["lookahead", "--strategy", "sma_cross", "--set", "fast=3", "--set", "trend=0"],
    ],
    ids=lambda command: command[0],
)
def test_every_command_obeys_the_limits_of_the_configuration(
    backtest: Backtest, prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    config = tmp_path / "algo-trading.toml"
    monkeypatch.setenv("ALGO_CONFIG", str(config))

    def count(text: str) -> int:
        config.write_text(text)
        return traded(backtest(*command, "--csv", prices, "--symbol", "IBM", "--json").json)

    without = count(ACTIVE)
    assert count(f'{ACTIVE}limits = {{ order_from = "high" }}\n[sentiment]\nhigh = 1.0\n') < without
    assert count(f"{ACTIVE}limits = {{ max_positions = 0 }}\n") == 0


def test_what_limits_turned_down_is_told(
    backtest: Backtest, prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "algo-trading.toml"
    config.write_text(
        ACTIVE + 'limits = { order_from = "medium", max_positions = 1, max_move = 0.02 }\n[sentiment]\nmedium = 0.51\n'
    )
    monkeypatch.setenv("ALGO_CONFIG", str(config))
    asked = ["run", "--strategy", "sma_cross", "--set", "trend=0", "--set", "fast=3", "--csv", prices]
    asked += ["--symbol", "IBM", "--symbol", "KO"]
    found = backtest(*asked, "--json").json
    assert (found["order_from"], found["max_positions"]) == ("medium", 1)
    assert found["below_order_level"] > 0
    assert found["at_position_limit"] > 0
    said = backtest(*asked).err
    assert f"orders only from medium confidence (0.51) on: {found['below_order_level']} decisions were below" in said
    assert f"at most 1 positions at a time: {found['at_position_limit']} entries were refused" in said
    assert "Limits that hold live alone: prices that have moved by at most 2.0% since the post" in said
    config.write_text("[sentiment]\nmedium = 2\n")
    ended = backtest(*asked)
    assert ended.code == 2
    assert "sentiment.medium" in ended.err


COUNTS = {
    "n_trades",
    "bars",
    "trials",
    "settings",
    "tried",
    "refused",
    "below_order_level",
    "at_position_limit",
    "cuts",
}


def counts_of(found: Any) -> list[tuple[str, Any]]:
    """Every count in a JSON document, with its key."""
    if isinstance(found, list):
        return [pair for item in found for pair in counts_of(item)]
    if not isinstance(found, dict):
        return []
    own = [(key, value) for key, value in found.items() if key in COUNTS]
    return own + [pair for item in found.values() for pair in counts_of(item)]


@pytest.mark.parametrize(
    ("command", "least"),
    [
        (["sweep", "--strategy", "sma_cross", "--set", "fast=3:5", "--set", "trend=0"], 6),
        (["walk-forward", "--strategy", "sma_cross", "--set", "fast=3", *SHORT], 8),
        (["compare", "--strategy", "sma_cross"], 2),
        (["recommend", "--strategy", "sma_cross", *SHORT], 3),
        (["run", "--strategy", "sma_cross"], 5),
        (["lookahead", "--strategy", "sma_cross", "--set", "fast=3"], 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_count_is_an_integer(backtest: Backtest, prices: Path, command: list[str], least: int) -> None:
    found = counts_of(backtest(*command, "--csv", prices, "--symbol", "IBM", "--json").json)
    assert len(found) >= least
    assert [pair for pair in found if type(pair[1]) is not int] == []


def test_a_count_that_is_the_metric_is_one_too(backtest: Backtest, prices: Path) -> None:
    asked = ["walk-forward", "--strategy", "sma_cross", "--set", "fast=3:4", *SHORT, "--metric", "n_trades", "--json"]
    folds = backtest(*asked, "--csv", prices, "--symbol", "IBM").json["folds"]
    assert {type(fold[part]) for fold in folds for part in ("in_sample", "out_of_sample")} == {int}


@pytest.mark.parametrize(
    "command",
    [
        ["sweep", "--strategy", "sma_cross", "--set", "fast=3:5", "--set", "trend=0"],
        ["compare", "--strategy", "sma_cross:fast=3", "--strategy", "ema_cross"],
        ["compare", "--strategy", "sma_cross:fast=3", "--symbol", "KO"],
        ["recommend", "--strategy", "sma_cross", "--strategy", "ema_cross", *SHORT],
    ],
    ids=" ".join,
)
def test_limits_are_told_in_one_line_where_they_hold(
    backtest: Backtest, prices: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    config = tmp_path / "algo-trading.toml"
    config.write_text(ACTIVE + 'limits = { order_from = "medium", max_positions = 2 }\n[sentiment]\nmedium = 0.51\n')
    monkeypatch.setenv("ALGO_CONFIG", str(config))
    said = [
        line for line in backtest(*command, "--csv", prices, "--symbol", "IBM").err.splitlines() if "orders" in line
    ]
    assert said == ["sma_cross: orders only from medium confidence (0.51) on and at most 2 positions at a time"]
    config.write_text("")
    assert "orders only" not in backtest(*command, "--csv", prices, "--symbol", "IBM").err


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--strategy", "ema_cross", "--report"],
        ["run", "--strategy", "ema_cross", "--trades"],
        ["sweep", "--strategy", "ema_cross", "--set", "fast=3:5", "--set", "slow=8:10", "--report"],
        ["walk-forward", "--strategy", "ema_cross", *SHORT, "--report"],
        ["recommend", "--strategy", "ema_cross", *SHORT, "--report"],
    ],
    ids=lambda command: f"{command[0]} {command[-1]}",
)
def test_a_file_that_cannot_be_written_is_found_before_the_work(
    backtest: Backtest, tmp_path: Path, command: list[str]
) -> None:
    """The bars do not even exist: nothing was read by then."""
    ended = backtest(*command, tmp_path / "nowhere" / "x.html", "--csv", tmp_path / "none.csv")
    assert (ended.code, ended.out) == (2, "")
    assert "x.html cannot be written: No such file or directory" in ended.err.replace("\n", " ")


def test_a_look_at_a_file_leaves_nothing_behind(backtest: Backtest, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    assert backtest("run", "--strategy", "ema_cross", "--report", report, "--csv", tmp_path / "none.csv").code == 2
    assert not report.exists()


def test_a_sweep_writes_its_map_and_counts_as_people_do(backtest: Backtest, prices: Path, tmp_path: Path) -> None:
    asked = ["sweep", "--strategy", "ema_cross", "--csv", prices, "--symbol", "IBM"]
    for option in ("--report", "--heatmap"):
        page = tmp_path / f"map{option}.html"
        ended = backtest(*asked, "--set", "fast=3:5", "--set", "slow=4:6", option, page)
        assert "Best of 6 settings by sharpe" in ended.out
        assert "3 invalid combinations skipped" in ended.err
        assert "Sharpe of 6 settings. 3 invalid combinations skipped." in page.read_text()
    one = backtest(*asked, "--set", "fast=3", "--set", "slow=3:4")
    assert "Best of 1 setting by sharpe" in one.out
    assert "1 invalid combination skipped" in one.err
