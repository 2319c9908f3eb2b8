"""What to look for in a text: the automata over the names of listings, and where they hit.

Texts are searched as bytes in which every character that is no part of a word is a space, so that a pattern with a
space on either side is found as a whole word and nowhere else. Two automata read the same bytes, one in lower case for
names and cashtags, one as written for bare symbols.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate

import numpy as np
from ahocorasick_rs import BytesAhoCorasick, Implementation

from algo_trading.domain.listing import Listing
from algo_trading.domain.post import MatchKind
from algo_trading.sentiment.names import is_common, is_everyday, spoken_names

SIGIL = b"$"  # a cashtag's, and what a hashtag's becomes
CHUNK = 4_096  # posts searched at a time: their bytes fit the processor's cache
PLURAL_FROM = 5  # letters of a name that gets a plural (Teslas, bitcoins)


def _table(*, lower: bool) -> bytes:
    kept = {code: code for code in range(128) if chr(code).isalnum() or chr(code) == "_"}
    if lower:
        kept |= {code: ord(chr(code).lower()) for code in kept}
    kept |= {ord("$"): SIGIL[0], ord("#"): SIGIL[0]}
    return bytes(kept.get(code, ord(" ")) for code in range(256))


LOWER, CASED = _table(lower=True), _table(lower=False)


class Everyday(IntEnum):
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
    everyday: Everyday
    capitals: bool = False  # counts in upper case only


@dataclass(frozen=True, slots=True)
class Hit:
    """A pattern's place in the bytes of a text, sigil excluded."""

    pattern: Pattern
    start: int
    end: int


def encoded(text: str) -> bytes:
    """Its bytes; half a surrogate pair, which no UTF-8 has, is kept as what it is."""
    return text.encode("utf-8", "surrogatepass")


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
        # Overlapping: neighbours share the space between them, and a name may hold a shorter one.
        self._automata = [BytesAhoCorasick(list(table), implementation=Implementation.DFA) for table in tables]

    def search(self, raw: Sequence[bytes]) -> Iterator[tuple[int, list[Hit], bytes, int]]:
        """The texts with hits: number, hits, the searched bytes in lower case, and where the text begins in them."""
        for first in range(0, len(raw), CHUNK):
            chunk = raw[first : first + CHUNK]
            joined = b" ".join((b"", *chunk, b""))
            lower = joined.translate(LOWER)
            found = [
                (start, end, table[number])
                for automaton, haystack, table in (
                    (self._automata[0], lower, self._lower),
                    (self._automata[1], joined.translate(CASED), self._cased),
                )
                for number, start, end in automaton.find_matches_as_indexes(haystack, overlapping=True)
            ]
            if not found:
                continue
            begins = list(accumulate((len(text) + 1 for text in chunk), initial=1))
            places = np.searchsorted(begins, [start + 1 for start, _, _ in found], side="right") - 1
            by_text: defaultdict[int, list[Hit]] = defaultdict(list)
            for (start, end, patterns), place in zip(found, places.tolist(), strict=True):
                begin = begins[place]
                if end - 1 < begins[place + 1]:  # else it reaches into the next text
                    by_text[place] += [Hit(pattern, start + 1 - begin, end - 1 - begin) for pattern in patterns]
            for place, hits in by_text.items():
                yield first + place, hits, lower, begins[place]


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
            yield False, b" %bs " % text, replace(pattern, spelling=pattern.spelling + "s")
        if (joined := text.replace(b" ", b"")).isalnum():
            tagged = replace(pattern, spelling=joined.decode(), everyday=_everyday(joined.decode()), capitals=False)
            yield False, SIGIL + joined + b" ", tagged
    symbol = listing.instrument.symbol
    if symbol.isascii() and any(map(str.isalnum, symbol)):
        everyday = _everyday(symbol, marked=symbol in listing.ambiguous)
        pattern = Pattern(number, canonical(symbol), MatchKind.SYMBOL, everyday)
        yield False, SIGIL + symbol.encode().translate(LOWER) + b" ", pattern
        yield True, b" %b " % symbol.encode().translate(CASED), pattern


def _everyday(name: str, *, marked: bool = False) -> Everyday:
    if is_common(name) or (marked and len(name) <= 2):
        return Everyday.COMMON
    return Everyday.SCARCE if marked or is_everyday(name) else Everyday.NO
