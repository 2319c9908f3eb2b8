"""The program `backtest` in this process, and prices for it."""

import csv
import sys
from pathlib import Path

import pytest

from back_testing.analysis.lookahead_cuts import ask
from back_testing.cli import main
from support.backtest_program import Backtest, Ended
from support.bar_series import random_walk


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
