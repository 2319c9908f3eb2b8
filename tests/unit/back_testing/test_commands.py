"""The upper commands of `backtest`, in process, on files: what they print, and how they end."""

from pathlib import Path

import pytest

from support.backtest_program import SHORT, Backtest

pytestmark = pytest.mark.unit


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
