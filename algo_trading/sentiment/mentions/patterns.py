"""What to look for in a text: the automata over the names of listings, and where they hit.

Texts are searched as bytes in which every character that is no part of a word is a space, so that a pattern with a
space on either side is found as a whole word and nowhere else. Two automata read the same bytes, one in lower case for
names and cashtags, one as written for bare symbols.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from ahocorasick_rs import BytesAhoCorasick, Implementation

from algo_trading.domain.listing import Listing
from algo_trading.domain.post import MatchKind
from algo_trading.sentiment.mentions.context_words import (
    KNOWN_CAPITALS,
    KNOWN_COIN_SYMBOLS,
    KNOWN_SYMBOLS,
    SHORT_SYMBOLS,
)
from algo_trading.sentiment.mentions.names import COINS_VENUE, is_common, is_english, is_everyday, spoken_names

SIGIL = b"$"  # a cashtag's, and what a hashtag's becomes
SIGNS = b"$#@"
SEPARATOR = "\0"  # between two texts
CHUNK = 4_096  # posts searched at a time: their bytes fit the processor's cache
SMALL_FROM = 3  # letters of a symbol that people write without capitals
PLURAL_FROM = 5  # letters of a name that gets a plural (Teslas, bitcoins)


def _table(*, lower: bool) -> bytes:
    kept = {code: code for code in range(128) if chr(code).isalnum() or chr(code) == "_"}
    if lower:
        kept |= {code: ord(chr(code).lower()) for code in kept}
    kept |= {ord("$"): SIGIL[0], ord("#"): SIGIL[0]}
    return bytes(kept.get(code, ord(" ")) for code in range(256))


LOWER, CASED = _table(lower=True), _table(lower=False)


class EverydayUse(IntEnum):
    """How much a name is an everyday word."""

    NO = 0
    SCARCE = 1
    COMMON = 2


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way in which a listing is written. `spelling` is it in the form of `canonical`."""

    listing: int
    spelling: str
    kind: MatchKind
    everyday: EverydayUse
    capitals: bool = False  # counts in upper case only
    small: bool = False  # counts in lower case only


@dataclass(slots=True)  # made by the thousand: what is frozen takes thrice as long to make
class Hit:
    """A pattern's place in the bytes of a text, sigil excluded."""

    pattern: Pattern
    start: int
    end: int


@dataclass(slots=True)
class TextHits:
    """The hits in text `number`. It is `raw` in bytes, and stands from `begin` on in the searched bytes `lower`."""

    number: int
    raw: bytes
    lower: bytes
    begin: int
    hits: list[Hit]


def encoded(text: str) -> bytes:
    """Its bytes; half a surrogate pair, which no UTF-8 has, is kept as what it is."""
    return text.encode("utf-8", "surrogatepass")


def decoded(raw: bytes) -> str:
    """The text of such bytes."""
    return raw.decode("utf-8", "surrogatepass")


def canonical(text: str) -> str:
    """Text in which case, the kind of apostrophe, and space or hyphen make no difference."""
    return text.casefold().translate(_ALIKE)


_ALIKE = str.maketrans(
    {"\u2019": "'", "-": " ", "\n": " ", "\r": " ", "\t": " ", "\u00a0": " ", "\u2010": " ", "\u2011": " "}
)


