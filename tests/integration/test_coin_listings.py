"""CoinGecko and CoinMarketCap over HTTP on the loopback, and the fakes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from algo_trading.adapters.coingecko import CoinGecko, CoinGeckoConfig
from algo_trading.adapters.coinmarketcap import CoinMarketCap, CoinMarketCapConfig
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import ConfigError, RateLimitedError, SourceError
from algo_trading.gateways.coin_listings import CoinListings, ListingPage
from algo_trading.repositories.listings import largest
from contracts.listings import BITCOIN, HARMONY, CoinListingsContract, ListingRepositoryContract
from fakes.listings import FakeCoinListings, FakeListings
from servers.coin_listings import CoinMarket, coin, complaint, some_coins
from servers.post_platform import Reply, serving
from support.shared_data import SHARED_DATA, needs_shared_data

pytestmark = pytest.mark.integration

KEY = "b54bcf4d-1bca-4e8e-9a24-22ff2c3d462c"
Open = Callable[..., CoinListings]
SOURCES = ("coingecko", "coinmarketcap")


@pytest.fixture
def market() -> CoinMarket:
    return CoinMarket(some_coins(600), KEY)


@pytest.fixture
def url(market: CoinMarket) -> Iterator[str]:
    with serving(market) as address:
        yield address


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture(params=SOURCES)
def open_source(request: pytest.FixtureRequest, url: str, pauses: list[float]) -> Open:
    def opened(*, pages: int = 3, attempts: int = 3, key: str = KEY) -> CoinListings:
        options = {"base_url": url, "pages": pages, "pause_seconds": 0.5, "attempts": attempts}
        if request.param == "coingecko":
            return CoinGecko(CoinGeckoConfig.model_validate(options), sleep=pauses.append)
        return CoinMarketCap(
            CoinMarketCapConfig.model_validate({**options, "api_key": SecretStr(key)}), sleep=pauses.append
        )

    return opened


class TestCoinSources(CoinListingsContract):
    """CoinGecko and CoinMarketCap, real clients against a local server."""


class TestFakeCoinListings(CoinListingsContract):
    @pytest.fixture
    def open_source(self) -> Callable[[], CoinListings]:
        return lambda: FakeCoinListings([[BITCOIN], [HARMONY]])


class TestFakeListings(ListingRepositoryContract):
    @pytest.fixture
    def repository(self) -> FakeListings:
        return FakeListings()


def test_it_reads_as_many_pages_as_configured(open_source: Open, market: CoinMarket) -> None:
    assert len(list(open_source(pages=2).fetch())) == 2
    assert len(market.asked) == 2


def test_it_ends_with_a_page_that_is_not_full(open_source: Open, market: CoinMarket) -> None:
    source = open_source(pages=9)
    found = [listing for page in source.fetch() for listing in source.parse(page)]
    assert len(market.asked) == 3
    assert [listing.rank for listing in found] == list(range(1, 601))


def test_nothing_listed_gives_no_page(open_source: Open, market: CoinMarket) -> None:
    market.coins = []
    assert list(open_source().fetch()) == []


def test_between_two_pages_it_pauses(open_source: Open, pauses: list[float]) -> None:
    list(open_source(pages=3).fetch())
    assert pauses == [0.5, 0.5]


def test_it_waits_as_long_as_it_is_asked_to(open_source: Open, market: CoinMarket, pauses: list[float]) -> None:
    market.coins = some_coins(3)
    market.faults = [Reply(429, b"", {"Retry-After": "7"})]
    assert len(list(open_source().fetch())) == 1
    assert pauses == [7.0]


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "3"}, {"Retry-After": "86400"}])
def test_it_gives_up_when_told_to_slow_down_again_and_again(
    open_source: Open, market: CoinMarket, pauses: list[float], headers: dict[str, str]
) -> None:
    market.fault = Reply(429, b"slow down", headers)
    with pytest.raises(RateLimitedError, match="slow down"):
        list(open_source().fetch())
    assert all(pause <= 60 for pause in pauses)


def test_a_page_cut_short_is_asked_for_again(open_source: Open, market: CoinMarket) -> None:
    market.coins = some_coins(3)
    broken = Reply(200, b'[{"symbol": "btc", "name": "Bitcoin"}]', cut=20)
    market.faults = [broken]
    source = open_source()
    assert [len(source.parse(page)) for page in source.fetch()] == [3]
    market.fault = broken
    with pytest.raises(SourceError, match="broke off"):
        list(source.fetch())


@pytest.mark.parametrize("body", [b"", b"<html>", b'[{"symbol": "btc"', b'{"error": "no"}', b"[NaN]", b"[[]]"])
def test_a_malformed_page_is_handed_over_before_the_error(open_source: Open, market: CoinMarket, body: bytes) -> None:
    market.fault = Reply(200, body)
    received: list[ListingPage] = []
    with pytest.raises(SourceError) as caught:
        received.extend(open_source().fetch())
    assert [page.content for page in received] == [body]
    assert "\n" not in str(caught.value)


def test_a_server_that_is_not_there() -> None:
    config = CoinGeckoConfig(base_url="http://127.0.0.1:1", pages=1, pause_seconds=0, attempts=1)
    with pytest.raises(SourceError, match="cannot be reached"):
        list(CoinGecko(config).fetch())


ODD = [
    coin(None, "Bitcoin", 1),
    coin("btc", None, 1),
    coin("btc", "Bitcoin", 1, price=-1.0),
    {**coin("btc", "Bitcoin", 1), "market_cap": -5},
    {**coin("btc", "Bitcoin", 1), "market_cap": "much"},
    {**coin("btc", "Bitcoin", 1), "market_cap": 10**400},
    {**coin("btc", "Bitcoin", 1), "current_price": True},
]


@pytest.mark.parametrize("row", ODD)
def test_an_odd_row_is_left_out_and_told(
    open_source: Open, market: CoinMarket, row: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    market.coins = [coin("eth", "Ethereum", 2), row]
    source = open_source()
    (page,) = source.fetch()
    assert [listing.name for listing in source.parse(page)] == ["Ethereum"]
    assert "1 of 2 rows are not coins" in caplog.text


@pytest.mark.parametrize("row", ODD)
def test_a_list_of_mostly_odd_rows_is_an_error(open_source: Open, market: CoinMarket, row: dict[str, object]) -> None:
    market.coins = [row, row, coin("eth", "Ethereum", 2)]
    source = open_source()
    (page,) = source.fetch()
    with pytest.raises(SourceError, match="2 of 3 rows are not coins"):
        source.parse(page)


def test_unknown_figures_stay_unknown_and_nameless_coins_are_left_out(open_source: Open, market: CoinMarket) -> None:
    market.coins = [coin("abc", "A  Coin\n", None, price=None), coin(" ", "Blank", 5), coin("x", "", 6)]
    source = open_source()
    (page,) = source.fetch()
    (listing,) = source.parse(page)
    assert (listing.instrument, listing.name) == (Instrument("ABC", "24/7"), "A Coin")
    assert (listing.rank, listing.market_cap, listing.volume, listing.price) == (None, None, None, None)


def test_coins_that_share_a_symbol_are_one_instrument_the_largest(open_source: Open, market: CoinMarket) -> None:
    market.coins = [coin("one", "Harmony", 80), coin("one", "BigONE", 900), coin("one", "Other", None)]
    source = open_source()
    (page,) = source.fetch()
    assert [listing.name for listing in largest(source.parse(page)[::-1])] == ["Harmony"]


def test_coinmarketcap_wants_its_key(market: CoinMarket, url: str) -> None:
    def opened(key: str) -> CoinMarketCap:
        return CoinMarketCap(
            CoinMarketCapConfig(base_url=url, pages=1, pause_seconds=0, attempts=1, api_key=SecretStr(key))
        )

    with pytest.raises(ConfigError, match="ALGO_LISTINGS__COINMARKETCAP__API_KEY"):
        opened("")
    with pytest.raises(SourceError, match="refuses the key") as caught:
        list(opened("wrong-key").fetch())
    assert "wrong-key" not in str(caught.value)
    market.fault = Reply(200, complaint(1010, "You've exceeded your plan's monthly limit."))
    with pytest.raises(RateLimitedError, match="monthly"):
        list(opened(KEY).fetch())
    market.fault = Reply(403, b"<html>forbidden")
    with pytest.raises(SourceError, match="403"):
        list(opened(KEY).fetch())


@needs_shared_data
def test_a_recorded_reply_of_coingecko(open_source: Open, market: CoinMarket) -> None:
    recorded = SHARED_DATA / "social_market" / "coin_listings" / "coingecko_markets_top100_2021-06-24.json"
    market.coins = json.loads(Path(recorded).read_text(encoding="utf-8"))
    source = open_source()
    found = [listing for page in source.fetch() for listing in source.parse(page)]
    assert len(found) == 100
    by_symbol = {listing.instrument.symbol: listing for listing in found}
    assert by_symbol["DOGE"].aliases == ("Doge", "Doge coin")
    assert (by_symbol["BTC"].price, by_symbol["BTC"].market_cap) == (32797, 613445605654)
    assert {"LINK", "DOT"} <= {symbol for symbol, one in by_symbol.items() if symbol in one.ambiguous}
