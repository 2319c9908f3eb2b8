"""`backtest verify-live` over stored signals: agreement, a falsified one, revised bars."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from algo_trading.adapters.postgres.bars import PostgresBars
from algo_trading.adapters.postgres.corporate_actions import PostgresCorporateActions
from algo_trading.adapters.postgres.signals import PostgresSignals
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import midnight
from algo_trading.repositories.bars import bars_table
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.cli import main
from fakes.assignments import FakeAssignments, assigned, strategies_among
from support.bar_series import bars_of, period_at, random_walk
from support.factories import joining

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration

IBM = Instrument("IBM")
BARS = bars_of(random_walk(60, 3), "IBM")
Verify = Callable[..., tuple[int, Any]]


@pytest.fixture
def verify(
    database: Database,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Verify:
    """`backtest verify-live --json ARGUMENTS` after thirty sessions; gives the exit code and the document."""
    bars, actions, signals = PostgresBars(database), PostgresCorporateActions(database), PostgresSignals(database)
    actions.upsert([CorporateAction(IBM, BARS.session(40), ActionKind.SPLIT, 2.0)], "test")
    pair = (SmaCross(2, 5, 0), IBM)
    assignments, strategies = FakeAssignments(assigned(pair)), strategies_among(pair)
    evaluate = EvaluateStrategies(bars, actions, joining(), signals, assignments, strategies)
    for end in range(31, 61):
        bars.upsert(bars_table([BARS[:end]]), "test")
        evaluate(period_at(BARS, end - 1), [Series(IBM)])
    monkeypatch.setenv("ALGO_DATABASE_URL", database_url)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))

    def call(*arguments: str) -> tuple[int, Any]:
        monkeypatch.setattr(sys, "argv", ["backtest", "verify-live", "--json", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert err.startswith("error: no signal ") is not bool(out)
        return int(ended.value.code or 0), json.loads(out) if out else None

    return call


def test_what_was_decided_live_is_derived_again(verify: Verify) -> None:
    for arguments in ((), ("--symbol", "IBM"), ("--strategy", "sma_cross", "--strategy", "ema_cross")):
        code, found = verify(*arguments)
        assert code == 0
        assert found == {
            "checked": 30, "agreed": 30, "revised": 0, "mismatches": [], "explained": [],
            "trades": {"orders": 0, "fills": 0, "exits": 0, "mismatches": [], "explained": []}, "notes": [],
        }  # fmt: skip


def test_a_name_without_signals_is_refused(verify: Verify) -> None:
    for arguments in (("--symbol", "MSFT"), ("--strategy", "ema_cross"), ("--symbol", "IBM", "--symbol", "ibn")):
        assert verify(*arguments) == (2, None)


def test_nothing_stored_is_nothing_to_check(
    database: Database, verify: Verify, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM signals"))
    assert verify()[1]["checked"] == 0
    monkeypatch.setattr(sys, "argv", ["backtest", "verify-live"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    assert "there is nothing to check: no signal is stored yet" in capsys.readouterr().err


def test_a_falsified_signal_is_found_and_ends_with_1(verify: Verify, database: Database) -> None:
    day = BARS.session(45)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE signals SET size = 0.25 WHERE opened_at = :day"), {"day": midnight(day)})
    code, found = verify()
    assert code == 1
    (mismatch,) = found["mismatches"]
    assert (mismatch["symbol"], mismatch["session"], mismatch["why"]) == ("IBM", str(day), "")
    assert (mismatch["stored"]["size"], mismatch["derived"]["size"]) == (0.25, 1.0)
    assert mismatch["stored"]["inputs_hash"] == mismatch["derived"]["inputs_hash"]


def test_revised_bars_explain_themselves(verify: Verify, database: Database) -> None:
    closes = BARS.close.copy()
    closes[33] *= 1.5
    PostgresBars(database).upsert(bars_table([replace(BARS, close=closes)]), "test")
    code, found = verify()
    assert (code, found["mismatches"]) == (0, [])
    assert found["revised"] == SmaCross(2, 5, 0).memory, "the decisions that remember the bar"
    assert found["explained"]
    assert {difference["why"] for difference in found["explained"]} == {"inputs revised since"}


def test_a_revised_action_is_named_and_its_signals_agree_with_what_was_known(
    verify: Verify, database: Database
) -> None:
    actions, moved = PostgresCorporateActions(database), BARS.session(42)
    actions.upsert([CorporateAction(IBM, moved, ActionKind.SPLIT, 2.0)], "test", {IBM: (BARS.session(40), moved)})
    code, found = verify()
    assert (code, found["mismatches"]) == (0, [])
    assert found["revised"] > 0
    assert found["explained"]
    for difference in found["explained"]:
        assert difference["why"].startswith("inputs revised since: the split of IBM")
        assert f"the split of IBM on {BARS.session(40)} (2) holds no longer since " in difference["why"]
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE signals SET size = 0.25 WHERE opened_at = :day"), {"day": midnight(moved)})
    code, found = verify()
    assert [mismatch["session"] for mismatch in found["mismatches"]] == [str(moved)], "no revision explains it"
    assert code == 1
