"""Which instruments a text names, where, and how sure that is."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, log1p

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.domain.post import EntityMatch, MatchKind
from algo_trading.sentiment.cleaning import plain_text
from algo_trading.sentiment.mentions.confidence import (
    KIN_ELSEWHERE,
    SAME_ELSEWHERE,
    WROTE_BEFORE,
    WROTE_OFTEN,
    TextContext,
    context_odds,
    first_odds,
    probability,
)
from algo_trading.sentiment.mentions.names import COINS_VENUE, obscure, packaged_listings
from algo_trading.sentiment.mentions.patterns import Hit, Patterns, canonical

LEAST = 0.3  # confidence below which a name is no mention at all
SURE = 1.4  # log-odds from which a mention supports others in the same text
URL = re.compile(r"https?://|www\.|\w\.[a-z]{2,}/", re.IGNORECASE)
LONGEST_URL = 2_048


@dataclass(frozen=True)
class AuthorHistory:
    """How often each author mentioned which instrument before the texts in question."""

    mentions: Mapping[str, Mapping[Instrument, int]]

    def odds(self, author: str) -> dict[Instrument, float]:
        """What that adds to the log-odds of each instrument in a text by the author."""
        counts = self.mentions.get(author, {})
        return {instrument: min(WROTE_BEFORE * log1p(count), WROTE_OFTEN) for instrument, count in counts.items()}


@dataclass(slots=True)
class _Candidate:
    """A hit in characters of the text, with its log-odds so far."""

    listing: Listing
    kind: MatchKind
    start: int
    end: int
    odds: float


class MentionFinder:
    """Finds the names of `listings`. Making it takes a third of a second for 10,000 of them: keep it."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = list(listings)
        self._patterns = Patterns(self._listings)

    def find(
        self, texts: Sequence[str], authors: Sequence[str] = (), people: AuthorHistory | None = None
    ) -> list[list[EntityMatch]]:
        """The mentions of each text, in the order in which they stand there; places are in the clean text.

        `authors` are those of the texts, one for each, or none at all; `people` is what is known of them. Where names
        overlap, the one that begins first counts, and of those the longest. A place means one instrument, the likeliest
        of those called so. Names in URLs, in addresses of mail and in the handles to which a reply is addressed are
        none.
        """
        if authors and len(authors) != len(texts):
            raise ValueError(f"{len(authors)} authors for {len(texts)} texts")
        texts = [plain_text(text) for text in texts]
        results: list[list[EntityMatch]] = [[] for _ in texts]
        for text_hits in self._patterns.search(texts):
            text = texts[text_hits.number]
            candidates = self._candidates(TextContext(text, text_hits), text_hits.hits)
            if candidates:
                known = people.odds(authors[text_hits.number]) if people and authors else {}
                results[text_hits.number] = _weighed(text, candidates, known)
        return results

    def _candidates(self, context: TextContext, hits: list[Hit]) -> list[list[_Candidate]]:
        """For each place in the text the instruments that it may mean."""
        if len(hits) > 1:
            hits.sort(key=lambda hit: (hit.start, -hit.end))
        places: list[list[_Candidate]] = []
        taken = (0, 0)  # in bytes
        for hit in hits:
            place = (hit.start, hit.end)
            if hit.start < taken[1] and place != taken:
                continue
            candidate = self._candidate(context, hit)
            if candidate is None:
                continue
            if place == taken:
                places[-1].append(candidate)
            else:
                places.append([candidate])
                taken = place
        return places

    def _candidate(self, context: TextContext, hit: Hit) -> _Candidate | None:
        text, pattern = context.text, hit.pattern
        span = context.span(hit)
        if span is None:
            return None
        start, end = span
        matched = text[start:end]
        sign = text[start - 1 : start]
        if sign == "@" and (pattern.kind is MatchKind.SYMBOL or start <= context.addressed):
            return None
        if sign == "$" and matched[0].isdigit():  # an amount
            return None
        if pattern.kind is not MatchKind.SYMBOL and matched.lower() != pattern.spelling != canonical(matched):
            return None
        if (
            (pattern.small and not matched.islower())
            or (pattern.capitals and not matched.isupper())
            or not _stands_alone(text, start, end)
        ):
            return None
        listing = self._listings[pattern.listing]
        odds = first_odds(context, listing, pattern, start, sign)
        odds += context_odds(context, listing, hit, span, sign)
        written = MatchKind.AMBIGUOUS if pattern.everyday else pattern.kind
        kind = MatchKind.CASHTAG if sign == "$" else written
        return _Candidate(listing, kind, start, end, odds)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether the place is a word of its own and no part of a URL or of an address of mail."""
    if end < len(text) and text[end].isalnum():
        return False
    if text[end : end + 1] == "." and text[end + 1 : end + 3].isalpha() and text[end + 1].islower():
        return False
    if start == 0:
        return True
    sign = text[start - 1]
    if sign.isspace():
        return True
    if sign.isalnum() or (sign in "@$#" and text[start - 2 : start - 1].isalnum() and start > 1):
        return False
    least = max(start - LONGEST_URL, 0)
    word = max(text.rfind(space, least, start) for space in " \n\t") + 1
    return URL.search(text, max(word, least), start) is None


def _weighed(text: str, places: list[list[_Candidate]], known: Mapping[Instrument, float]) -> list[EntityMatch]:
    """What the places mean, in view of each other and of what the author wrote about before."""
    if known or len(places) > 1:
        _compare(places, known)
    found = []
    for meant in places:
        best = max(meant, key=_preference) if len(meant) > 1 else meant[0]
        confidence = probability(best.odds)
        if confidence >= LEAST:
            matched = text[best.start : best.end]
            found.append(EntityMatch(best.listing.instrument, matched, best.start, best.end, best.kind, confidence))
    return found


def _compare(places: list[list[_Candidate]], known: Mapping[Instrument, float]) -> None:
    """Add what the author's history and the sure mentions at other places say about each candidate."""
    likeliest = [max(meant, key=_preference) for meant in places]
    sure = [one.listing.instrument if one.odds >= SURE else None for one in likeliest]
    instruments = Counter(sure)
    venues = Counter(one.venue for one in sure if one)
    for meant, here in zip(places, sure, strict=True):
        for candidate in meant:
            instrument = candidate.listing.instrument
            candidate.odds += known.get(instrument, 0.0)
            if instruments[instrument] > (here == instrument):
                candidate.odds += SAME_ELSEWHERE
            elif venues[instrument.venue] > (here is not None and here.venue == instrument.venue):
                candidate.odds += KIN_ELSEWHERE


def _preference(candidate: _Candidate) -> tuple[bool, float, float]:
    """One that people know rather than a namesake, then the likelier, then an equity rather than a coin, then by rank.

    Without the first, a small coin named after a company takes the company's place wherever coins are spoken of.
    """
    rank = candidate.listing.rank
    coin = candidate.listing.instrument.venue == COINS_VENUE
    known = candidate.odds >= 0 and not obscure(candidate.listing)
    return known, candidate.odds, -(rank if rank is not None else inf if coin else 0)


def best_matches(places: Sequence[EntityMatch]) -> list[EntityMatch]:
    """The surest place of each instrument, of two as sure the first, in the order of the text."""
    best: dict[Instrument, EntityMatch] = {}
    for place in places:
        if place.instrument not in best or place.confidence > best[place.instrument].confidence:
            best[place.instrument] = place
    return sorted(best.values(), key=lambda place: (place.start, place.instrument))


@cache
def packaged_finder() -> MentionFinder:
    """The finder of the names that ship with the package."""
    return MentionFinder(packaged_listings())
