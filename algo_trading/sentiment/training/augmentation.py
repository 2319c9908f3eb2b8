"""Sentences made from hand-written frames, so that the models learn what labelled tweets and headlines rarely hold.

Those are traders' words, options, negation, conditions, questions, quotations, bare names, and who does what to whom.
Frames are combined with the packaged tables of expressions (`data/lexicon`); the same sentences come out every time.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from algo_trading.domain.sentiment import Tone
from algo_trading.sentiment.classify.lexicon import MEANINGS, roles
from algo_trading.sentiment.classify.masking import NAME, OTHER, TARGET

POSITIVE, NEGATIVE, NEUTRAL = Tone.POSITIVE, Tone.NEGATIVE, Tone.NEUTRAL
AROUND = (("", ""), ("report: ", " this year"), ("today ", ", analysts say"), ("", " in 2021"), ("so ", " again"))
MOMENTS = ("today", "now", "bags", "earnings")
OPPOSITE = {POSITIVE: NEGATIVE, NEGATIVE: POSITIVE, NEUTRAL: NEUTRAL}
TONES = {"+": POSITIVE, "-": NEGATIVE, "0": NEUTRAL}
SEED = 20261121


@dataclass(frozen=True, slots=True)
class Sentence:
    """A made sentence; names in it are placeholders."""

    text: str
    tone: Tone


def frames(kind: str) -> list[tuple[str, str]]:
    """The packaged frames of a kind: labels and text."""
    text = (files("algo_trading") / "data" / "training" / "frames.csv").read_text(encoding="utf-8")
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    return [(labels, frame) for of_kind, labels, frame in rows if of_kind == kind]


def sentences() -> list[Sentence]:
    """Sentences about one name, for the model of whole texts."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    made = [*_slang(chance), *_clauses(chance), *_wrapped(chance), *_options(chance), *_reports(chance)]
    made += [Sentence(frame.replace("{n}", NAME), TONES[label]) for label, frame in frames("sentence")]
    return list(dict.fromkeys(made))


def pairs() -> list[Sentence]:
    """Sentences about two names, once for each of them as the one asked about, for the models of aspects."""
    made = []
    for labels, frame in frames("pair"):
        for label, a, b in ((labels[0], TARGET, OTHER), (labels[1], OTHER, TARGET)):
            text = frame.replace("{a}", a).replace("{b}", b)
            made += [Sentence(f"{before}{text}{after}", TONES[label]) for before, after in AROUND]
    verbs = {tone: [frame for label, frame in frames("verb") if TONES[label] is tone] for tone in Tone}
    links = (
        "{a} {x} while {b} {y}",
        "{a} {x}, {b} {y}",
        "{a} {x} but {b} {y}",
        "{a} {x}; {b} {y}",
        "{a} {x} as {b} {y}",
    )
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    for tone in Tone:
        for verb in verbs[tone]:
            made.append(Sentence(f"{TARGET} and {OTHER} {verb}", tone))
            made.append(Sentence(f"{OTHER} and {TARGET} {verb}", tone))
            for other in Tone:
                text = chance.choice(links).replace("{x}", verb).replace("{y}", chance.choice(verbs[other]))
                made.append(Sentence(text.replace("{a}", TARGET).replace("{b}", OTHER), tone))
                text = chance.choice(links).replace("{y}", verb).replace("{x}", chance.choice(verbs[other]))
                made.append(Sentence(text.replace("{b}", TARGET).replace("{a}", OTHER), tone))
    for sentence in sentences():  # of one name, it is the one asked about
        if sentence.text.count(NAME) == 1 and chance.random() < 0.5:
            made.append(Sentence(sentence.text.replace(NAME, TARGET), sentence.tone))
    return list(dict.fromkeys(made))


def _meaning(name: str) -> list[str]:
    return [expression for expression, numbers in roles().items() if numbers[0] == MEANINGS[name]]


def _slang(chance: random.Random) -> Iterator[Sentence]:
    """Every bullish or bearish expression and emoji of the tables in a few frames."""
    places = (
        "{n} {e}",
        "{n} is {e}",
        "{n} {e} today",
        "{e} {n}",
        "my {n} is {e}",
        "{n} {e} again lol",
        "{n} looks {e}",
    )
    starts = ("", "just ", "i am ", "today: ", "well, ", "ok ")
    for meaning, tone in (("bullish", POSITIVE), ("bearish", NEGATIVE), ("positive", POSITIVE), ("negative", NEGATIVE)):
        for expression in _meaning(meaning):
            if NAME in expression:
                yield Sentence(chance.choice(starts) + expression, tone)
            elif expression.isascii():
                if meaning in ("bullish", "bearish") or chance.random() < 0.15:
                    yield Sentence(chance.choice(places).replace("{n}", NAME).replace("{e}", expression), tone)
            else:
                for times in (1, 2, 3):
                    yield Sentence(f"{NAME} {expression * times}", tone)
                yield Sentence(
                    f"{chance.choice(('', 'my '))}{NAME} {chance.choice(MOMENTS)} {expression}",
                    tone,
                )


