"""The commands `scores` and `tune` on stored candles."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.database import Database
from algo_trading.adapters.postgres.scores import PostgresThresholds
from algo_trading.cli.commands import app
from algo_trading.domain.scores import usable_after
from algo_trading.domain.time import Interval, moment_of
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.repositories.bars import bars_table
from back_testing.cli.commands import app as back_test
from reference import candle_ranks as reference
from support.candles import candles, rows_of

pytestmark = pytest.mark.integration

DEFAULTS = ("1h", "4h", "12h", "1d", "3d", "1w")
KEYS = [
    "change", "amplitude", "max_up", "max_down", "rank_change", "rank_amplitude", "rank_max_up", "rank_max_down",
    "bull_points", "bear_points", "closed",
]  # fmt: skip
BTC = candles(24 * 120, Interval.HOUR_1, seed=1, first="2022-01-01T00:00", missing=0.02)
ETH = candles(90, Interval.DAY, seed=2, first="2022-01-01T00:00", symbol="ETHUSDT")


@pytest.fixture(autouse=True)
def stored(database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hours of one pair and days of another."""
    monkeypatch.setenv("ALGO_DATABASE_URL", database_url)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    PostgresBars(database).upsert(bars_table([BTC, ETH]), "test")


def run(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False, standalone_mode=False).stdout


def test_scores_as_they_stood() -> None:
    (found,) = json.loads(run("scores", "btcusdt", "--at", "2022-03-10T12:34Z", "--json"))
    rows = [row for row in rows_of(BTC) if row.opened_at < datetime(2022, 3, 10, 12, tzinfo=UTC)]
    assert list(found) == ["pair", "at", "price", "bull", "bear", "maximum", "timeframes"]
    assert (found["pair"], found["price"], found["maximum"]) == ("BTCUSDT", rows[-1].close, 36)
    assert tuple(found["timeframes"]) == DEFAULTS
    for name, figures in found["timeframes"].items():
        step = reference.history(rows, reference.label_of(name))[-1]
        assert list(figures) == KEYS
        assert [figures[key] for key in KEYS[:4]] == pytest.approx(step.metrics)
        expected = [None if rank != rank else pytest.approx(rank) for rank in step.ranks]  # noqa: PLR0124 - NaN
        assert [figures[key] for key in KEYS[4:8]] == expected
        assert figures["closed"] == step.closed
    assert (found["bull"], found["bear"]) == reference.scores(rows, DEFAULTS)[-1]


def test_what_is_posted_is_what_is_scored() -> None:
    (scored,) = json.loads(run("scores", "BTCUSDT", "--json"))
    (posted,) = json.loads(run("post", "BTCUSDT", "--json"))
    shared = ("pair", "at", "price", "bull", "bear", "maximum")
    assert {key: posted[key] for key in shared} == {key: scored[key] for key in shared}
    assert [*posted["timeframes"]] == [*scored["timeframes"]]
    for name, texts in posted["timeframes"].items():
        rank = scored["timeframes"][name]["rank_change"]
        expected = f"rank {rank:.1f}, change" if not 20 < rank < 80 else "AVERAGE"
        assert texts["candle_change"].startswith(expected)


def test_every_pair_is_scored_on_what_it_has() -> None:
    found = json.loads(run("scores", "--json"))
    assert [(one["pair"], list(one["timeframes"])) for one in found] == [
        ("BTCUSDT", list(DEFAULTS)),
        ("ETHUSDT", ["1d", "3d", "1w"]),
    ]
    assert "ETHUSDT" in run("scores")


def test_the_picture_is_of_one_pair(tmp_path: Path) -> None:
    run("scores", "BTCUSDT", "--timeframes", "1h,4h", "--plot", "scores.png")
    assert (tmp_path / "scores.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ConfigError, match="--plot draws one pair, not 2"):
        run("scores", "--plot", "scores.png")
    with pytest.raises(ConfigError, match=r"does not end in \.png"):
        run("scores", "BTCUSDT", "--plot", "scores.svg")
    with pytest.raises(ConfigError, match="cannot be written"):
        run("scores", "BTCUSDT", "--plot", "none/scores.png")


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'BTCUSDT'"):
        run("scores", "BTCUSD")
    with pytest.raises(ConfigError, match="not of 5m"):
        run("scores", "BTCUSDT", "--timeframes", "5m,1h")
    with pytest.raises(ConfigError, match="no candle of BTCUSDT had closed by 2021-12-31"):
        run("scores", "BTCUSDT", "--at", "2021-12-31")


def test_thresholds_are_tuned_and_kept(database: Database) -> None:
    started = datetime.now(UTC)
    options = ("--timeframes", "1h 4h", "--in-sample", "40", "--out-of-sample", "10")
    found = json.loads(run("tune", "BTCUSDT", *options, "--commission", "0.002", "--json"))
    assert (found["trials"], found["maximum"], found["commission"]) == (100, 12, 0.002)
    assert found["objection"]
    assert found["threshold"] is None
    assert found["best"]["most_coin"] >= found["best"]["coin"] > 0
    assert len(found["out_of_sample"]["folds"]) == 6
    assert {row["kind"] for row in found["crossings"]} == {"bull", "bear"}
    repository = PostgresThresholds(database)
    assert repository.newest(started) == []  # not before the next full hour
    (kept,) = repository.newest(started + timedelta(hours=2))
    assert (kept.instrument, kept.trials, kept.objection) == (BTC.instrument, 100, found["objection"])
    assert (kept.bull, kept.bear) == (found["best"]["thresholds"]["bull"], found["best"]["thresholds"]["bear"])
    assert kept.tuned_at == moment_of(BTC.closed_at[-1])
    run("tune", "BTCUSDT", *options, "--at", "2022-04-10T12:34Z")
    (then,) = repository.newest(datetime(2022, 4, 10, 13, tzinfo=UTC))
    assert (then.tuned_at, then.usable_from.hour) == (datetime(2022, 4, 10, 12, tzinfo=UTC), 13)
    shown = run("tune", "BTCUSDT", *options)
    assert "no threshold survives" in shown
    assert "each fill pays 0.100% and 5 basis points of slippage" in shown
    with pytest.raises(ConfigError, match="are there to choose on"):
        run("tune", "BTCUSDT", "--timeframes", "1h")


def test_a_backtest_knows_the_thresholds_that_were_tuned_by_then(database: Database) -> None:
    def backtest() -> Any:
        ml = ("--set", "bull=ml", "--set", "bear=ml", "--set", "timeframes=1h,4h", "--set", "history=600")
        arguments = ("run", "--strategy", "candle_rank", "--symbol", "BTCUSDT_1h", "--allow-gaps", *ml, "--json")
        return json.loads(CliRunner().invoke(back_test, arguments, catch_exceptions=False).stdout)

    before = backtest()
    assert (before["params"]["bull"], before["trades"]) == ("ml", [])
    assert any("no threshold was tuned on candles before them" in note for note in before["notes"])
    options = ("--timeframes", "1h,4h", "--in-sample", "40", "--out-of-sample", "10")
    run("tune", "BTCUSDT", *options, "--at", "2022-03-20T12:00Z")
    assert backtest()["trades"] == []  # none survived
    repository, tuned_at = PostgresThresholds(database), datetime(2022, 4, 1, 12, tzinfo=UTC)
    (none,) = repository.newest(tuned_at)
    survivor = replace(none, bull=5, bear=5, objection="", tuned_at=tuned_at, usable_from=usable_after(tuned_at))
    repository.store(survivor)
    trades = backtest()["trades"]
    assert trades
    assert min(trade["entry_time"] for trade in trades) >= "2022-04-01T13"
