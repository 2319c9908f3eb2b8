"""Programs beside Airflow: the practice exchange and what is remembered of it."""

import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from algo_trading.bootstrap import PracticeRecord
from algo_trading.errors import AlgoTradingError
from algo_trading.launcher.beside import practice_exchange, programs, wait_for_practice
from algo_trading.settings import Settings, load_settings

pytestmark = pytest.mark.unit


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    return load_settings()


def test_the_exchange_runs_where_a_watchlist_is_on_it(settings: Settings) -> None:
    assert "practice-exchange" in programs(settings)
    others = tuple(one for one in settings.watchlists if one.source != "practice")
    assert "practice-exchange" not in programs(settings.model_copy(update={"watchlists": others}))


def test_the_embedded_server_is_kept_running(settings: Settings) -> None:
    assert "database" in programs(settings)
    assert "database" not in programs(settings.model_copy(update={"database_url": SecretStr("postgresql://h/db")}))


def test_positions_are_watched_where_an_account_is_not_on_paper(settings: Settings) -> None:
    assert "position-watch" not in programs(settings)
    spot = settings.accounts[0].model_copy(update={"broker": "binance"})
    assert "position-watch" in programs(settings.model_copy(update={"accounts": (spot,)}))


def test_port_and_history_are_remembered(settings: Settings) -> None:
    first = practice_exchange(settings)
    record = PracticeRecord.read(settings.home)
    assert record is not None
    assert first[1:] == ["exchange", "--port", str(record.port), "--since", record.since]
    assert practice_exchange(settings) == first


def test_a_taken_port_is_left_to_others(settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        PracticeRecord(taken, "2026-01-05").write(settings.home)
        practice_exchange(settings)
    record = PracticeRecord.read(settings.home)
    assert record is not None
    assert record.port != taken
    assert record.since == "2026-01-05"


def test_a_broken_record_counts_as_none(settings: Settings) -> None:
    practice_exchange(settings)
    (settings.home / "exchange" / "exchange.json").write_text('{"port": ')
    assert PracticeRecord.read(settings.home) is None
    practice_exchange(settings)
    assert PracticeRecord.read(settings.home) is not None


def test_who_waits_for_an_exchange_that_does_not_start_is_told_where_its_log_is(settings: Settings) -> None:
    practice_exchange(settings)
    with pytest.raises(AlgoTradingError, match=r"does not answer after 0 s; see practice-exchange\.log"):
        wait_for_practice(settings, seconds=0)
