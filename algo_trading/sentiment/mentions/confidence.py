"""How sure it is that a name in a text means the instrument.

Evidence adds up as log-odds: the kind of match says how likely it is at first, words around it and other names in the
text raise or lower that. The weights are set by hand from what each kind of evidence is worth alone.
"""

import math
import re
from functools import cached_property

from algo_trading.domain.listing import Listing
from algo_trading.domain.post import MatchKind
from algo_trading.sentiment.mentions.context_words import (
    AND,
    BESIDE,
    COIN,
    COMPANY_VERBS,
    KNOWN_COIN_NAMES,
    KNOWN_COIN_SYMBOLS,
    KNOWN_SYMBOLS,
    MONEY,
    NEAR,
    PLACES,
    PLATFORMS,
    POSITIONS,
    STOCK,
    TOWARDS,
    TRADES,
)
from algo_trading.sentiment.mentions.names import COINS_VENUE, obscure
from algo_trading.sentiment.mentions.patterns import EverydayUse, Hit, Pattern, TextHits, decoded

CUES = COIN | STOCK | MONEY
SIGNS = ("@", "$", "#")
REACH = 80  # bytes to either side in which words count as near
OPENING, APOSTROPHE = "\u201c\u2018", "\u2019"  # typographic quotes
AMOUNT = re.compile(rb"\$\d")
STRIKE = re.compile(rb"\d{1,5}[cp]|\d{2,6}")

KIND = {MatchKind.CASHTAG: 3.0, MatchKind.NAME: 2.2, MatchKind.ALIAS: 1.8, MatchKind.SYMBOL: 0.8}
# Added for what is not prominent: small coins are named after everything. Least for names of several words, most for
# one without a capital.
OBSCURE_WORDS, OBSCURE, OBSCURE_PLAIN = -1.0, -2.4, -3.4
TAG = 0.8  # added for a hashtag
HANDLE = {EverydayUse.NO: 1.2, EverydayUse.SCARCE: 0.8, EverydayUse.COMMON: 0.2}
# An everyday word with a capital letter inside a sentence, where any word has one, and without one.
INSIDE, ANYWHERE, PLAIN = 0, 1, 2
EQUITY_WORD = {EverydayUse.SCARCE: (1.1, 0.3, -1.7), EverydayUse.COMMON: (0.1, -1.7, -3.0)}
COIN_WORD = {EverydayUse.SCARCE: (-1.0, -1.7, -2.2), EverydayUse.COMMON: (-1.7, -2.5, -3.0)}
SYMBOL_WORD = {EverydayUse.SCARCE: -0.6, EverydayUse.COMMON: -2.6}
LETTER = -1.6  # added for a symbol of one letter
COIN_SYMBOL = -1.0  # added for a coin's bare symbol: most abbreviations are the symbol of some coin
SMALL = {2: -2.0, 3: -2.0, 4: -1.0}  # added for a symbol without capitals, by its letters (4 or more)
TRADED = 1.9  # added where words or figures beside it are of a trade: "tsla to 1000", "aapl 200c", "buying gme"
COMPANY_VERB = 2.8  # added for an everyday word with a capital before what a company does: "Target raises wages"
PAPER_BEHIND = 1.3  # added for an everyday word without a capital before "stock", "shares", "calls"
POSITION = 3.0  # added for a symbol that is an everyday word behind "long", "bought", "shares of"
PLATFORM, PLACE = -3.2, -2.0  # a platform is where people are, above all behind "on" or "of"
SHOUTED = -1.5  # capitals in a text that is all capitals
NUMBERED = -1.5  # an everyday word before a number: Block 5
DETERMINED = -1.5  # an everyday word behind "the" that ends there
OWN_CUE, MOST_OWN = 1.1, 3  # for each word that speaks of coins near a coin, of companies near an equity
MONEY_CUE, MOST_MONEY = 0.6, 2  # for each word that speaks of money
SENSE_BESIDE, SENSE_NEAR = -5.0, -2.5
WROTE_BEFORE, WROTE_OFTEN = 0.7, 2.0  # for each e-fold of mentions by the author, and at most
SAME_ELSEWHERE, KIN_ELSEWHERE = 2.5, 0.6


