"""A coin leads to the pair in which it is traded."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from algo_trading.domain.coins import is_coin_venue, pair_of, quote_asset, split_pair
from algo_trading.domain.instrument import Instrument, TradingRules
from algo_trading.domain.listing import Listing
from algo_trading.queries.coins import CoinPair, ReadCoins
from fakes.listings import FakeListings
from fakes.trading_rules import FakeTradingRules

pytestmark = pytest.mark.unit


def pair(base: str, quote: str, venue: str = "BINANCE", status: str = "TRADING") -> TradingRules:
    return TradingRules(Instrument(base + quote, venue), base, quote, status=status)


RULES = (
    pair("BTC", "USDT"),
    pair("DOGE", "USDT"),
    pair("DOGE", "BTC"),
    pair("DOGE", "USD", "BINANCEUS"),
    pair("INJ", "USDT", status="BREAK"),
    pair("ETH", "BTC"),
)
LISTED = (
    Listing(Instrument("BTC", "24/7"), "Bitcoin", rank=1, market_cap=1e12, volume=1e10, price=60_000.0),
    Listing(Instrument("DOGE", "24/7"), "Dogecoin", rank=8),
    Listing(Instrument("KO", "XNYS"), "Coca-Cola"),
)


@pytest.fixture
def read() -> ReadCoins:
    listings = FakeListings()
    listings.upsert(LISTED)
    return ReadCoins(listings, FakeTradingRules(*RULES), {})


def test_a_coin_leads_to_its_pair_at_each_venue(read: ReadCoins) -> None:
    (doge,) = read(["Dogecoin"])
    assert (doge.coin, doge.name, doge.rank) == ("DOGE", "Dogecoin", 8)
    assert doge.pairs == (
        CoinPair("BINANCE", "DOGEUSDT", "USDT", "TRADING", trading=True),
        CoinPair("BINANCEUS", "DOGEUSD", "USD", "TRADING", trading=True),
    )
    assert read.pairs("DOGE") == doge.pairs
    assert read.pairs("NOPE") == ()


def test_names_are_known_without_a_listing(read: ReadCoins) -> None:
    named = replace(read, names=(Listing(Instrument("INJ", "24/7"), "Injective"), replace(LISTED[0], name="old")))
    assert [(one.coin, one.name) for one in named(["injective", "BTC"])] == [("INJ", "Injective"), ("BTC", "Bitcoin")]


def test_the_quote_asset_is_configured_for_a_venue(read: ReadCoins) -> None:
    (doge,) = replace(read, quote_assets={"BINANCE": "BTC"})(["doge"])
    assert [one.symbol for one in doge.pairs] == ["DOGEBTC", "DOGEUSD"]


def test_coins_come_by_rank_and_those_without_one_last(read: ReadCoins) -> None:
    assert [one.coin for one in read()] == ["BTC", "DOGE", "INJ"]


def test_coins_come_as_they_are_named_and_once(read: ReadCoins) -> None:
    assert [one.coin for one in read(["inj", "bitcoin", "BTC", "nobody", "KO"])] == ["INJ", "BTC"]


def test_a_halted_pair_says_so(read: ReadCoins) -> None:
    (inj,) = read(["INJ"])
    assert inj.pairs == (CoinPair("BINANCE", "INJUSDT", "USDT", "BREAK", trading=False),)
    assert (inj.name, inj.rank, inj.price) == ("INJ", None, None)


def test_of_two_pairs_of_a_coin_the_one_that_trades_counts() -> None:
    old = replace(pair("BTC", "USDT"), instrument=Instrument("ABTCUSDT", "BINANCE"), status="BREAK")
    gone = replace(old, instrument=Instrument("AABTCUSDT", "BINANCE"), delisted_at=datetime(2026, 1, 1, tzinfo=UTC))
    rules = [gone, old, pair("BTC", "USDT")]
    assert pair_of("BTC", "USDT", rules) == pair("BTC", "USDT")
    assert pair_of("BTC", "USDT", [gone, old]) == old
    assert pair_of("BTC", "EUR", rules) is None


@pytest.mark.parametrize(
    ("symbol", "parts"),
    [
        ("INJUSDT", ("INJ", "USDT")),
        ("DOGEAUD", ("DOGE", "AUD")),
        ("ETHBTC", ("ETH", "BTC")),
        ("USDT", None),
        ("X", None),
    ],
)
def test_a_pair_is_split_by_its_letters(symbol: str, parts: tuple[str, str] | None) -> None:
    assert split_pair(symbol) == parts


def test_venues() -> None:
    assert [is_coin_venue(code) for code in ("BINANCE", "BINANCEUS", "XNYS", "?")] == [True, True, False, False]
    assert quote_asset("BINANCE", {}) == "USDT"
    assert quote_asset("BINANCEUS", {}) == "USD"
