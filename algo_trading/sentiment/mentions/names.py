"""Names of instruments: read from files, shortened as people do, marked where they are everyday words."""

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.domain.symbol import normal_symbol
from algo_trading.errors import ConfigError
from algo_trading.sentiment.mentions.everyday_words import COMMON, SCARCE, english

COINS_VENUE = "24/7"  # the calendar of what trades at any time
PROMINENT = 200  # rank up to which a bare symbol or name is taken at its word
COLUMNS = ("symbol", "venue", "name", "aliases")
CURATED = ("equities.csv", "coins.csv")  # written by hand, with the names people use
COLLECTED = ("companies.csv", "etfs.csv", "small_coins.csv")
# What a company's name ends with on paper, but not when people speak of it.
LEGAL_FORM = re.compile(
    r",?\s+(?:incorporated|inc|corporation|corp|company|co|limited|ltd|plc|llc|n\.?v|s\.?a|a\.?g|s\.?e)\.?$",
    re.IGNORECASE,
)
WORD = re.compile(r"[^\W_]+")
KEPT = 20_000  # names whose being everyday words is remembered: each is asked for several times
ARTICLES = frozenset({"the", "of", "and"})


@cache
def packaged_listings() -> tuple[Listing, ...]:
    """The equities, funds and coins that ship with the package."""
    folder = files("algo_trading") / "data" / "names"
    return tuple(
        listing
        for name in (*CURATED, *COLLECTED)
        for listing in _read((folder / name).read_text(encoding="utf-8"), name, curated=name in CURATED)
    )


def read_names(path: Path) -> list[Listing]:
    """The listings of a CSV file with the columns symbol, venue, name, aliases (separated by `;`, may be empty).

    Raises:
        ConfigError: names the file and the line that cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"the file of names {path} cannot be read: {reason}; correct sentiment.names") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"the file of names {path}, line {line}: this is not text in UTF-8; save it as that"
        ) from error
    return _read(text, str(path), curated=True)


def _read(text: str, place: str, *, curated: bool) -> list[Listing]:
    rows = csv.reader(text.splitlines(), strict=True)
    listings: dict[Instrument, Listing] = {}
    try:
        if tuple(next(rows, ())) != COLUMNS:
            raise ConfigError(f"{place}, line 1: the first line must be {','.join(COLUMNS)}")
        for cells in rows:
            if not cells:
                continue
            listing = marked(_listing(cells, f"{place}, line {rows.line_num}"), curated=curated)
            if listing.instrument in listings:
                raise ConfigError(
                    f"{place}, line {rows.line_num}: {listing.instrument} of {listing.instrument.venue} stands there "
                    "already; put all its names into one line"
                )
            listings[listing.instrument] = listing
    except csv.Error as error:
        raise ConfigError(f"{place}, line {rows.line_num}: this is not CSV ({error}); mend its quotes") from error
    return list(listings.values())


def _listing(cells: Sequence[str], place: str) -> Listing:
    if len(cells) != len(COLUMNS):
        raise ConfigError(
            f"{place}: {len(cells)} values where {','.join(COLUMNS)} are expected; quote names with commas"
        )
    symbol, venue, name, aliases = (cell.strip() for cell in cells)
    if not (symbol and venue and name):
        raise ConfigError(f"{place}: symbol, venue and name must not be empty")
    parts = tuple(alias.strip() for alias in aliases.split(";") if alias.strip())
    return Listing(Instrument(normal_symbol(symbol), venue), name, parts)


def marked(listing: Listing, *, curated: bool = False) -> Listing:
    """The listing with its ambiguous names marked; `curated` ones are judged by the short lists of words alone."""
    return replace(listing, ambiguous=ambiguous_names(listing, curated=curated))


def ambiguous_names(listing: Listing, *, curated: bool = False) -> frozenset[str]:
    """Those of its symbol, name and aliases that are everyday words or abbreviations.

    A symbol of one or two letters is one, too, unless people call the instrument by it (GM), and a coin's name of up to
    three letters unless an alias says that people know it as that (XRP).
    """
    names = {listing.name, *listing.aliases}
    symbol = listing.instrument.symbol
    found = {name for name in (*names, symbol) if _is_word(name, symbol, names, curated=curated)}
    if len(symbol) <= 2 and symbol not in names:
        found.add(symbol)
    if listing.instrument.venue == COINS_VENUE and len(listing.name) <= 3 and listing.name not in listing.aliases:
        found.add(listing.name)
    return frozenset(found)


def _is_word(name: str, symbol: str, names: Collection[str], *, curated: bool) -> bool:
    if is_everyday(name):
        return True
    return not curated and is_english(name) and not (name == symbol and symbol in names)


@lru_cache(maxsize=KEPT)
def is_everyday(name: str) -> bool:
    """Whether a name is made of everyday words alone, or is a single letter or a number."""
    words = _words(name)
    return is_common(name) or all(word in COMMON or word in SCARCE for word in words)


def is_english(name: str) -> bool:
    """Whether a name is a word that plain English has."""
    word = name.casefold()
    return word in english() or word.removesuffix("s") in english()


@lru_cache(maxsize=KEPT)
def is_common(name: str) -> bool:
    """Whether it is one word of a kind (one, the graph) that not even a capital letter makes a name."""
    words = _words(name)
    if len(words) != 1:
        return not words
    (word,) = words
    return (
        word in COMMON
        or word.removesuffix("s") in COMMON
        or len(word) == 1
        or word.isdigit()
        or (len(word) == 2 and not word.isalpha())
    )


def _words(name: str) -> list[str]:
    return [word for word in WORD.findall(name.casefold()) if word not in ARTICLES]


def obscure(listing: Listing) -> bool:
    """Whether it is small by the figures of a source; one without figures is of a list made with care."""
    return listing.price is not None if listing.rank is None else listing.rank > PROMINENT


def spoken_names(listing: Listing) -> tuple[str, ...]:
    """Its name and aliases and what is left of them without the legal form ("Apple Inc." is Apple), each once.

    Of three letters or less nothing is left that people would know it by.
    """
    names = (listing.name, *listing.aliases)
    short = (LEGAL_FORM.sub("", name) for name in names)
    return tuple(dict.fromkeys((*names, *(name for name in short if len(name) > 3))))


def with_known_names(listings: Sequence[Listing], known: Sequence[Listing]) -> list[Listing]:
    """Fetched listings with the aliases that `known` has for the same instrument under the same name.

    Two coins can share a symbol, so that the symbol alone does not tell.
    """
    written = {(listing.instrument, listing.name.casefold()): listing for listing in known}
    found = []
    for listing in listings:
        same = written.get((listing.instrument, listing.name.casefold()))
        if same is not None:
            aliases = tuple(dict.fromkeys((*listing.aliases, *same.aliases)))
            plain = {same.name, *same.aliases, same.instrument.symbol, listing.name} - same.ambiguous
            ambiguous = ambiguous_names(replace(listing, aliases=aliases)) - plain
            listing = replace(listing, aliases=aliases, ambiguous=ambiguous)  # noqa: PLW2901
        found.append(listing)
    return found


def known_listings(path: Path | None = None) -> list[Listing]:
    """The packaged listings and those of the user's file; a line of the file replaces a packaged one.

    Raises:
        ConfigError: as `read_names`.
    """
    own = read_names(path) if path else []
    replaced = {listing.instrument for listing in own}
    return [*own, *(listing for listing in packaged_listings() if listing.instrument not in replaced)]