class TextContext:
    """A text around its hits."""

    def __init__(self, text: str, text_hits: TextHits) -> None:
        self.text, self.raw = text, text_hits.raw
        self._lower, self._begin, self._finish = text_hits.lower, text_hits.begin, text_hits.begin + len(text_hits.raw)
        self._passed = (0, 0)  # a place in bytes and in characters, before which nothing is left to find

    @cached_property
    def addressed(self) -> int:
        """Where the handles to which a reply is addressed end."""
        match = ADDRESSED.match(self.text)
        return match.end() if match else 0

    @cached_property
    def shouted(self) -> bool:
        """Whether it is in capitals: four words or more, few of them in small letters."""
        words = [word for word in self.text.split() if sum(map(str.isalpha, word)) > 1]
        return len(words) >= 4 and sum(word.isupper() for word in words) > 0.7 * len(words)

    @cached_property
    def titled(self) -> bool:
        """Whether most of its words begin with a capital, as in headlines."""
        words = [word for word in self.text.split() if word[0].isalpha()]
        return len(words) >= 4 and sum(word[0].isupper() for word in words) > 0.7 * len(words)

    def span(self, hit: Hit) -> tuple[int, int] | None:
        """Where a hit stands in characters; None if it begins or ends inside one, all of whose bytes look alike."""
        if len(self.raw) == len(self.text):
            return hit.start, hit.end
        if any(
            byte & 0xC0 == 0x80 for byte in (*self.raw[hit.start : hit.start + 1], *self.raw[hit.end : hit.end + 1])
        ):
            return None
        byte, character = self._passed if self._passed[0] <= hit.start else (0, 0)
        start = character + len(decoded(self.raw[byte : hit.start]))
        self._passed = (hit.start, start)
        return start, start + len(decoded(self.raw[hit.start : hit.end]))

    def around(self, first: int, last: int) -> tuple[bytes, bytes]:
        """What stands before and behind the bytes `first`..`last` of the text: words in lower case, and blanks."""
        begin, finish = self._begin, self._finish
        before = self._lower[max(begin, begin + first - REACH) : begin + first]
        return before, self._lower[begin + last : min(finish, begin + last + REACH)]

    def opens_sentence(self, start: int) -> bool:
        """Whether a sentence begins at the character `start`, so that any word there has a capital."""
        before = self.text[max(self.addressed, start - REACH) : start].rstrip(" \"'(" + OPENING)
        return not before or not (before[-1].isalnum() or before[-1] in ",&/+-)$%" + APOSTROPHE)


ADDRESSED = re.compile(r"\s*(?:(?:RT\s+)?@\w+[:,]?(?:\s+|$))*")


def probability(odds: float) -> float:
    """Log-odds as a probability."""
    return 1 / (1 + math.exp(-odds))


def first_odds(context: TextContext, listing: Listing, pattern: Pattern, start: int, sign: str) -> float:
    """Log-odds from the way in which it is written at `start`; `sign` is the character before it."""
    if sign == "@":
        return HANDLE[pattern.everyday]
    if sign == "$":
        return KIND[MatchKind.CASHTAG]
    odds = _spelling_odds(context, listing, pattern, start)
    if obscure(listing):
        one_word = OBSCURE if context.text[start].isupper() else OBSCURE_PLAIN
        odds += OBSCURE_WORDS if " " in pattern.spelling else one_word
    if pattern.spelling in PLATFORMS:
        odds += PLATFORM
    if sign == "#":
        odds += TAG
    if (pattern.everyday or pattern.kind is MatchKind.SYMBOL) and context.shouted:
        odds += SHOUTED
    return odds


