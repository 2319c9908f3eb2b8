"""Backtests of symbols in a real database: point-in-time adjustment, watchlists, and symbols that are not there."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import bootstrap
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.bars import bars_table
from back_testing.cli import main
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.integration

WATCHED = """
[[watchlists]]
name = "stocks"
venue = "XNYS"
source = "sample"
intervals = ["1d"]
symbols = ["AAPL", "IBM"]

[[strategies]]
name = "sma_cross"
"""
Backtest = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def backtest(
    database: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Backtest:
    """Runs `backtest run --json` on a database with ACME, split in the middle, and OTHER."""
    walk = random_walk(300, 3)
    traded = np.where(np.arange(300) < 150, 2 * walk, walk)
    bars = PostgresBars(database)
    for symbol, closes in (("ACME", traded), ("OTHER", walk), ("AAPL", walk), ("IBM", walk)):
        bars.upsert(bars_table([replace(bars_of(closes, symbol))]), "test")
    split = CorporateAction(Instrument("ACME"), bars_of(walk).session(150), ActionKind.SPLIT, 2.0)
    PostgresCorporateActions(database).upsert([split], "test")
    config = tmp_path / "algo-trading.toml"
    config.write_text(WATCHED)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALGO_CONFIG", str(config))
    monkeypatch.setenv("ALGO_DATABASE_URL", database_url)
    with bootstrap() as application:
        application.apply_config()()

    def run(*arguments: str) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["backtest", "run", "--strategy", "sma_cross", "--json", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


def test_a_split_is_no_fall_unless_the_raw_prices_are_asked_for(backtest: Backtest) -> None:
    _, adjusted, _ = backtest("--symbol", "ACME")
    _, never_split, _ = backtest("--symbol", "OTHER")
    _, raw, _ = backtest("--symbol", "ACME", "--raw")
    figures = ("final_equity", "sharpe", "max_drawdown", "n_trades", "buy_and_hold_return")
    assert [adjusted[name] for name in figures] == [never_split[name] for name in figures]
    assert raw["max_drawdown"] != adjusted["max_drawdown"]
    assert raw["buy_and_hold_return"] < adjusted["buy_and_hold_return"] - 0.2


def test_a_range_ends_with_its_last_session(backtest: Backtest) -> None:
    _, document, _ = backtest("--symbol", "ACME", "--from", "2000-04-01", "--to", "2000-06-30")
    assert (document["start"], document["end"]) == ("2000-04-01", "2000-06-30")


def test_several_symbols_share_the_capital(backtest: Backtest) -> None:
    _, document, _ = backtest("--symbol", "ACME", "--symbol", "OTHER")
    assert document["symbols"] == ["ACME", "OTHER"]
    assert document["allocation"] == "the capital is shared equally: each entry takes 1/2 of the equity"
    _, watched, _ = backtest("--symbol", "watchlist")
    assert watched["symbols"] == ["AAPL", "IBM"]


def test_a_symbol_that_is_not_there(backtest: Backtest) -> None:
    code, document, err = backtest("--symbol", "NOPE")
    assert (code, document) == (2, None)
    assert err.startswith("error: the database has no bars of NOPE (XNYS); bring some with")
    _, _, err = backtest("--symbol", "AAPLE")
    assert err.startswith("error: the database has no bars of AAPLE (XNYS) (did you mean AAPL?); bring some with")
    _, document, _ = backtest("--symbol", "aapl")
    assert document["symbols"] == ["AAPL"]
