"""The command `backtest`: what it prints, what it refuses, what it writes."""

import csv
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from algo_trading.errors import ConfigError
from back_testing.cli import main
from back_testing.cli.bars import BARS, bar_source
from back_testing.cli.options import grid, parameters, value_of
from support.bar_series import random_walk
from support.report_pages import charts_in, numbers

pytestmark = pytest.mark.unit

KEYS = {
    *("final_equity", "total_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown"),
    *("max_drawdown_days", "exposure", "n_trades", "win_rate", "profit_factor", "expectancy", "buy_and_hold_return"),
    *("alpha", "beta", "costs_paid", "start", "end", "bars", "trades", "lookahead"),
}
TRADE_KEYS = {"entry_time", "entry_price", "exit_time", "exit_price", "size", "pnl", "return", "reason"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


Backtest = Callable[..., Ended]


@pytest.fixture
def backtest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Backtest:
    """Runs the command in this process."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["backtest", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A file with two years of daily bars."""
    path = tmp_path / "acme.csv"
    closes = random_walk(500, 3)
    days = np.datetime64("2020-01-01") + np.arange(500)
    rows = [
        f"{d},{c * 0.999:.4f},{c * 1.01:.4f},{c * 0.99:.4f},{c:.4f},1000" for d, c in zip(days, closes, strict=True)
    ]
    path.write_text("\n".join(["Date,Open,High,Low,Close,Volume", *rows]) + "\n")
    return path


def run_arguments(prices: Path, *more: object) -> Sequence[object]:
    return ("run", "--strategy", "sma_cross", "--csv", prices, "--set", "fast=5", "--set", "slow=20", *more)


def test_json_has_every_figure(backtest: Backtest, prices: Path) -> None:
    document = backtest(*run_arguments(prices, "--json")).document
    assert document.keys() >= KEYS
    assert (document["start"], document["end"], document["bars"]) == ("2020-01-01", "2021-05-14", 500)
    assert document["trades"]
    for trade in document["trades"]:
        assert trade.keys() >= TRADE_KEYS
    assert document["n_trades"] == len(document["trades"])
    assert document["final_equity"] == pytest.approx(10_000 + sum(trade["pnl"] for trade in document["trades"]))
    assert document["total_return"] == pytest.approx(document["final_equity"] / 10_000 - 1)
    assert document["lookahead"] is False


def test_a_person_sees_tables_and_the_benchmark(backtest: Backtest, prices: Path) -> None:
    ended = backtest(*run_arguments(prices))
    assert ended.code == 0
    for words in ("buy and hold", "Sharpe ratio", "Maximum drawdown", "Trades", "2020-01-01 .. 2021-05-14"):
        assert words in ended.out
    assert "each entry takes the whole equity" in ended.err
    assert max(map(len, ended.out.splitlines())) <= 80


def test_no_trade_is_null_not_nan(backtest: Backtest, prices: Path) -> None:
    document = backtest(
        *run_arguments(prices, "--json", "--to", "2020-03-01", "--cash", "1", "--set", "trend=0")
    ).document
    assert document["n_trades"] == 0
    assert document["win_rate"] is document["sharpe"] is None
    assert document["final_equity"] == 1
    assert document["refused"] > 0


def test_fills_at_the_close_are_called_lookahead(backtest: Backtest, prices: Path) -> None:
    ended = backtest(*run_arguments(prices, "--fill", "close"))
    assert "--fill close is look-ahead" in ended.err
    assert backtest(*run_arguments(prices, "--fill", "close", "--json")).document["lookahead"] is True


def test_every_rule_reaches_the_engine(backtest: Backtest, prices: Path) -> None:
    rules = ["--cash", "5000", "--commission", "0.002", "--commission-fixed", "1", "--slippage-bps", "10"]
    rules += ["--direction", "long_short", "--size", "fraction:0.5", "--fractional", "--stop-loss", "0.02"]
    rules += [
        "--take-profit",
        "0.03",
        "--trailing-stop",
        "0.04",
        "--keep-open",
        "--from",
        "2020-04-01",
        "--max-age",
        "60",
    ]
    document = backtest(*run_arguments(prices, *rules, "--json")).document
    assert document["start"] == "2020-04-01"
    assert {trade["reason"] for trade in document["trades"]} >= {"stop_loss", "take_profit", "max_age"}
    assert {trade["side"] for trade in document["trades"]} == {"long", "short"}
    assert any(trade["size"] != round(trade["size"]) for trade in document["trades"])
    assert document["costs_paid"] > 0
    assert document["allocation"] == "each entry takes 0.5 of the equity"


def test_a_part_of_a_share_is_bought_where_fractions_are(backtest: Backtest, prices: Path) -> None:
    document = backtest(*run_arguments(prices, "--size", "shares:1.5", "--fractional", "--json")).document
    assert {trade["size"] for trade in document["trades"]} == {1.5}
    whole = backtest(*run_arguments(prices, "--size", "shares:2.0", "--json")).document
    assert {trade["size"] for trade in whole["trades"]} == {2}


def test_trades_and_report_are_written(backtest: Backtest, prices: Path, tmp_path: Path) -> None:
    trades, report = tmp_path / "trades.csv", tmp_path / "report.html"
    ended = backtest(*run_arguments(prices, "--json", "--trades", trades, "--report", report))
    with trades.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["entry_time"] for row in rows] == [trade["entry_time"] for trade in ended.document["trades"]]
    assert report.read_text(encoding="utf-8").lstrip().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--strategy", "luck"], "there is no strategy 'luck'; known are: buy_and_hold, "),
        (["--set", "quick=1"], "sma_cross has no parameter 'quick'; its parameters and defaults are: fast=7"),
        (["--set", "fast=50"], "fast (50) must be below slow (21)"),
        (["--set", "fast"], "--set takes key=value"),
        (["--cash", "-5"], "cash must be above 0, not -5"),
        (["--cash", "nan"], "cash must be above 0, not nan"),
        (["--commission", "1"], "commission must be at least 0 and below 1, not 1"),
        (["--commission-fixed", "-1"], "commission_fixed must be at least 0, not -1"),
        (["--slippage-bps", "10000"], "slippage_bps must be at least 0 and below 10000"),
        (["--stop-loss", "5"], "stop_loss must be between 0 and 1 (0.05 is 5 %), not 5"),
        (["--trailing-stop", "0"], "trailing_stop must be between 0 and 1"),
        (["--take-profit", "-1"], "take_profit must be above 0"),
        (["--max-age", "0"], "max_age must be above 0 hours and at most 87660, not 0"),
        (["--max-age", "1e300"], "max_age must be above 0 hours and at most 87660, not 1e+300"),
        (["--size", "fraction:2"], "a fraction of the equity is at most 1, not 2"),
        (["--size", "cash:0"], "the size of cash must be above 0, not 0"),
        (["--size", "shares:1.5"], "the size shares:1.5 is no whole number of shares: name a whole one, or trade"),
        (["--size", "shares:0.5"], "or trade fractions of shares with --fractional"),
        (
            ["--size", "lots"],
            "the size is all, fraction:0.5, cash:1000, shares:10, volatility:0.15 or risk:0.01, not 'lots'",
        ),
        (["--fill", "now"], "--fill is next_open or close, not 'now'"),
        (["--direction", "up"], "--direction is long or long_short, not 'up'"),
        (["--from", "2030-01-01"], "ACME has no bars in this range: they are from 2020-01-01 to 2021-05-14"),
        (["--to", "1990-01-01"], "there are no bars of ACME in this range"),
        (["--to", "2020-01-20"], "needs 50 bars before its first decision, and there are 20 of ACME"),
        (["--from", "2021-01-01", "--to", "2020-06-01"], "--from 2021-01-01 is after --to 2020-06-01"),
        (["--symbol", "A", "--symbol", "B"], "has no bars of A; it has ACME"),
        (["--calendar", "MOON"], "there is no venue 'MOON'"),
    ],
)
def test_wrong_input_is_one_sentence_and_writes_nothing(
    backtest: Backtest, prices: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    report = tmp_path / "report.html"
    ended = backtest("run", "--strategy", "sma_cross", "--csv", prices, "--report", report, *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert sentence in ended.err
    assert ended.err.count("\n") == 1
    assert not report.exists()


def test_a_folder_that_is_not_there(backtest: Backtest, prices: Path, tmp_path: Path) -> None:
    for option in ("--report", "--trades"):
        ended = backtest(*run_arguments(prices, option, tmp_path / "no" / "file"))
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert "cannot be written: No such file or directory" in ended.err


def test_neither_symbol_nor_file(backtest: Backtest) -> None:
    ended = backtest("run", "--strategy", "sma_cross")
    assert (ended.code, ended.out) == (2, "")
    assert "name a symbol of the database with --symbol, or a file of bars with --csv" in ended.err


def test_the_strategies_are_listed(backtest: Backtest) -> None:
    document = backtest("list", "--json").document
    by_name = {strategy["name"]: strategy for strategy in document}
    assert by_name["sma_cross"]["params"] == {"fast": 7, "slow": 21, "trend": 50}
    assert "sma_cross" in backtest("list").out


SWEEP = ("sweep", "--strategy", "sma_cross", "--set", "fast=3:8", "--set", "slow=5:20:5", "--set", "trend=0")


def test_a_sweep_shows_the_best(backtest: Backtest, prices: Path) -> None:
    document = backtest(*SWEEP, "--csv", prices, "--top", "3", "--metric", "calmar", "--json").document
    assert (document["settings"], document["tried"], document["refused"]) == (24, 24, 4)
    assert document["interrupted"] is False
    calmars = [row["calmar"] for row in document["top"]]
    assert len(calmars) == 3
    assert calmars == sorted(calmars, reverse=True)
    best = document["top"][0]
    chosen = [f"{name}={best[name]}" for name in ("fast", "slow", "trend")]
    single = backtest(
        "run", "--strategy", "sma_cross", "--csv", prices, "--json", *(a for text in chosen for a in ("--set", text))
    ).document
    assert best["total_return"] == pytest.approx(single["total_return"])
    assert document["buy_and_hold_return"] == pytest.approx(single["buy_and_hold_return"])


def test_a_sweep_for_a_person(backtest: Backtest, prices: Path, tmp_path: Path) -> None:
    page = tmp_path / "map.html"
    ended = backtest(*SWEEP, "--csv", prices, "--heatmap", page)
    assert "Best of 20 settings by sharpe, ACME; buy and hold made" in ended.out
    assert "4 invalid combinations skipped" in ended.err
    text = page.read_text(encoding="utf-8")
    assert "http-equiv" not in text
    drawn = charts_in(text)["heatmap"]
    assert (drawn["down"]["values"], drawn["across"]["values"]) == ([*"345678"], ["5", "10", "15", "20"])
    cells = numbers(drawn["cells"]).reshape(6, 4)
    assert np.isnan(cells[:, 0]).tolist() == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--set", "fast=8:3"], "the range fast=8:3 is empty"),
        (["--set", "fast=1:9:0"], "the range fast=1:9:0 is empty"),
        (["--set", "fast=a:b"], "a range is written first:last or first:last:step, not fast=a:b"),
        (["--set", "fast=1:2000001"], "fast=1:2000001 has 2,000,001 values, and 1,000,000 are the most"),
        (["--set", "fast=5", "--metric", "luck"], "there is no metric 'luck'"),
        (["--set", "fast=5", "--heatmap", "x.html"], "a heatmap needs two parameters with several values each"),
        (["--set", "fast=50:60", "--set", "slow=10"], "not one setting of the grid can be run"),
    ],
)
def test_a_wrong_sweep_is_one_sentence(backtest: Backtest, prices: Path, arguments: list[str], sentence: str) -> None:
    ended = backtest("sweep", "--strategy", "sma_cross", "--csv", prices, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals reach the main thread")
def test_ctrl_c_shows_what_is_done_so_far(backtest: Backtest, prices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from back_testing.search import sweep as sweeping

    def interrupt(block: sweeping.SweepBlock) -> int:
        if block.tried >= 12:
            os.kill(os.getpid(), signal.SIGINT)
        return len(block.statistics["sharpe"])

    monkeypatch.setattr(sweeping, "BLOCK", 6)
    monkeypatch.setattr(sweeping.SweepBlock, "__len__", interrupt)
    before = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # what a shell starts in the background ignores it
    try:
        ended = backtest(*SWEEP, "--csv", prices, "--json")
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.code == 130
    assert ended.document["interrupted"] is True
    assert 0 < ended.document["tried"] < 24
    assert ended.document["top"]
    assert "interrupted after" in ended.err


def test_help_teaches(backtest: Backtest) -> None:
    for command in ((), ("run",), ("sweep",), ("list",)):
        ended = backtest(*command, "--help")
        assert ended.code == 0
        assert len(ended.out) > 200
    assert "Example: backtest run --strategy sma_cross" in backtest("run", "--help").out.replace("\n", " ").replace(
        "  ", " "
    )


def test_values_are_read_as_they_are_written() -> None:
    assert [value_of(text) for text in ("5", "0.5", "true", "False", "1e-3", "abc")] == [
        5,
        0.5,
        True,
        False,
        0.001,
        "abc",
    ]
    assert parameters(["a=1", "b = x "]) == {"a": 1, "b": "x"}
    assert parameters(None) == {}
    with pytest.raises(ConfigError, match="--set names a twice"):
        parameters(["a=1", "a=2"])


def test_a_grid_has_both_ends() -> None:
    assert grid(["a=5:8", "b=20:30:5", "c=1,5,9", "d=7", "e=0.1:0.5:0.2", "f=up"]) == {
        "a": [5, 6, 7, 8],
        "b": [20, 25, 30],
        "c": [1, 5, 9],
        "d": [7],
        "e": pytest.approx([0.1, 0.3, 0.5]),
        "f": ["up"],
    }


def test_no_range_is_no_bound() -> None:
    source = bar_source({name: default for name, (_, default) in BARS.items()})
    assert (source.first, source.last) == (None, None)