def _spelling_odds(context: TextContext, listing: Listing, pattern: Pattern, start: int) -> float:
    coin = listing.instrument.venue == COINS_VENUE
    if not pattern.everyday:
        odds = KIND[pattern.kind]
        if pattern.small:
            known = pattern.spelling.encode() in KNOWN_SYMBOLS
            odds += 0.0 if known else SMALL[min(len(pattern.spelling), 4)]
        if coin and pattern.kind is MatchKind.SYMBOL and listing.instrument.symbol not in KNOWN_COIN_SYMBOLS:
            odds += COIN_SYMBOL
        return odds
    if pattern.kind is MatchKind.SYMBOL:
        return SYMBOL_WORD[pattern.everyday] + LETTER * (len(pattern.spelling) == 1)
    place = PLAIN
    if context.text[start].isupper():
        place = ANYWHERE if context.opens_sentence(start) or context.titled else INSIDE
    known = pattern.spelling in KNOWN_COIN_NAMES
    return (COIN_WORD if coin and not known else EQUITY_WORD)[pattern.everyday][place]


def context_odds(context: TextContext, listing: Listing, hit: Hit, span: tuple[int, int], sign: str) -> float:
    """Log-odds from the words around a hit that stands at the characters of `span`."""
    left, right = context.around(hit.start, hit.end)
    words = (left + right).split()  # a blank ends the one or begins the other
    pattern, odds = hit.pattern, 0.0
    own = COIN if listing.instrument.venue == COINS_VENUE else STOCK
    cues = CUES.intersection(words)
    money = (b"$" in left or b"$" in right) and bool(AMOUNT.search(left) or AMOUNT.search(right))
    if cues or money:
        odds += OWN_CUE * min(len(own & cues), MOST_OWN) + MONEY_CUE * min(len(MONEY & cues) + money, MOST_MONEY)
    if (near := NEAR.get(pattern.spelling)) and not near.isdisjoint(words):
        odds += SENSE_NEAR
    beside = BESIDE.get(pattern.spelling)
    platform = pattern.spelling in PLATFORMS
    if sign in SIGNS or not (beside or pattern.everyday or pattern.small or platform):
        return odds
    before, after = left.split()[-2:], right.split(None, 2)[:2]
    if beside and not beside.isdisjoint((*before[-1:], *after[:1])):
        odds += SENSE_BESIDE
    if pattern.small and _traded(before, after):
        odds += TRADED
    if pattern.everyday or platform:
        odds += _company_odds(context, pattern, before, after, span)
    if pattern.everyday and after and after[0].isdigit():
        odds += NUMBERED
    ends = not context.text[span[1] : span[1] + 2].strip()[:1].isupper() and own.isdisjoint(after[:1])
    if pattern.everyday and before[-1:] == [b"the"] and ends:
        odds += DETERMINED
    return odds


def _company_odds(
    context: TextContext, pattern: Pattern, before: list[bytes], after: list[bytes], span: tuple[int, int]
) -> float:
    """Log-odds from what stands directly beside an everyday word or the name of a platform."""
    odds, capital = 0.0, context.text[span[0]].isupper()
    if after and after[0] in COMPANY_VERBS:
        odds += COMPANY_VERB if capital else PAPER_BEHIND * (after[0] in STOCK)
    position = before[-1:] and (
        before[-1] in POSITIONS or (before[-1] in PLACES and len(before) > 1 and before[-2] in STOCK)
    )
    if pattern.kind is MatchKind.SYMBOL and capital and position:
        odds += POSITION
    if pattern.spelling in PLATFORMS and before and before[-1] in PLACES and TRADES.isdisjoint(before[:-1]):
        odds += PLACE
    return odds


def _traded(before: list[bytes], after: list[bytes]) -> bool:
    """Whether a symbol without capitals stands as in a trade."""
    if not TRADES.isdisjoint((*before, *after)) or (before and before[-1] in KNOWN_SYMBOLS):
        return True
    return bool(after) and (
        STRIKE.fullmatch(after[0]) is not None
        or (len(after) > 1 and after[0] in TOWARDS and after[1][:1].isdigit())
        or (len(after) > 1 and STRIKE.fullmatch(after[1]) is not None)
        or after[0] in KNOWN_SYMBOLS
        or (len(after) > 1 and after[0] in AND and after[1] in KNOWN_SYMBOLS)
        or (len(before) > 1 and before[-1] in AND and before[-2] in KNOWN_SYMBOLS)
    )