class Patterns:
    """The automata of some listings."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        tables: tuple[dict[bytes, list[Pattern]], ...] = (defaultdict(list), defaultdict(list))
        for number, listing in enumerate(listings):
            for cased, text, pattern in _written(number, listing):
                places = tables[cased][text]
                if all(place.listing != number for place in places):  # the surest kind comes first
                    places.append(pattern)
        self._lower, self._cased = (list(table.values()) for table in tables)
        # Without a capital these are the words that they also are, in every second post.
        self._capital = [all(pattern.everyday is EverydayUse.COMMON for pattern in several) for several in self._lower]
        # Overlapping: neighbours share the space between them, and a name may hold a shorter one.
        # This kind is made in a third of a DFA's time and is as fast on texts.
        self._automata = [
            BytesAhoCorasick(list(table), implementation=Implementation.ContiguousNFA) for table in tables
        ]

    def search(self, texts: Sequence[str]) -> Iterator[TextHits]:
        """The texts in which something hits, in no certain order."""
        for first in range(0, len(texts), CHUNK):
            yield from self._search(texts[first : first + CHUNK], first)

    def _search(self, texts: Sequence[str], first: int) -> Iterator[TextHits]:
        joined = SEPARATOR.join(("", *texts, ""))
        # In place of what names are written with, too, a character of one byte: characters keep their numbers.
        raw = encoded(joined.replace("\u2019", "'").replace("\u00a0", " "))
        edges = np.flatnonzero(np.frombuffer(raw, np.uint8) == 0)
        if len(edges) != len(texts) + 1:  # a text holds the separator itself
            yield from self._search([text.replace(SEPARATOR, " ") for text in texts], first)
            return
        lower = raw.translate(LOWER)
        found = [
            (start, end, self._lower[number])
            for number, start, end in self._automata[0].find_matches_as_indexes(lower, overlapping=True)
            if not (self._capital[number] and raw[start + 1 : start + 2].islower() and raw[start] not in SIGNS)
        ]
        cased = self._automata[1].find_matches_as_indexes(raw.translate(CASED), overlapping=True)
        found += [(start, end, self._cased[number]) for number, start, end in cased]
        if not found:
            return
        places = (np.searchsorted(edges, [start + 1 for start, _, _ in found], side="left") - 1).tolist()
        texts_hit: dict[int, TextHits] = {}
        for (start, end, patterns), place in zip(found, places, strict=True):
            text_hits = texts_hit.get(place)
            if text_hits is None:
                begin, finish = int(edges[place]) + 1, int(edges[place + 1])
                text_hits = texts_hit[place] = TextHits(first + place, raw[begin:finish], lower, begin, [])
            if end - 1 <= text_hits.begin + len(text_hits.raw):  # else it reaches into the next text
                text_hits.hits.extend(
                    Hit(pattern, start + 1 - text_hits.begin, end - 1 - text_hits.begin) for pattern in patterns
                )
        yield from texts_hit.values()


def _written(number: int, listing: Listing) -> Iterator[tuple[bool, bytes, Pattern]]:
    """Every way in which it is written: whether case counts, the bytes to look for, the pattern; the surest first."""
    for name in spoken_names(listing):
        text = encoded(name).translate(LOWER)
        if not any(chr(code).isalnum() for code in text):
            continue  # written in letters that the automata do not see
        kind = MatchKind.ALIAS if name in listing.aliases else MatchKind.NAME
        everyday = _everyday(name, marked=name in listing.ambiguous)
        pattern = Pattern(number, canonical(name), kind, everyday, capitals=len(name) <= 2)
        yield False, b" %b " % text, pattern
        if name.isalpha() and name.isascii() and len(name) >= PLURAL_FROM and not everyday and name[-1] not in "sS":
            yield False, b" %bs " % text, Pattern(number, pattern.spelling + "s", kind, everyday)
        joined = text.replace(b" ", b"")  # as people write it behind a sign
        if name.isascii() and joined.isalnum():
            tagged = Pattern(number, joined.decode(), kind, EverydayUse.NO if b" " in text else everyday)
            yield False, SIGIL + joined + b" ", tagged
    symbol = listing.instrument.symbol
    if symbol.isascii() and any(map(str.isalnum, symbol)):
        known = symbol in KNOWN_CAPITALS
        everyday = EverydayUse.NO if known else _everyday(symbol, marked=symbol in listing.ambiguous)
        pattern = Pattern(number, canonical(symbol), MatchKind.SYMBOL, everyday)
        yield False, SIGIL + symbol.encode().translate(LOWER) + b" ", pattern
        yield True, b" %b " % symbol.encode().translate(CASED), pattern
        if not everyday and _known_small(listing):
            yield (
                False,
                b" %b " % symbol.lower().encode(),
                Pattern(number, pattern.spelling, pattern.kind, everyday, small=True),
            )


def _known_small(listing: Listing) -> bool:
    """Whether people write its symbol in small letters, and no word is written like that."""
    symbol = listing.instrument.symbol
    if symbol in SHORT_SYMBOLS or symbol.lower().encode() in KNOWN_SYMBOLS:
        return True
    if len(symbol) < SMALL_FROM or not symbol.isalpha() or is_english(symbol):
        return False
    return listing.instrument.venue != COINS_VENUE or symbol in KNOWN_COIN_SYMBOLS


def _everyday(name: str, *, marked: bool = False) -> EverydayUse:
    if is_common(name) or (marked and (len(name) <= 2 or (is_english(name) and not is_everyday(name)))):
        return EverydayUse.COMMON
    return EverydayUse.SCARCE if marked or is_everyday(name) else EverydayUse.NO
