"""Backtests on text and figures that are stored in a real database."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.fundamentals import PostgresFundamentals
from algo_trading.adapters.postgres.posts import PostgresMentions, PostgresPosts
from algo_trading.adapters.postgres.scores import PostgresThresholds
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.cli import main as algo_trading
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import moment_of
from algo_trading.repositories.bars import bars_table
from algo_trading.repositories.posts import Annotation
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.services.features import JoinFeatures
from algo_trading.strategies.volatility_drop import VolatilityDrop
from back_testing.cli import main
from fakes.assignments import FakeAssignments, assigned, strategies_among
from support.bar_series import bars_of, period_at, random_walk
from support.factories import chatter, looked_up, post_of
from support.postgres_server import TestServer

NO_DIVIDENDS = "the database has no dividends of IBM: the return is that of the price alone where any was paid"

pytestmark = pytest.mark.integration

IBM = Instrument("IBM")
BARS = bars_of(100 * (random_walk(300, 3) / 100) ** 2, "IBM")
EAGER = ["--set", "drop=-1", "--set", "hold=4"]
MOODY = [*EAGER, "--set", "sigmas=1", "--set", "sentiment=-0.2"]
WATCHED = '[[watchlists]]\nname = "stocks"\nvenue = "XNYS"\nsource = "sample"\nintervals = ["1d"]\n'
GLOOMY = VolatilityDrop(window=3, sigmas=0.5, drop=-0.5, sentiment=0.2, hold=2)

Backtest = Callable[..., tuple[int, Any, str]]


@pytest.fixture(scope="module")
def filled(postgres: TestServer) -> Iterator[str]:
    """The name of a database with IBM, two posts a day about it and figures each week."""
    with postgres.own_database() as url:
        database = Database(url)
        PostgresBars(database).upsert(bars_table([BARS]), "test")
        mentions, posts = chatter(BARS, a_day=2), PostgresPosts(database)
        posts.add([post_of(mention) for mention in mentions])
        posts.store_annotations([Annotation(m.post, m.sentiment, m.topic, (m,)) for m in mentions])
        PostgresFundamentals(database).add(looked_up(BARS), "test")
        database.close()
        yield str(make_url(url).database)


@pytest.fixture
def database_url(postgres: TestServer, filled: str) -> Iterator[str]:
    """A copy of that: copying takes a tenth of the time of writing it anew."""
    with postgres.own_database(filled) as url:
        yield url


@pytest.fixture
def backtest(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Backtest:
    """Runs `backtest COMMAND --json` on the copy."""
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALGO_DATABASE_URL", database_url)

    def run(command: str, *arguments: str) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["backtest", command, "--json", *arguments])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


def test_strategies_on_text_trade_what_is_stored(backtest: Backtest) -> None:
    asked = ("--symbol", "IBM", "--cash", "1000000")
    for strategy, settings in (("event_driven", EAGER), ("volatility_drop", MOODY), ("influencer_mention", [])):
        code, document, _ = backtest("run", "--strategy", strategy, *asked, *settings)
        assert code == 0
        assert document["n_trades"] > 2, strategy
    assert document["order_from"] == "high"  # of influencer_mention
    assert document["below_order_level"] > document["n_trades"]
    _, plain, _ = backtest("run", "--strategy", "sma_cross", *asked)
    assert plain["data_hash"] != document["data_hash"]  # it covers the text


def test_no_more_shares_than_the_strategy_asks_for(backtest: Backtest, tmp_path: Path) -> None:
    trades = tmp_path / "trades.csv"
    backtest("run", "--strategy", "volatility_drop", "--symbol", "IBM", *EAGER, "--trades", str(trades))
    header, *rows = [line.split(",") for line in trades.read_text().splitlines()]
    assert {float(row[header.index("size")]) for row in rows} == {10.0}


def test_nothing_is_proven_where_nothing_was_written(backtest: Backtest, database: Database) -> None:
    PostgresBars(database).upsert(bars_table([replace(BARS, instrument=Instrument("MSFT"))]), "test")
    code, found, _ = backtest("lookahead", "--strategy", "volatility_drop", "--symbol", "MSFT")
    assert (code, found["honest"], found["proven"], found["checks"][0]["fills"]) == (1, True, False, 0)
    assert found["notes"][0].startswith(
        "MSFT: it did not trade, so nothing is proven: volatility_drop needs sentiment, unknown for MSFT on every bar"
    )
    asked = ("--strategy", "volatility_drop", "--symbol", "MSFT", "--symbol", "IBM", *MOODY)
    code, found, _ = backtest("lookahead", *asked)
    assert (code, found["proven"], [check["proven"] for check in found["checks"]]) == (0, True, [False, True])
    assert len(found["notes"]) == 1


def test_figures_that_the_database_does_not_have_are_told(
    backtest: Backtest, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    msft = replace(BARS, instrument=Instrument("MSFT"))
    PostgresBars(database).upsert(bars_table([msft]), "test")
    asked = ("--strategy", "volatility_drop", "--symbol", "MSFT", "--to", str(msft.session(200)))
    for command, *more in (
        ["run"],
        ["sweep", "--set", "window=5:10:5"],
        ["walk-forward", "--set", "window=5", "--in-sample", "100", "--out-of-sample", "50"],
        ["compare"],
        ["recommend", "--in-sample", "100", "--out-of-sample", "50"],
    ):
        code, found, _ = backtest(command, *asked, *more)
        prices, note = found[0]["notes"] if command == "compare" else found["notes"]
        assert prices.startswith("the database has no dividends of MSFT: ")
        assert code == 0
        assert note.startswith("volatility_drop needs sentiment, unknown for MSFT on every bar from 2000-")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["backtest", command, *asked, *more])
            with pytest.raises(SystemExit):
                main()
        assert note in capsys.readouterr().err
    page = tmp_path / "report.html"
    _, found, _ = backtest("run", *asked, "--report", str(page))
    assert "volatility_drop needs sentiment, unknown for MSFT" in page.read_text()
    _, found, _ = backtest("run", "--strategy", "volatility_drop", "--symbol", "IBM")
    assert found["notes"] == [NO_DIVIDENDS]


def test_a_file_of_figures_lets_a_strategy_trade(
    backtest: Backtest, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM fundamentals"))
    asked = ("--strategy", "event_driven", "--symbol", "IBM", "--cash", "1000000", *EAGER)
    _, before, _ = backtest("run", *asked)
    assert before["n_trades"] == 0
    assert "`algo-trading import-fundamentals FILE`" in before["notes"][1]
    figures = tmp_path / "pe.csv"
    figures.write_text("\ufeffsymbol,seen,pe_ratio,market_cap\r\nIBM,1999-12-01T16:00:00-05:00,12.5,2e11\r\n")

    def bring(file: Path) -> tuple[int, str, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", ["algo-trading", "import-fundamentals", str(file), "--json"])
            with pytest.raises(SystemExit) as ended:
                algo_trading()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    assert json.loads(bring(figures)[1]) == {"read": 1, "stored": 1, "known": 0, "unwatched": []}
    assert json.loads(bring(figures)[1]) == {"read": 1, "stored": 0, "known": 1, "unwatched": []}
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT source FROM fundamentals")).scalars().all() == ["file"]
    _, after, _ = backtest("run", *asked)
    assert after["n_trades"] > 2
    assert after["notes"] == before["notes"][:1] == [NO_DIVIDENDS]
    figures.write_text("symbol,seen,pe_ratio\nIBM,yesterday,12.5\n")
    code, _, told = bring(figures)
    assert code == 2
    assert "pe.csv, line 2: seen is a moment in ISO 8601 with its zone" in told
    figures.write_bytes(b"symbol,seen,pe_ratio\nIBM,\xff,1\n")
    code, _, told = bring(figures)
    assert code == 2
    assert "pe.csv cannot be read as a text in UTF-8" in told


def test_figures_of_a_stranger_are_stored_with_a_note(
    backtest: Backtest,  # noqa: ARG001 - it has IBM's bars in the database
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = tmp_path / "algo-trading.toml"
    config.write_text(WATCHED + 'symbols = ["KO"]\n[[strategies]]\nname = "event_driven"\n')
    monkeypatch.setenv("ALGO_CONFIG", str(config))
    figures = tmp_path / "pe.csv"
    names = ("IBM", "KO", "ibm", *(f"ZZ{number}" for number in range(10, 23)))
    rows = [f"{name},2000-01-03T16:00:00Z,12\n" for name in names]
    figures.write_text("".join(["symbol,seen,pe_ratio\n", *rows]))
    monkeypatch.setattr(sys, "argv", ["algo-trading", "import-fundamentals", str(figures)])
    with pytest.raises(SystemExit) as ended:
        algo_trading()
    out, err = capsys.readouterr()
    assert not ended.value.code
    assert out == "16 rows: 15 stored, 1 known already\n"  # ibm is IBM
    listed = ", ".join(f"ZZ{number}" for number in range(10, 22))
    assert err == f"neither watched nor with bars: {listed} and 1 more; their figures are stored all the same\n"


@pytest.mark.parametrize(("strategy", "settings"), [("event_driven", EAGER), ("influencer_mention", [])])
def test_none_of_them_looks_ahead(backtest: Backtest, strategy: str, settings: list[str]) -> None:
    code, document, _ = backtest(
        "lookahead", "--strategy", strategy, "--symbol", "IBM", "--from", "2000-06-01", *settings
    )
    (report,) = document["checks"]
    assert (code, report["decisions_changed"], report["fills_moved"]) == (0, [], [])
    assert report["cuts"] > 200
    assert report["fills"] > 2


def test_every_other_command_knows_the_text(backtest: Backtest) -> None:
    drop = ("--strategy", "volatility_drop", "--symbol", "IBM")
    _, swept, _ = backtest("sweep", *drop, *EAGER, "--set", "window=5:10:5")
    assert swept["tried"] == 2
    assert swept["top"]
    code, walked, _ = backtest("walk-forward", *drop, *EAGER, "--in-sample", "150", "--out-of-sample", "50")
    assert code == 0
    assert walked["folds"]
    code, compared, _ = backtest(
        "compare", "--symbol", "IBM", "--strategy", "event_driven:drop=-1", "--strategy", "ema_cross"
    )
    assert [row["strategy"] for row in compared] == ["event_driven", "ema_cross"]
    assert "trouble" not in compared[0]
    _, compared, _ = backtest("compare", "--symbol", "IBM")
    assert {row["strategy"] for row in compared if "trouble" not in row} >= {"event_driven", "volatility_drop"}
    code, found, _ = backtest("recommend", *drop, "--in-sample", "150", "--out-of-sample", "50")
    assert code == 0
    assert [row["strategy"] for row in found["candidates"]] == ["volatility_drop"]


def test_what_was_decided_live_on_text_is_derived_again(backtest: Backtest, database: Database) -> None:
    join = JoinFeatures(PostgresMentions(database), PostgresFundamentals(database), PostgresThresholds(database))
    bars, actions, signals = PostgresBars(database), PostgresCorporateActions(database), PostgresSignals(database)
    assignments, strategies = FakeAssignments(assigned((GLOOMY, IBM))), strategies_among((GLOOMY, IBM))
    evaluate = EvaluateStrategies(bars, actions, join, signals, assignments, strategies)
    for index in range(200, 240):
        evaluate(period_at(BARS, index), [Series(IBM)])
    assert any(signal.shares for signal in signals.of_series(Series(IBM)))
    code, report, _ = backtest("verify-live")
    assert (code, report["checked"], report["agreed"], report["revised"]) == (0, 40, 40, 0)
    late = replace(chatter(BARS, seed=9)[0], available_at=moment_of(BARS.closed_at[220]) - timedelta(minutes=1))
    late = replace(late, post=replace(late.post, id="late"))
    posts = PostgresPosts(database)
    posts.add([post_of(late)])
    posts.store_annotations([Annotation(late.post, late.sentiment, late.topic, (late,))])
    code, report, _ = backtest("verify-live")
    assert (code, report["checked"], report["mismatches"]) == (0, 40, [])
    assert report["revised"] == GLOOMY.memory  # those that read the bar on which it was written


@pytest.mark.parametrize("command", ["run", "sweep", "lookahead", "walk-forward", "recommend"])
def test_a_file_tells_no_text(backtest: Backtest, tmp_path: Path, command: str) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("Date,Open,High,Low,Close,Volume\n2024-01-02,1,1,1,1,1\n")
    code, _, told = backtest(command, "--strategy", "event_driven", "--csv", str(prices))
    assert code == 2
    assert (
        "event_driven needs impact, pe_ratio, which a file of bars does not contain: name a symbol of the database "
        "with --symbol, without --csv"
    ) in " ".join(told.split())
