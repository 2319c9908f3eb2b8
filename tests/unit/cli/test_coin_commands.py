"""The commands about coins: pairs and rules, and what people monitor."""

import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from algo_trading.cli import coins, history, main, monitoring
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Watchlist
from algo_trading.repositories.audit import AuditEntry
from algo_trading.repositories.bars import bars_table
from contracts.trading_rules import BTC, DOGE
from fakes.market_data import FakeMarketData
from fakes.trading_rules import FakeRulesSource
from support.candles import candles
from support.world import World

pytestmark = pytest.mark.unit

COINS = Watchlist("coins", "BINANCE", "exchange", (Interval.HOUR_1,), ("BTCUSDT",))
Run = Callable[..., tuple[int, str, str]]


class Exchange(FakeMarketData, FakeRulesSource):
    """A source of bars that knows trading rules."""

    name = "exchange"

    def __init__(self) -> None:
        FakeMarketData.__init__(self, {})
        FakeRulesSource.__init__(self, {"BTCUSDT": ("BTC", "USDT", "TRADING"), "INJUSDT": ("INJ", "USDT", "BREAK")})


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    world = World([COINS], sources={"exchange": Exchange()})
    for module in (coins, history, monitoring):
        monkeypatch.setattr(module, "bootstrap", lambda: nullcontext(world))
    return world


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    assert world.watchlists.all()

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["algo-trading", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def as_json(found: tuple[int, str, str]) -> Any:
    assert found[0] == 0, found[2]
    return json.loads(found[1])


def test_nothing_is_known_before_the_exchange_was_asked(run: Run) -> None:
    code, out, err = run("instruments", "INJ")
    assert (code, out) == (2, "")
    assert "no trading rules of INJ are stored; `algo-trading instruments --refresh` asks the exchanges" in err


def test_pairs_of_a_coin_with_their_rules(run: Run) -> None:
    (inj,) = as_json(run("instruments", "inj", "--refresh", "--json"))
    assert (inj["pair"], inj["venue"], inj["base"], inj["quote"]) == ("INJUSDT", "BINANCE", "INJ", "USDT")
    assert (inj["status"], inj["trading"], inj["tick"], inj["listed_at"]) == ("BREAK", False, "0", None)
    assert [one["pair"] for one in as_json(run("instruments", "--json"))] == ["BTCUSDT", "INJUSDT"]
    assert as_json(run("instruments", "--venue", "BINANCEUS", "--json")) == []
    code, out, _ = run("instruments", "INJ", "NOPE")
    assert (code, out) == (2, "")


def test_a_table_of_rules(run: Run, world: World) -> None:
    world.trading_rules.upsert([DOGE, BTC])
    code, out, err = run("instruments", "--refresh")
    assert code == 0
    assert "BINANCE: 2 pairs from exchange, 3 new or changed" in out
    assert err == "BINANCE: listed INJUSDT\nBINANCE: delisted DOGEUSDT\nBINANCE: resumed BTCUSDT\n"


def test_coins_lead_to_pairs(run: Run, world: World) -> None:
    world.trading_rules.upsert([DOGE, BTC])
    world.listings.upsert([Listing(Instrument("DOGE", "24/7"), "Dogecoin", rank=8, price=0.25)])
    (doge,) = as_json(run("coins", "dogecoin", "--json"))
    assert (doge["coin"], doge["rank"], doge["price"]) == ("DOGE", 8, 0.25)
    assert doge["pairs"] == [
        {"venue": "BINANCE", "symbol": "DOGEUSDT", "quote": "USDT", "status": "TRADING", "trading": True}
    ]
    assert as_json(run("look-up", "DOGE", "--json")) == {"coins": [doge]}
    assert "DOGEUSDT" in run("look-up", "Dogecoin")[1].replace("\n", "")
    assert [one["coin"] for one in as_json(run("coins", "--limit", "1", "--json"))] == ["DOGE"]
    code, _, err = run("coins", "DOGE", "nobody's")
    assert (code, "no coin is known as nobody's" in err) == (2, True)


def test_monitor_and_drop(run: Run) -> None:
    added = as_json(run("monitor", "BTCUSDT[1h,", "4h]", "INJ_4h", "INJUSDT_4h", "--json"))
    assert added == {
        "added": ["BTCUSDT_4h", "INJUSDT_4h"],
        "monitored": ["BTCUSDT_1h"],
        "wrong_syntax": ["INJ_4h"],
        "unknown_timeframe": [],
        "not_listed": [],
        "renamed": [],
    }
    assert as_json(run("monitoring", "--json")) == {
        "stored": [],
        "monitored": ["BTCUSDT_1h", "BTCUSDT_4h", "INJUSDT_4h"],
    }
    _, out, _ = run("drop", "INJ", "NOPE")
    assert out == "not monitored any more: INJUSDT_4h\nnot found: NOPE\n"
    _, out, _ = run("monitoring")
    assert "INJUSDT" not in out
    assert as_json(run("monitor-all", "--json"))["added"] == []


@pytest.mark.parametrize("arguments", [("monitor", "NOPE"), ("drop", "NOPE"), ("monitor", "[4h]")])
def test_a_command_that_changes_nothing_is_a_mistake(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run(*arguments)
    assert code == 2
    assert arguments[1] in out
    assert "nothing of that" in err


def test_who_removed_series_is_recorded(world: World, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "ann")
    world.bars.upsert(bars_table([candles(3, Interval.HOUR_1)]), "test")
    run("drop", "BTCUSDT")
    assert world.audit.newest(5) == []
    code, out, _ = run("drop", "BTCUSDT", "--from-database", "--json")
    assert (code, json.loads(out)["from_database"]) == (0, ["BTCUSDT_1h"])
    assert world.audit.newest(5) == [AuditEntry(world.clock.now(), "ann", "series.removed", "BTCUSDT_1h")]
