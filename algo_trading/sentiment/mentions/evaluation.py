"""Precision, recall and speed of mentions against labels written by people."""

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.sentiment.mentions.finder import MentionFinder
from algo_trading.sentiment.mentions.names import COINS_VENUE

COUNTS_FROM = 0.5  # confidence from which a mention counts as found


@dataclass(frozen=True, slots=True)
class LabelledText:
    """A text and the names or symbols of what it speaks of; `place` says where it stands."""

    place: str
    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How well an instrument, or all of them, were found. A text counts once for each instrument.

    A ratio without a case is None: precision where nothing was found, recall where nothing is labelled.
    """

    found: int  # rightly
    wrong: int  # found, but not labelled
    missed: int  # labelled, but not found
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """A text of which the finder and the label say different things."""

    place: str
    wrong: tuple[str, ...]
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MentionEvaluation:
    """The whole result. `unlisted` are labels that no listing has, with how often; they are left out of the scores."""

    posts: int
    overall: Score
    per_name: dict[str, Score]
    posts_per_second: float
    unlisted: dict[str, int]
    mistakes: tuple[Mistake, ...]


def score(found: int, wrong: int, missed: int) -> Score:
    """Shares from counts."""
    precision = found / (found + wrong) if found + wrong else None
    recall = found / (found + missed) if found + missed else None
    f1 = 2 * found / (2 * found + wrong + missed) if found + wrong + missed else None
    return Score(found, wrong, missed, precision, recall, f1)


def evaluate(finder: MentionFinder, listings: Sequence[Listing], posts: Sequence[LabelledText]) -> MentionEvaluation:
    """Compare what `finder` finds with confidence of at least COUNTS_FROM to the labels."""
    meant = _by_label(listings)
    names = {listing.instrument: listing.name for listing in listings}
    texts = [post.text for post in posts]
    finder.find(texts[:1000])
    begin = time.perf_counter()
    results = finder.find(texts)
    seconds = time.perf_counter() - begin
    counts: defaultdict[Instrument, Counter[str]] = defaultdict(Counter)
    unlisted: Counter[str] = Counter()
    mistakes = []
    for post, result in zip(posts, results, strict=True):
        unlisted.update(label for label in post.labels if label.casefold() not in meant)
        wanted = {meant[label.casefold()] for label in post.labels if label.casefold() in meant}
        found = {mention.instrument for mention in result if mention.confidence >= COUNTS_FROM}
        for outcome, instruments in (
            ("found", found & wanted),
            ("wrong", found - wanted),
            ("missed", wanted - found),
        ):
            for instrument in instruments:
                counts[instrument][outcome] += 1
        if found != wanted:
            mistakes.append(Mistake(post.place, _sorted(found - wanted), _sorted(wanted - found)))
    total = sum(counts.values(), Counter())
    order = sorted(
        counts, key=lambda instrument: (-counts[instrument]["found"] - counts[instrument]["missed"], instrument)
    )
    return MentionEvaluation(
        posts=len(posts),
        overall=_score(total),
        per_name={f"{names[instrument]} ({instrument})": _score(counts[instrument]) for instrument in order},
        posts_per_second=len(posts) / seconds if posts else 0.0,
        unlisted=dict(sorted(unlisted.items())),
        mistakes=tuple(mistakes),
    )


def _score(counts: Counter[str]) -> Score:
    return score(counts["found"], counts["wrong"], counts["missed"])


def _sorted(instruments: set[Instrument]) -> tuple[str, ...]:
    return tuple(sorted(map(str, instruments)))


def _by_label(listings: Sequence[Listing]) -> dict[str, Instrument]:
    """Instruments by symbol, name and alias in any case; a symbol goes before a name, an equity before a coin."""
    ordered = sorted(listings, key=lambda listing: (listing.instrument.venue == COINS_VENUE, listing.rank or 0))
    meant: dict[str, Instrument] = {}
    for name_of in (
        lambda listing: (listing.instrument.symbol,),
        lambda listing: (listing.name,),
        lambda listing: listing.aliases,
    ):
        for listing in ordered:
            for name in name_of(listing):
                meant.setdefault(name.casefold(), listing.instrument)
    return meant
