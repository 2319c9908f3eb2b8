"""The upper commands of `backtest`, in process, on files: what they print, and how they end."""

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from back_testing.analysis.lookahead_cuts import ask
from back_testing.cli import main
from support.bar_series import random_walk

pytestmark = pytest.mark.unit

SHORT = ["--in-sample", "120", "--out-of-sample", "60"]
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


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code in {0, 1}, self.err
        return json.loads(self.out)


Backtest = Callable[..., Ended]


@pytest.fixture
def backtest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Backtest:
    """`backtest ARGUMENTS` on a terminal of 100 columns, all in this process."""
    monkeypatch.setattr("back_testing.analysis.lookahead.ask_in_fresh_process", ask)
    monkeypatch.setenv("COLUMNS", "100")

    def call(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["backtest", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture(scope="module")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Daily bars of two symbols, 400 each."""
    path = tmp_path_factory.mktemp("prices") / "prices.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["symbol", "date", "open", "high", "low", "close", "volume"])
        for seed, symbol in enumerate(("IBM", "KO")):
            closes = random_walk(400, seed)
            days = [f"{2001 + i // 336}-{i % 336 // 28 + 1:02}-{i % 28 + 1:02}" for i in range(400)]
            for day, before, close in zip(days, [closes[0], *closes[:-1]], closes, strict=True):
                high, low = max(before, close) * 1.01, min(before, close) * 0.99
                writer.writerow([symbol, day, before, high, low, close, 1000])
    return path


def test_lookahead_without_a_trade_proves_nothing(backtest: Backtest, prices: Path) -> None:
    asked = ["lookahead", "--strategy", "ema_cross", "--csv", prices, "--symbol", "IBM", "--cash", "1"]
    ended = backtest(*asked)
    assert ended.code == 1
    assert "IBM: it did not trade, so nothing is proven: none of its " in ended.err
    assert "nothing was found" not in ended.err
    ended = backtest(*asked, "--json")
    assert (ended.code, ended.json["honest"], ended.json["proven"]) == (1, True, False)
    (note,) = ended.json["notes"]
    assert note.startswith("IBM: it did not trade, so nothing is proven: ")
    traded = backtest(*asked[:-1], "100000", "--json")
    assert (traded.code, traded.json["proven"], traded.json["notes"]) == (0, True, [])


def test_lookahead_ends_with_0_for_the_honest_and_1_for_a_fill_at_the_close(backtest: Backtest, prices: Path) -> None:
    asked = ["lookahead", "--strategy", "ema_cross", "--csv", prices, "--symbol", "IBM", "--set", "fast=3"]
    honest, dishonest = backtest(*asked, "--json"), backtest(*asked, "--json", "--fill", "close")
    assert (honest.code, dishonest.code) == (0, 1)
    assert honest.json["honest"] is True
    assert honest.json["params"] == {"fast": 3, "slow": 21}
    (check,) = honest.json["checks"]
    assert check["symbol"] == "IBM"
    assert check["cuts"] > 250
    assert check["fills"] > 5
    assert dishonest.json["honest"] is False
    assert dishonest.json["checks"][0]["decisions_changed"] == []
    assert len(dishonest.json["checks"][0]["fills_moved"]) == dishonest.json["checks"][0]["fills"]
    assert "nothing was found in what was tried" in backtest(*asked).err
    said = backtest(*asked, "--fill", "close")
    assert said.code == 1
    assert "it LOOKS AHEAD" in said.err
    assert " when only what comes after the open of 2001-" in said.err


def test_walk_forward_tells_every_fold(backtest: Backtest, prices: Path, tmp_path: Path) -> None:
    asked = ["walk-forward", "--strategy", "sma_cross", "--csv", prices, "--symbol", "KO", *SHORT]
    grid = ["--set", "fast=2,4", "--set", "slow=8:16:8", "--set", "trend=0"]
    found = backtest(*asked, *grid, "--json", "--report", tmp_path / "walk.html").json
    assert found["metric"] == "sharpe"
    assert [fold["traded"][0] for fold in found["folds"]] == sorted(fold["traded"][0] for fold in found["folds"])
    assert len(found["folds"]) == 5
    assert {fold["params"]["slow"] for fold in found["folds"]} <= {8, 16}
    assert found["start"] == found["folds"][0]["traded"][0]
    assert found["n_trades"] == sum(fold["n_trades"] for fold in found["folds"])
    assert "Every bar is out of sample." in (tmp_path / "walk.html").read_text()
    told = backtest(*asked)
    assert told.code == 0
    assert "sma_cross, chosen 5 times" in told.out
    assert "buy and hold" in told.out
    assert "the newest bars lead to sma_cross(fast=" in told.err


def test_compare_tells_what_each_pair_made(backtest: Backtest, prices: Path) -> None:
    both = ["compare", "--csv", prices, "--symbol", "IBM", "--symbol", "KO"]
    chosen = ["--strategy", "sma_cross:fast=3,slow=9,trend=0", "--strategy", "momentum:lookback=500"]
    rows = backtest(*both, *chosen, "--json").json
    assert [(row["strategy"], row["symbol"], "trouble" in row) for row in rows] == [
        ("sma_cross", "IBM", False),
        ("sma_cross", "KO", False),
        ("momentum", "IBM", True),
        ("momentum", "KO", True),
    ]
    assert rows[0]["params"] == {"fast": 3, "slow": 9, "trend": 0}
    single = backtest("run", "--strategy", "sma_cross", "--csv", prices, "--symbol", "IBM", "--json",
                      "--set", "fast=3", "--set", "slow=9", "--set", "trend=0").json  # fmt: skip
    assert {key: rows[0][key] for key in ("total_return", "sharpe", "n_trades", "buy_and_hold_return")} == {
        key: single[key] for key in ("total_return", "sharpe", "n_trades", "buy_and_hold_return")
    }
    told = backtest(*both, *chosen)
    assert "buy and hold" in told.out
    assert "momentum on KO: momentum(lookback=500, skip=21, threshold=0.0) needs 501 bars" in told.err
    assert "max drawdown" in backtest(*both, *chosen, "--metric", "max_drawdown").out
    one = backtest("compare", "--csv", prices, "--symbol", "KO")
    assert "donchian_breakout" in one.out
    assert "KO, 2001-01-01 .. " in one.out


def test_recommend_says_none_for_luck_and_shows_how_many_settings_were_tried(
    backtest: Backtest, prices: Path, tmp_path: Path
) -> None:
    asked = ["recommend", "--csv", prices, "--symbol", "IBM", *SHORT]
    found = backtest(*asked, "--json", "--report", tmp_path / "best.html").json
    assert (found["recommendation"], found["params"]) == ("none", None)
    assert found["symbol"] == "IBM"
    assert found["trials"] > 50
    assert 0 <= found["deflated_sharpe"] < 0.95
    assert found["deflated_sharpe"] == found["candidates"][0]["deflated_sharpe"]
    assert all(candidate["objection"] for candidate in found["candidates"])
    assert "Recommended" in (tmp_path / "best.html").read_text()
    told = backtest(*asked, "--strategy", "ema_cross", "--strategy", "sma_cross")
    assert told.code == 0
    assert "recommended: none" in told.err
    assert "none of 2 strategies survives out of sample" in told.err
    assert "settings tried" in told.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lookahead", "--strategy", "sma"], "there is no strategy 'sma'; known are: buy_and_hold, "),
        (["lookahead", "--strategy", "sma_cross", "--set", "quick=3"], "defaults are: fast=7, slow=21, trend=50"),
        (["lookahead", "--strategy", "sma_cross", "--stop-loss", "5"], "stop_loss must be between 0 and 1"),
        (["walk-forward", "--strategy", "sma_cross"], "IBM has 400 bars, and 756 are needed to choose on"),
        (["walk-forward", "--strategy", "sma_cross", "--metric", "luck", *SHORT], "there is no metric 'luck'"),
        (["walk-forward", "--strategy", "sma_cross", "--from", "2010-01-01"], "IBM has no bars in this range"),
        (["walk-forward", "--strategy", "sma_cross", "--symbol", "KO"], "this takes one symbol, not 2"),
        (["compare", "--metric", "luck"], "there is no metric 'luck'; there are alpha, average_duration, bars"),
        (["compare", "--strategy", "sma_cross:fast"], "--set takes key=value"),
        (["compare", "--strategy", "sma_cross:fast=99"], r"fast (99) must be below slow (21)"),
        (["compare", "--cash", "-1"], "cash must be above 0, not -1"),
        (["recommend"], "no strategy can be reviewed: IBM has 400 bars"),
        (["recommend", "--strategy", "luck"], "there is no strategy 'luck'"),
        (["recommend", "--from", "2002-01-01", "--to", "2001-01-01"], "--from 2002-01-01 is after --to 2001-01-01"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    backtest: Backtest, prices: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    report = ["--report", str(tmp_path / "r.html")] if arguments[0] in {"walk-forward", "recommend"} else []
    ended = backtest(*arguments, *report, "--csv", prices, "--symbol", "IBM")
    assert ended.code == 2
    assert sentence in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify-live", "--strategy", "sma"], "there is no strategy 'sma'; known are: buy_and_hold, "),
        (["verify-live", "--csv", "x"], "no such option: --csv (see `"),
        (["run"], "missing option '--strategy' (see `"),
        (["lok-ahead"], "no such command 'lok-ahead'"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(backtest: Backtest, arguments: list[str], sentence: str) -> None:
    ended = backtest(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.lower().startswith(f"error: {sentence}".lower())
    assert ended.err.count("\n") == 1


def test_nothing_asked_for_shows_the_commands(backtest: Backtest) -> None:
    ended = backtest()
    assert ended.code == 2
    assert "\n  verify-live " in ended.out + ended.err


@pytest.mark.parametrize("command", ["lookahead", "walk-forward", "compare", "recommend", "verify-live"])
def test_help_teaches(backtest: Backtest, command: str) -> None:
    ended = backtest(command, "--help")
    assert ended.code == 0
    assert "--json" in ended.out
    assert command == "verify-live" or f"Example: backtest {command} --s" in ended.out


def test_help_lists_the_commands_in_the_order_of_use(backtest: Backtest) -> None:
    told = backtest("--help").out
    places = [told.index(f"\n  {name} ") for name in ("run", "sweep", "walk-forward", "compare", "recommend",
                                                     "lookahead", "verify-live", "list")]  # fmt: skip
    assert places == sorted(places)


def traded(found: Any) -> int:
    """How often it was traded, as the JSON of any command tells."""
    if isinstance(found, list):
        return sum(map(traded, found))
    for name in ("n_trades", "fills"):
        if name in found:
            return int(found[name])
    return next(traded(found[name]) for name in ("top", "candidates", "checks") if name in found)


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