def _clauses(chance: random.Random) -> Iterator[Sentence]:
    """Plain statements, and the same denied."""
    for label, verb in frames("verb"):
        yield Sentence(f"{NAME} {verb}", TONES[label])
    for label, frame in frames("denied"):
        tone = TONES[label]
        for word in chance.sample(GOOD if "{good}" in frame else BAD, 12):
            yield Sentence(frame.replace("{n}", NAME).replace("{good}", word).replace("{bad}", word), tone)


def _wrapped(chance: random.Random) -> Iterator[Sentence]:
    """What is only supposed, asked or quoted."""
    clauses = [frame for _, frame in frames("verb")]
    for _, frame in frames("unreal"):
        for verb in chance.sample(clauses, 10):
            text = frame.replace("{n}", NAME).replace("{x}", verb).replace("{y}", chance.choice(clauses))
            word = chance.choice(GOOD + BAD)
            yield Sentence(text.replace("{w}", word), NEUTRAL)


def _options(chance: random.Random) -> Iterator[Sentence]:
    """Calls and puts, bought and sold."""
    buy = (
        "bought",
        "buying",
        "loaded up on",
        "loading",
        "grabbed",
        "picked up",
        "holding",
        "long",
        "just opened",
        "added",
        "",
    )
    sell = ("sold", "selling", "wrote", "short", "closed my", "dumped my", "got out of my", "sold my")
    when = ("", " for friday", " before earnings", " at the open", " expiring next week", " 1/21", " today", " again")
    strike = ("", "", "200 ", "50c ", "$120 ", "january ", "weekly ")
    for name in (NAME, f"{NAME} {NAME}"):
        for kind, bought in (
            ("calls", POSITIVE),
            ("puts", NEGATIVE),
            ("call options", POSITIVE),
            ("put options", NEGATIVE),
        ):
            for verbs, tone in ((buy, bought), (sell, OPPOSITE[bought])):
                for verb in verbs:
                    text = f"{verb} {name} {chance.choice(strike)}{kind}{chance.choice(when)}"
                    yield Sentence(text.strip(), tone)
                    yield Sentence(f"{verb} {kind} on {name}{chance.choice(when)}".strip(), tone)
    for unit, tone in (("c", POSITIVE), ("p", NEGATIVE)):
        for price in (20, 45, 150, 200, 420, 4400):
            yield Sentence(f"{NAME} {price}{unit}{chance.choice(when)}", tone)
            yield Sentence(f"{chance.choice(buy[:6])} {NAME} {price}{unit}{chance.choice(when)}", tone)


def _reports(chance: random.Random) -> Iterator[Sentence]:
    """Results as companies report them: more is better, but for losses and costs."""
    good = (
        "Net sales",
        "Operating profit",
        "Revenue",
        "Net profit",
        "Orders",
        "Earnings per share",
        "Turnover",
        "EBIT",
        "Pre-tax profit",
        "Cash flow",
    )
    bad = ("Net loss", "Operating loss", "Net debt", "Costs", "Credit losses", "Expenses")
    up, down = (
        ("rose", "increased", "grew", "climbed", "went up", "improved"),
        ("fell", "decreased", "declined", "dropped", "went down", "shrank"),
    )
    frames_ = (
        "{m} {v} to {c} {x} mn from {c} {y} mn",
        "{m} {v} to {c} {x} mn, from {c} {y} mn a year earlier",
        "{m} {v} by {p} % to {c} {x} mn",
        "{m} {v} {p}% from the year before",
        "{m} {v} in the second quarter of 2009 , the company said .",
        "The company's {m} {v} to {c} {x} million , compared to {c} {y} million in 2007 .",
    )
    for metrics, sign in ((good, 1), (bad, -1)):
        for metric in metrics:
            for verbs, way in ((up, 1), (down, -1)):
                for frame in frames_:
                    low, high = sorted((chance.randint(10, 90), chance.randint(91, 400)))
                    x, y = (high, low) if way > 0 else (low, high)
                    text = (
                        frame.replace("{m}", metric)
                        .replace("{v}", chance.choice(verbs))
                        .replace("{c}", chance.choice(("EUR", "USD", "SEK")))
                    )
                    text = (
                        text.replace("{x}", f"{x / 10}")
                        .replace("{y}", f"{y / 10}")
                        .replace("{p}", str(chance.randint(2, 60)))
                    )
                    yield Sentence(text, POSITIVE if sign * way > 0 else NEGATIVE)


GOOD = (
    *[
        "good",
        "great",
        "bullish",
        "profitable",
        "strong",
        "impressive",
        "healthy",
        "cheap",
        "undervalued",
        "growing",
        "exciting",
        "promising",
    ],
    *[
        "excellent",
        "impressed",
        "safe",
        "solid",
        "attractive",
        "amazing",
        "winning",
        "optimistic",
        "confident",
        "happy",
        "innovative",
    ],
    *("worth it", "a buy", "a bargain"),
)
BAD = (
    *[
        "bad",
        "terrible",
        "bearish",
        "weak",
        "overvalued",
        "risky",
        "disappointing",
        "awful",
        "dead",
        "doomed",
        "expensive",
        "failing",
        "broken",
    ],
    *["struggling", "worried", "bankrupt", "slowing", "losing", "falling", "poor", "worse"],
    *("a scam", "a fraud", "a sell", "a problem"),
)
