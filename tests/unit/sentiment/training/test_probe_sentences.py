"""What our models make of sentences as traders write them; how the set was made says tests/data/README.md."""

import csv
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from algo_trading.sentiment.classify.finance import FinanceScorer
from algo_trading.sentiment.mentions.finder import MentionFinder, packaged_finder
from algo_trading.sentiment.mentions.names import packaged_listings

pytestmark = pytest.mark.unit

PROBES = Path(__file__).parents[3] / "data" / "probe_sentences.csv"
DEVELOPMENT, HELD_OUT = "development", "held out"


@cache
def finder() -> MentionFinder:
    return packaged_finder()


def probes(half: str) -> list[tuple[str, str, list[str]]]:
    with PROBES.open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["half"] == half]
    return [(row["kind"], row["text"], [label for label in row["labels"].split(";") if label]) for row in found]


def places(text: str, symbols: Sequence[str]) -> list[tuple[int, int]]:
    """Where the instruments stand, by the finder, else by their names."""
    found = {match.instrument.symbol: (match.start, match.end) for match in finder().find([text])[0]}
    spans = []
    for symbol in symbols:
        names = [symbol]
        for listing in packaged_listings():
            if listing.instrument.symbol == symbol and listing.instrument.venue == "XNYS":
                names += [listing.name, *listing.aliases, listing.name.split()[0]]
        hits = (re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE) for name in names)
        spans.append(found.get(symbol) or next((hit.span() for hit in hits if hit), (0, 0)))
    return spans


def rights(half: str) -> dict[str, tuple[int, int]]:
    """By kind how many classes are right, and how many there are; two names count twice."""
    finance = FinanceScorer()
    counts: dict[str, tuple[int, int]] = {}
    for kind, text, labels in probes(half):
        if kind == "names":
            continue
        pairs = [label.split("=") for label in labels]
        if kind == "two":
            scored = finance.score_aspects(text, places(text, [symbol for symbol, _ in pairs]))
        else:
            scored = finance.score([text])
        right, total = counts.get(kind, (0, 0))
        right += sum(one.tone.value == tone for one, (_, tone) in zip(scored, pairs, strict=True))
        counts[kind] = (right, total + len(pairs))
    return counts


@pytest.mark.parametrize("half", [DEVELOPMENT, HELD_OUT])
def test_classes(half: str) -> None:
    counts = rights(half)
    two = counts.pop("two")
    one = [sum(column) for column in zip(*counts.values(), strict=True)]
    assert one[0] >= 0.85 * one[1]
    assert sum(counts[kind][0] for kind in ("slang", "emoji")) >= 0.85 * sum(counts[k][1] for k in ("slang", "emoji"))
    assert two[0] >= 0.78 * two[1]


@pytest.mark.parametrize(("half", "precision", "recall"), [(DEVELOPMENT, 0.95, 0.95), (HELD_OUT, 0.9, 0.78)])
def test_names(half: str, precision: float, recall: float) -> None:
    right = wrong = missed = 0
    for kind, text, labels in probes(half):
        if kind == "names":
            found = {match.instrument.symbol for match in finder().find([text])[0] if match.confidence >= 0.5}
            right += len(found & set(labels))
            wrong += len(found - set(labels))
            missed += len(set(labels) - found)
    assert right / (right + wrong) >= precision
    assert right / (right + missed) >= recall


def test_halves_are_alike_and_hold_nothing_twice() -> None:
    development, held_out = probes(DEVELOPMENT), probes(HELD_OUT)
    assert len({text for _, text, _ in (*development, *held_out)}) == len(development) + len(held_out) == 350
    for kind in {kind for kind, _, _ in development}:
        assert abs(sum(k == kind for k, _, _ in development) - sum(k == kind for k, _, _ in held_out)) <= 1
