"""How sure it is that a name in a text means the instrument.

Evidence adds up as log-odds: the kind of match says how likely it is at first, words around it and other names in the
text raise or lower that. The weights are set by hand from what each kind of evidence is worth alone.
"""

import math
import re
from functools import cached_property

from algo_trading.domain.listing import Listing
from algo_trading.domain.post import MatchKind
from algo_trading.sentiment.mentions.context_words import BESIDE, COIN, MONEY, NEAR, STOCK
from algo_trading.sentiment.mentions.names import COINS_VENUE
from algo_trading.sentiment.mentions.patterns import EverydayUse, Hit, Pattern, TextHits, decoded

CUES = COIN | STOCK | MONEY
REACH = 80  # bytes to either side in which words count as near
PROMINENT = 200  # rank up to which a bare symbol or name is taken at its word
OPENING, APOSTROPHE = "\u201c\u2018", "\u2019"  # typographic quotes
CAPITALS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AMOUNT = re.compile(rb"\$\d")

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
        """Whether it is in capitals."""
        capitals = len(self.raw) - len(self.raw.translate(None, CAPITALS))
        small = len(self.raw) - len(self.raw.translate(None, CAPITALS.lower()))
        return capitals + small >= 12 and capitals > 1.5 * small

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


def prominent(listing: Listing) -> bool:
    """Whether it is large, or stands in a list of names without figures, which somebody wrote with care."""
    return listing.price is None if listing.rank is None else listing.rank <= PROMINENT


def first_odds(context: TextContext, listing: Listing, pattern: Pattern, start: int, sign: str) -> float:
    """Log-odds from the way in which it is written at `start`; `sign` is the character before it."""
    if sign == "@":
        return HANDLE[pattern.everyday]
    if sign == "$":
        return KIND[MatchKind.CASHTAG]
    odds = 0.0
    if not prominent(listing):
        one_word = OBSCURE if context.text[start].isupper() else OBSCURE_PLAIN
        odds = OBSCURE_WORDS if " " in pattern.spelling else one_word
    coin = listing.instrument.venue == COINS_VENUE
    if not pattern.everyday:
        odds += KIND[pattern.kind] + COIN_SYMBOL * (coin and pattern.kind is MatchKind.SYMBOL)
    elif pattern.kind is MatchKind.SYMBOL:
        odds += SYMBOL_WORD[pattern.everyday] + LETTER * (len(pattern.spelling) == 1)
    else:
        table = COIN_WORD if coin else EQUITY_WORD
        place = PLAIN
        if context.text[start].isupper():
            place = ANYWHERE if context.opens_sentence(start) or context.titled else INSIDE
        odds += table[pattern.everyday][place]
    if sign == "#":
        odds += TAG
    if (pattern.everyday or pattern.kind is MatchKind.SYMBOL) and context.shouted:
        odds += SHOUTED
    return odds


def context_odds(context: TextContext, listing: Listing, hit: Hit, end: int, sign: str) -> float:
    """Log-odds from the words around a hit that ends at the character `end`."""
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
    if not (beside or pattern.everyday):
        return odds
    before, after = left.split()[-1:], right.split(None, 1)[:1]
    if beside and not beside.isdisjoint((*before, *after)):
        odds += SENSE_BESIDE
    if pattern.everyday and sign not in ("@", "$", "#"):
        if after and after[0].isdigit():
            odds += NUMBERED
        ends = not context.text[end : end + 2].strip()[:1].isupper() and own.isdisjoint(after)
        if before == [b"the"] and ends:
            odds += DETERMINED
    return odds
