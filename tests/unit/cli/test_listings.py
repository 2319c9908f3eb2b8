"""Signals and orders as tables and JSON."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from rich.console import Console

from algo_trading.cli import output
from algo_trading.cli.listings import print_orders, print_signals
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.queries.documents import order_json, signal_json
from algo_trading.queries.orders import FilledPart, OrderLine
from contracts.accounts import an_order
from contracts.signals import a_signal

pytestmark = pytest.mark.unit

NOON = datetime(2013, 1, 3, 12, tzinfo=UTC)
COIN = Series(Instrument("NOVAUSDT", "DEMO"), Interval.HOUR_4)


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "console", Console(width=160, highlight=False))


def test_a_signal_keeps_the_keys_that_scripts_know() -> None:
    signal = a_signal(Side.BUY, Instrument("IBM"), datetime(2013, 1, 2, tzinfo=UTC))
    found = json.loads(json.dumps(output.plain(signal_json(signal))))
    assert list(found) == [
        "strategy", "instrument", "interval", "session", "side", "confidence", "size", "close", "reason",
        "inputs_hash", "shares", "post", "available_at",
    ]  # fmt: skip
    assert (found["instrument"], found["interval"]) == ({"symbol": "IBM", "venue": "XNYS"}, "1d")
    assert found["session"] == "2013-01-02"
    assert signal_json(replace(signal, series=COIN))["session"] == "2013-01-02T00:00Z"


def test_so_does_an_order() -> None:
    order = replace(an_order(1), status=OrderStatus.FILLED)
    part = FilledPart(NOON, Decimal(50), Decimal("101.05"), Decimal("5.06"))
    found = json.loads(json.dumps(output.plain(order_json(OrderLine(order, part)))))
    assert {"client_order_id", "strategy", "instrument", "side", "budget", "status", "reason", "quantity"} <= set(found)
    assert (found["decided_session"], found["status"], found["account"]) == (order.period, "filled", "paper")
    assert found["fill"] == {
        "at": "2013-01-03T12:00:00+00:00", "quantity": "50", "price": "101.05", "commission": "5.06",
    }  # fmt: skip
    assert order_json(OrderLine(order))["fill"] is None


def test_signals_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    cheap = replace(a_signal(Side.SELL, Instrument("IBM"), datetime(2013, 1, 2, tzinfo=UTC)), close=0.004321)
    print_signals([cheap, replace(cheap, series=COIN, close=1234.5)])
    out = capsys.readouterr().out
    assert "0.004321" in out
    assert "1,234.50" in out
    assert "NOVAUSDT_4h" in out
    assert "2013-01-02T00:00Z" in out


def test_orders_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    order = an_order(1)
    part = FilledPart(NOON, Decimal("50.500"), Decimal("101.05"), Decimal("5.06"))
    print_orders([OrderLine(replace(order, status=OrderStatus.PARTLY_FILLED), part), OrderLine(order)])
    out = capsys.readouterr().out
    assert "50.5 at 101.05 on 2013-01-03" in out
    assert "partly filled" in out
    assert "account" not in out


def test_accounts_are_shown_where_there_are_several(capsys: pytest.CaptureFixture[str]) -> None:
    print_orders([OrderLine(an_order(1)), OrderLine(replace(an_order(2), account="coins"))])
    out = capsys.readouterr().out
    assert "account" in out
    assert "coins" in out
