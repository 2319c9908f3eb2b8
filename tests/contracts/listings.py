"""What every source of coins and every repository of listings does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import ListedFigures, Listing
from algo_trading.errors import SourceError
from algo_trading.gateways.coin_listings import CoinListings, ListingPage
from algo_trading.repositories.bars import UpsertCount
from algo_trading.repositories.listings import ListingRepository, largest

BITCOIN = Listing(Instrument("BTC", "24/7"), "Bitcoin", ("XBT",), rank=1, market_cap=6.1e11, volume=3e10, price=32797.0)
HARMONY = Listing(Instrument("ONE", "24/7"), "Harmony", ambiguous=frozenset({"ONE", "Harmony"}), rank=80, price=0.06)
UNRANKED = Listing(Instrument("AAA", "24/7"), 'Nobody\u2019s Côin; "quoted"')
TESLA = Listing(Instrument("TSLA", "XNYS"), "Tesla", ("Tesla Motors", "Tesla Inc."))


class CoinListingsContract:
    """Subclasses give the fixture `open_source`, which opens the same source anew at each call.

    It has Bitcoin as BTC with the first rank, Harmony as ONE, and more than one page.
    """

    @pytest.fixture
    def pages(self, open_source: Callable[[], CoinListings]) -> list[ListingPage]:
        return list(open_source().fetch())

    def test_it_has_a_name_that_serves_as_a_key(self, open_source: Callable[[], CoinListings]) -> None:
        assert open_source().name.isidentifier()

    def test_pages_can_be_archived_and_read_by_anyone(
        self, open_source: Callable[[], CoinListings], pages: list[ListingPage]
    ) -> None:
        assert len(pages) > 1
        for page in pages:
            assert page.content
            assert page.media_type.count("/") == 1
            assert page.suffix.startswith(".")
            copy = replace(page, content=bytes(page.content))
            assert open_source().parse(copy) == open_source().parse(page) != []

    def test_coins_come_with_symbol_name_rank_and_figures(
        self, open_source: Callable[[], CoinListings], pages: list[ListingPage]
    ) -> None:
        source = open_source()
        coins = [listing for page in pages for listing in source.parse(page)]
        ranks = [listing.rank for listing in coins if listing.rank]
        assert all(earlier <= later for earlier, later in pairwise(ranks))
        for listing in coins:
            assert listing.instrument.venue == "24/7"
            assert listing.instrument.symbol == listing.instrument.symbol.strip().upper() != ""
            assert listing.name.strip()
            assert all(value is None or value >= 0 for value in (listing.market_cap, listing.volume, listing.price))
        bitcoin = coins[0]
        assert (bitcoin.instrument, bitcoin.name, bitcoin.rank) == (Instrument("BTC", "24/7"), "Bitcoin", 1)
        assert bitcoin.price
        assert bitcoin.market_cap
        assert bitcoin.volume
        assert "BTC" in bitcoin.aliases  # known from the packaged names

    def test_everyday_words_are_marked(self, open_source: Callable[[], CoinListings], pages: list[ListingPage]) -> None:
        source = open_source()
        coins = {one.instrument.symbol: one for page in pages for one in source.parse(page)}
        assert coins["ONE"].ambiguous == {"ONE", "Harmony"}
        assert coins["BTC"].ambiguous == frozenset()

    @pytest.mark.parametrize(
        "content",
        [b"", b"\xff\xfe\x00", b"<html>Will be right back</html>", b"{}", b"7", b"[1]", b"[{}]", b'{"data": [{}]}'],
    )
    def test_what_it_never_sent_is_an_error_of_the_source(
        self, open_source: Callable[[], CoinListings], pages: list[ListingPage], content: bytes
    ) -> None:
        with pytest.raises(SourceError) as caught:
            open_source().parse(replace(pages[0], content=content))
        assert "\n" not in str(caught.value)

    def test_half_a_page_is_an_error_of_the_source(
        self, open_source: Callable[[], CoinListings], pages: list[ListingPage]
    ) -> None:
        half = replace(pages[0], content=pages[0].content[: len(pages[0].content) // 2])
        with pytest.raises(SourceError):
            open_source().parse(half)


class ListingRepositoryContract:
    """Subclasses give the fixture `repository`, which is empty."""

    def test_at_first_there_is_nothing(self, repository: ListingRepository) -> None:
        assert repository.all() == []
        assert repository.upsert([]) == UpsertCount()

    def test_what_is_stored_comes_back_by_venue_and_rank(self, repository: ListingRepository) -> None:
        assert repository.upsert([UNRANKED, TESLA, HARMONY, BITCOIN]) == UpsertCount(inserted=4)
        assert repository.all() == [BITCOIN, HARMONY, UNRANKED, TESLA]

    def test_the_newest_listing_takes_the_place_of_the_former(self, repository: ListingRepository) -> None:
        repository.upsert([BITCOIN, HARMONY])
        moved = replace(HARMONY, rank=81, price=None, aliases=("Harmony One",))
        assert repository.upsert([moved, BITCOIN, TESLA]) == UpsertCount(inserted=1, updated=1, unchanged=1)
        assert repository.all() == [BITCOIN, moved, TESLA]

    def test_figures_are_kept_as_they_were_seen(self, repository: ListingRepository) -> None:
        days = [datetime(2026, 11, day, tzinfo=UTC) for day in (19, 20, 21)]
        repository.upsert([BITCOIN, UNRANKED])
        assert repository.history(BITCOIN.instrument) == []
        for day, price in zip(days, (1.0, 2.0, 2.0), strict=True):
            repository.upsert([replace(BITCOIN, price=price), HARMONY], day)
        repository.upsert([replace(BITCOIN, price=9.0)], days[0])  # which is kept already
        found = repository.history(BITCOIN.instrument)
        assert found == [ListedFigures(day, 1, 6.1e11, 3e10, price) for day, price in zip(days, (1, 2, 2), strict=True)]
        assert repository.history(BITCOIN.instrument, days[1]) == found[:2]
        assert repository.history(BITCOIN.instrument, days[0] - timedelta(days=1)) == []
        assert [one.price for one in repository.history(HARMONY.instrument)] == [0.06] * 3
        assert repository.history(TESLA.instrument) == []

    def test_storing_again_changes_nothing(self, repository: ListingRepository) -> None:
        for _ in range(2):
            count = repository.upsert([BITCOIN, HARMONY, UNRANKED])
        assert count == UpsertCount(unchanged=3)

    def test_what_is_not_listed_any_more_stays(self, repository: ListingRepository) -> None:
        repository.upsert([BITCOIN, HARMONY])
        repository.upsert([BITCOIN])
        assert repository.all() == [BITCOIN, HARMONY]

    def test_a_symbol_of_two_venues_is_two_instruments(self, repository: ListingRepository) -> None:
        share = Listing(Instrument("ONE", "XNYS"), "OneSmart")
        repository.upsert([HARMONY, share])
        assert repository.all() == [HARMONY, share]

    def test_one_instrument_twice_is_refused(self, repository: ListingRepository) -> None:
        twice = [replace(HARMONY, name="Another", rank=3000), HARMONY]
        with pytest.raises(ValueError, match="ONE"):
            repository.upsert([BITCOIN, *twice])
        assert repository.all() == []
        assert repository.upsert(largest(twice)) == UpsertCount(inserted=1)
        assert repository.all() == [HARMONY]

    def test_very_many_at_once(self, repository: ListingRepository) -> None:
        many = [
            Listing(Instrument(f"C{number:05}", "24/7"), f"Coin {number}", rank=number + 1) for number in range(11_000)
        ]
        assert repository.upsert(many) == UpsertCount(inserted=11_000)
        assert repository.all() == many
