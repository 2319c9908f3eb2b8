"""What the configuration asks for, in the terms of the services."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.bootstrap.configured import configured_setup
from algo_trading.domain.account import Mode
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import NO_LIMITS
from algo_trading.domain.post import Level
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.services.open_accounts import AccountPlan
from algo_trading.services.setup_difference import Setup
from algo_trading.settings import load_settings
from algo_trading.strategies.influencer_mention import InfluencerMention

pytestmark = pytest.mark.unit

COINS = """
[[watchlists]]
name = "coins"
venue = "DEMO"
source = "demo_candles"
intervals = ["1h", "4h"]
symbols = ["BTCUSDT", "ETHUSDT"]
"""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    return tmp_path


def setup_of(folder: Path, text: str) -> Setup:
    (folder / "algo-trading.toml").write_text(text)
    return configured_setup(load_settings())


def test_the_sample() -> None:
    setup = configured_setup(load_settings())
    assert ("us_stocks", "XNYS") in {(one.name, one.venue) for one in setup.watchlists}
    pairs = [
        (one.strategy.name, str(one.series), one.account) for one in setup.assignments if one.watchlist == "us_stocks"
    ]
    assert len(pairs) == 11
    assert pairs[4:6] == [("sma_cross", "MSFT", "paper"), ("ema_cross", "IBM", "paper")]
    limits = {one.strategy.name: one.limits for one in setup.assignments}
    assert limits["influencer_mention"] == InfluencerMention.limits
    assert limits["ema_cross"] == NO_LIMITS
    assert (
        AccountPlan(
            name="paper",
            broker="paper",
            currency="USD",
            mode=Mode.PAPER,
            owner="owner",
            cash=Decimal(100_000),
            position_fraction=Decimal("0.15"),
            costs=Costs(Decimal("0.001"), Decimal(5)),
            start=datetime(2013, 1, 2, tzinfo=UTC),
        )
        in setup.accounts
    )
    assert [plan.address for plan in setup.subscriptions] == ["trader@localhost"]


def test_each_interval_is_a_series(folder: Path) -> None:
    setup = setup_of(folder, f"{COINS}[[strategies]]\nname = 'ema_cross'\nexits = {{ stop = 0.1 }}\nowner = 'ann'\n")
    assert [one.series for one in setup.assignments] == [
        Series(Instrument(symbol, "DEMO"), interval)
        for interval in (Interval.HOUR_1, Interval.HOUR_4)
        for symbol in ("BTCUSDT", "ETHUSDT")
    ]
    assert {(one.watchlist, one.owner, one.exits) for one in setup.assignments} == {("coins", "ann", Exits(stop=0.1))}
    assert [(plan.name, plan.currency, plan.start) for plan in setup.accounts] == [("paper", "USDT", None)]


def test_limits_of_the_configuration_go_over_the_strategys_own(folder: Path) -> None:
    entry = "[[strategies]]\nname = 'influencer_mention'\nlimits = { max_positions = 2, mail_from = 'low' }\n"
    setup = setup_of(folder, COINS + entry)
    expected = replace(InfluencerMention.limits, max_positions=2, mail_from=Level.LOW)
    assert {one.limits for one in setup.assignments} == {expected}
    assert {one.exits for one in setup.assignments} == {NO_EXITS}


def test_an_entry_that_is_there_twice_is_one(folder: Path) -> None:
    entry = "[[strategies]]\nname = 'ema_cross'\n"
    assert len(setup_of(folder, f"{COINS}{entry}params = {{ fast = 8 }}\n{entry}").assignments) == 4  # 8 is the default


def test_entries_that_contradict_each_other(folder: Path) -> None:
    entry = "[[strategies]]\nname = 'ema_cross'\nlimits = { max_positions = %d }\n"
    with pytest.raises(ConfigError, match=r"two entries of \[\[strategies\]\] are ema_cross.* on BTCUSDT_1h for paper"):
        setup_of(folder, COINS + entry % 2 + entry % 3)


def test_two_accounts_may_have_limits_of_their_own(folder: Path) -> None:
    accounts = "[[accounts]]\nname = 'a'\n[[accounts]]\nname = 'b'\n"
    entry = "[[strategies]]\nname = 'ema_cross'\naccount = '%s'\nlimits = { max_positions = %d }\n"
    setup = setup_of(folder, COINS + accounts + entry % ("a", 2) + entry % ("b", 3))
    assert {(one.account, one.limits.max_positions) for one in setup.assignments} == {("a", 2), ("b", 3)}


def test_a_strategy_that_there_is_not(folder: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"there is no strategy 'luck'; known are: .*ema_cross"):
        setup_of(folder, f"{COINS}[[strategies]]\nname = 'luck'\n")


def test_a_wrong_parameter_names_the_right_ones(folder: Path) -> None:
    sentence = "ema_cross has no parameter 'fat'; its parameters and defaults are: fast=8"
    with pytest.raises(ConfigError, match=sentence):
        setup_of(folder, f"{COINS}[[strategies]]\nname = 'ema_cross'\nparams = {{ fat = 8 }}\n")


def test_a_source_that_nobody_knows_is_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(
        UnknownNameError, match=r"^watchlist coins: .*'demo_candle'; did you mean 'demo_candles'\?"
    ) as no:
        setup_of(folder, COINS.replace("demo_candles", "demo_candle"))
    assert "known are: binance, csv_files, demo_candles, practice, sample, yahoo" in str(no.value)


def test_symbols_are_spelled_as_their_bars_are_stored(folder: Path) -> None:
    text = COINS.replace('"BTCUSDT"', '"btcusdt"') + '[[strategies]]\nname = "sma_cross"\nwatchlist = "coins"\n'
    text += (
        'symbols = ["ethUSDT"]\n[[subscriptions]]\naddress = "ann@localhost"\nsymbol = "btcusdt"\nvenue = "BINANCE"\n'
    )
    setup = setup_of(folder, text)
    (coins,) = (one for one in setup.watchlists if one.name == "coins")
    assert coins.symbols == ("BTCUSDT", "ETHUSDT")
    assert {one.series.symbol for one in setup.assignments if one.watchlist == "coins"} == {"ETHUSDT"}
    assert [(one.symbol, one.venue) for one in setup.subscriptions] == [("BTCUSDT", "BINANCE")]


def test_a_symbol_in_two_spellings_is_there_twice(folder: Path) -> None:
    with pytest.raises(ConfigError, match="BTCUSDT is there twice"):
        setup_of(folder, COINS.replace("ETHUSDT", "btcusdt"))
