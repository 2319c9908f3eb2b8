"""What `status` shows of the state that it reads."""

from typing import Any

import pytest
from rich.console import Console

from algo_trading.cli import output
from algo_trading.cli.status import UNKNOWN, show

pytestmark = pytest.mark.unit

STATE: dict[str, Any] = {
    "services": {"postgres": "up", "airflow": "up", "web": "up"},
    "airflow_url": "http://127.0.0.1:8080",
    "airflow_password": "var/airflow/passwords.json",
    "web_url": "http://127.0.0.1:8090",
    "latest_partition": "2013-01-11",
    "watchlists": {
        "us_stocks": {
            "venue": "XNYS",
            "source": "sample",
            "intervals": ["1d"],
            "symbols": [f"S{number}" for number in range(10)],
            "latest": {"1d": "2013-01-11"},
        },
        "coins": {
            "venue": "DEMO", "source": "demo_candles", "intervals": ["1h", "4h"], "symbols": ["NOVAUSDT"],
            "latest": {"1h": None, "4h": "2013-01-11T20:00Z"},
        },
    },
    "calendars_ending": {},
    "without_bars": {},
    "rows": {"bars": 1234, "signals": 5},
    "outbox": {"pending": 0, "sent": 3, "failed": 2},
    "mail_errors": {"550 no such user": 2},
    "orders": {"pending": 1, "filled": 2, "refused": 0, "cancelled": 0, "expired": 0},
    "accounts": [
        {
            "name": "paper", "broker": "paper", "currency": "USD", "mode": "paper", "owner": "ann",
            "cursor": None, "waits_for": "2013-01-14", "cash": "70000.00", "equity": "100980.81",
            "positions": {"ema_cross(fast=8) IBM": "76"},
            "clocks": [{"venue": "XNYS", "interval": "1d", "cursor": None, "waits_for": "2013-01-14"}],
            "verified_at": "2013-01-13T12:00:00+00:00", "differences": [], "untraded": {},
        }
    ],
    "recommendations": [],
    "feeds": [
        {"name": "x @ann", "newest": None, "tried": "", "error": "the token has expired", "configured": True},
        {"name": "rss old", "newest": "2013-01-02T12:00:00+00:00", "tried": "", "error": "", "configured": False},
    ],
    "failing": [
        {"strategy": "own(x=1)", "series": "IBM", "since": "2013-01-02T00:00:00+00:00", "error": "KeyError: 'volume'"}
    ],
    "configuration_errors": [],
    "configuration_changes": [],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "console", Console(width=150, highlight=False))


def test_watchlists_accounts_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    show(STATE)
    printed = capsys.readouterr()
    for text in (
        "S0, S1, S2, S3, S4, S5, S6, S7 and 2 more",
        "1h: none yet",
        "4h: 2013-01-11T20:00Z",
        "Newest session: 2013-01-11",
        "Stored: 1,234 bars, 5 signals\n",
        "Mails: 0 pending, 3 sent, 2 failed\n",
        "Orders: 1 pending, 2 filled, 0 refused, 0 cancelled, 0 expired\n",
        "550 no such user",
        "account paper (paper, paper): equity 100980.81 USD, cash 70000.00, holds 76 of ema_cross(fast=8) IBM",
        "XNYS 1d: processed up to nothing yet, waits for 2013-01-14 to be decided",
        "its book was verified at 2013-01-13 12:00: no difference",
        "the token has expired",
        "no longer configured",
    ):
        assert text in printed.out
    assert printed.err == ""


def test_what_differs_and_what_is_wrong_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {"configuration_errors": ["a.toml:1: x: y"], "configuration_changes": ["watchlist coins removed"]}
    show({**STATE, **wrong, "calendars_ending": {"XSHG": "2026-12-31"}, "without_bars": {"us_stocks": ["IMB"]}})
    said = capsys.readouterr().err
    assert "the calendar of XSHG ends on 2026-12-31" in said
    assert "no bar ever came for IMB of us_stocks: the source may not know it" in said
    assert "the configuration is wrong: a.toml:1: x: y" in said
    assert "the configuration differs from what is stored; `algo-trading config apply` brings it over:" in said
    assert "  watchlist coins removed" in said


def test_what_has_no_bars_any_more_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    (account, *_) = STATE["accounts"]
    show({**STATE, "accounts": [{**account, "untraded": {"OLD": "2012-01-03"}}]})
    said = capsys.readouterr().err
    assert "OLD has no bars after 2012-01-03, and paper holds it at its last close or waits to trade it" in said
    assert "algo-trading action add OLD delisted DATE PRICE, merged or renamed" in said


def test_a_stopped_database_has_no_counts(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = {"services": STATE["services"], **UNKNOWN, "configuration_errors": [], "reason": "it is stopped"}
    show(stopped)
    printed = capsys.readouterr()
    assert "it is stopped" in printed.err
    assert "Newest session" not in printed.out


def test_it_ends_with_where_to_look_and_how_to_log_in(capsys: pytest.CaptureFixture[str]) -> None:
    show(STATE)
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "Pages: http://127.0.0.1:8090",
        "  `algo-trading user list` names who may log in; `user password` sets one",
        "Airflow: http://127.0.0.1:8080",
        "  user admin, password in var/airflow/passwords.json",
        "More: algo-trading signals, orders, symbols, quarantine, account show NAME",
    ]
    show({**STATE, "services": {"postgres": "up", "airflow": "down", "web": "up"}})
    *_, airflow, _ = capsys.readouterr().out.splitlines()
    assert airflow == "Airflow: down; `make run` starts what is missing"


def test_it_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "console", Console(width=80, highlight=False))
    quiet = {**STATE, "feeds": [], "failing": [], "mail_errors": {}}
    show(quiet)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 30, "two watchlists and an account leave room on a screen"


def test_strategies_that_raise_errors_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show(STATE)
    printed = capsys.readouterr().out
    assert "Strategies that raise errors" in printed
    assert "own(x=1)" in printed
    assert "KeyError: 'volume'" in printed
    show({**STATE, "failing": []})
    assert "raise errors" not in capsys.readouterr().out
