"""Names of instruments: files, everyday words, spoken forms."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.errors import ConfigError
from algo_trading.sentiment.mentions.names import (
    ambiguous_names,
    known_listings,
    marked,
    packaged_listings,
    read_names,
    spoken_names,
    with_known_names,
)

pytestmark = pytest.mark.unit

HEAD = "symbol,venue,name,aliases\n"


def names_file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "names.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_packaged_names_have_the_watchlist_and_the_large_coins() -> None:
    symbols = {listing.instrument.symbol for listing in packaged_listings()}
    assert {"AAPL", "AMZN", "FB", "GOOG", "IBM", "MSFT", "TSLA", "GME", "AMC", "NVDA", "NFLX", "TWTR"} <= symbols
    assert {"BTC", "ETH", "DOGE"} <= symbols
    assert len({listing.instrument for listing in packaged_listings()}) == len(packaged_listings()) > 300


def test_every_packaged_venue_has_a_calendar() -> None:
    for venue in {listing.instrument.venue for listing in packaged_listings()}:
        assert trading_calendar(venue)


def test_no_two_packaged_instruments_share_a_name() -> None:
    seen: dict[str, Instrument] = {}
    for listing in packaged_listings():
        for name in {one.casefold() for one in (listing.name, *listing.aliases)}:
            assert seen.setdefault(name, listing.instrument) == listing.instrument, name


@pytest.mark.parametrize(
    ("listing", "ambiguous"),
    [
        (Listing(Instrument("ONE", "24/7"), "Harmony"), {"ONE", "Harmony"}),
        (Listing(Instrument("LINK", "24/7"), "Chainlink"), {"LINK"}),
        (Listing(Instrument("SAND", "24/7"), "The Sandbox"), {"SAND", "The Sandbox"}),
        (Listing(Instrument("DOT", "24/7"), "Polkadot"), {"DOT"}),
        (Listing(Instrument("GAS", "24/7"), "Gas"), {"GAS", "Gas"}),
        (Listing(Instrument("SEI", "24/7"), "Sei"), {"Sei"}),
        (Listing(Instrument("XRP", "24/7"), "XRP", ("XRP",)), set()),
        (Listing(Instrument("A"), "Agilent"), {"A"}),
        (Listing(Instrument("IT"), "Gartner"), {"IT"}),
        (Listing(Instrument("ALL"), "Allstate"), {"ALL"}),
        (Listing(Instrument("TRUE"), "TrueCar"), {"TRUE"}),
        (Listing(Instrument("GM"), "General Motors", ("GM",)), set()),
        (Listing(Instrument("XZ"), "Xylozon"), {"XZ"}),
        (Listing(Instrument("AAPL"), "Apple"), {"Apple"}),
        (Listing(Instrument("TSLA"), "Tesla"), set()),
        (Listing(Instrument("BBY"), "Best Buy"), {"Best Buy"}),
        (Listing(Instrument("T"), "AT&T"), {"T"}),
        (Listing(Instrument("STX", "24/7"), "Stacks"), {"Stacks"}),
    ],
)
def test_names_that_are_everyday_words_are_marked(listing: Listing, ambiguous: set[str]) -> None:
    assert ambiguous_names(listing) == ambiguous
    assert marked(listing).ambiguous == ambiguous


def test_people_leave_the_legal_form_out() -> None:
    listing = Listing(Instrument("AAPL"), "Apple Inc.", ("Apple Computer, Inc.", "VF Corporation"))
    assert spoken_names(listing) == ("Apple Inc.", "Apple Computer, Inc.", "VF Corporation", "Apple", "Apple Computer")


def test_a_file_of_names(tmp_path: Path) -> None:
    path = names_file(tmp_path, HEAD + 'ABC,XNYS,"A, B & C", Abc ; ABCs;\n\nÜ,XFRA,Über AG,\n')
    assert read_names(path) == [
        Listing(Instrument("ABC"), "A, B & C", ("Abc", "ABCs")),
        Listing(Instrument("Ü", "XFRA"), "Über AG", ambiguous=frozenset({"Ü"})),
    ]


def test_a_file_with_nothing_but_its_first_line(tmp_path: Path) -> None:
    assert read_names(names_file(tmp_path, HEAD)) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: the first line must be symbol,venue,name,aliases"),
        ("name,symbol\n", "line 1: the first line must be"),
        (HEAD + "ABC,XNYS,Abc,\nDEF,XNYS\n", "line 3: 2 values"),
        (HEAD + "ABC,XNYS,A, B, C,\n", "line 2: 6 values"),
        (HEAD + "ABC,,Abc,\n", "line 2: symbol, venue and name must not be empty"),
        (HEAD + "ABC,XNYS, ,\n", "line 2: symbol, venue and name must not be empty"),
        (HEAD + "ABC,XNYS,Abc,\nABC,XNYS,Abd,\n", "line 3: ABC of XNYS stands there already"),
        (HEAD + 'ABC,XNYS,"Abc,\n', "line 2: this is not CSV"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    path = names_file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_names(path)
    assert str(caught.value).startswith(str(path))
    assert sentence in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(ConfigError) as caught:
            read_names(place)
        assert str(caught.value).startswith(f"the file of names {place} cannot be read: ")
        assert "Errno" not in str(caught.value)
        assert str(caught.value).endswith("; correct sentiment.names")
    (tmp_path / "latin.csv").write_bytes(b"symbol,venue,name,aliases\nA,XNYS,\xdcber,\n")
    with pytest.raises(ConfigError, match=r"latin\.csv, line 2: this is not text in UTF-8"):
        read_names(tmp_path / "latin.csv")


def test_the_users_names_replace_the_packaged_ones(tmp_path: Path) -> None:
    known = known_listings(names_file(tmp_path, HEAD + "TSLA,XNYS,Tesla,Elonmobile\nMINE,XNYS,My Company,\n"))
    by_symbol = {listing.instrument.symbol: listing for listing in known if listing.instrument.venue == "XNYS"}
    assert by_symbol["TSLA"].aliases == ("Elonmobile",)
    assert by_symbol["MINE"].name == "My Company"
    assert len(known) == len(packaged_listings()) + 1
    assert known_listings() == list(packaged_listings())


def test_known_aliases_go_to_the_coin_of_the_same_name_only() -> None:
    dogecoin = Listing(Instrument("DOGE", "24/7"), "DogeCoin", rank=9)
    copycat = Listing(Instrument("DOGE", "24/7"), "Doge Token", rank=999)
    found = with_known_names([dogecoin, copycat], packaged_listings())
    assert [one.aliases for one in found] == [("Doge", "Doge coin"), ()]
    assert [one.rank for one in found] == [9, 999]


@given(st.text(max_size=12), st.text(max_size=12), st.lists(st.text(max_size=12), max_size=3))
def test_any_name_can_be_judged(symbol: str, name: str, aliases: list[str]) -> None:
    listing = Listing(Instrument(symbol, "24/7"), name, tuple(aliases))
    assert ambiguous_names(listing) <= {symbol, name, *aliases}
    assert set(spoken_names(listing)) >= {name, *aliases}
