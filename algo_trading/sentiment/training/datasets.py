"""LabelledTexts texts: read from CSV files, and the shared sets with the part that is kept for testing."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from algo_trading.domain.sentiment import Tone, Topic
from algo_trading.errors import ConfigError
from algo_trading.sentiment.training.csv_columns import MOST_NAMED, read_columns

PARTS, HELD_OUT = 10, 0

TWEETS, TOPICS, NEWS, ENTITIES = (
    "twitter_fin_sentiment/sent_train.csv",
    "event_topics_20/train_data.csv",
    "phrasebank/FinancialPhraseBank_50agree_4845.csv",
    "sentfin_entity/SEntFiN.csv",
)
TWEET_LABELS = {"0": Tone.NEGATIVE.value, "1": Tone.POSITIVE.value, "2": Tone.NEUTRAL.value}
DECISION = re.compile(r"""(?:'(.+?)'|"(.+?)"): '(negative|neutral|positive)'""")


@dataclass(frozen=True)
class LabelledTexts:
    """Texts and the name of the class of each."""

    texts: list[str]
    labels: list[str]

    def __len__(self) -> int:
        return len(self.texts)

    def split(self, part: int = HELD_OUT) -> tuple["LabelledTexts", "LabelledTexts"]:
        """What is for training, and the part that is kept for testing."""
        kept = [part_of(text) == part for text in self.texts]
        return self._where(kept, wanted=False), self._where(kept, wanted=True)

    def _where(self, flags: Sequence[bool], *, wanted: bool) -> "LabelledTexts":
        rows = [row for row, flag in enumerate(flags) if flag is wanted]
        return LabelledTexts([self.texts[row] for row in rows], [self.labels[row] for row in rows])


@dataclass(frozen=True)
class EntityHeadline:
    """A headline and the tone about each entity that it names."""

    text: str
    tones: Mapping[str, Tone]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where each entity stands in the text first, as a word of its own where it can be."""
        found = []
        for entity in self.tones:
            place = re.search(rf"(?<!\w){re.escape(entity)}(?!\w)", self.text)
            start = place.start() if place else self.text.index(entity)
            found.append((start, start + len(entity)))
        return found

    @property
    def common(self) -> Tone | None:
        """The tone that all its entities share, None if they differ."""
        (tone, *others) = set(self.tones.values())
        return None if others else tone


def part_of(text: str) -> int:
    """The part of the shared sets that a text belongs to, by its hash; what ships has not learnt from HELD_OUT."""
    first = hashlib.sha256(text.strip().encode(errors="replace")).digest()[:4]
    return int.from_bytes(first) % PARTS


def tone_labels() -> dict[str, str]:
    """How labels of sentiment may be written, and their names: any case, and bearish or bullish."""
    return {**{tone.value: tone.value for tone in Tone}, "bearish": "negative", "bullish": "positive"}


def topic_labels() -> dict[str, str]:
    """How labels of events may be written: number, name, or the published name (`M&A | Investments`)."""
    numbers = {str(topic.number): topic.value for topic in Topic}
    published = {"gold_metals_materials": "gold_metals_materials", "m_a_investments": Topic.MA_INVESTMENTS.value}
    return {**numbers, **{topic.value: topic.value for topic in Topic}, **published}


def read_labelled(
    path: Path, text_column: str, label_column: str, known: Mapping[str, str], mapping: Mapping[str, str]
) -> LabelledTexts:
    """Texts and labels of a CSV file with a header (UTF-8, else Latin-1; quoted fields may hold line ends).

    `mapping` renames labels of the file, `known` names every way to write a class. Rows without a text are skipped.

    Raises:
        ConfigError: the file cannot be read, is not text or is empty, a column or label is unknown, or a label
            is missing.
    """
    texts: list[str] = []
    labels: list[str] = []
    unknown: dict[str, None] = {}
    renamed = {plain(old): new for old, new in mapping.items()}
    for line, (text, label) in read_columns(path, (text_column, label_column)):
        if not text.strip():
            continue
        if not label.strip():
            raise ConfigError(f"{path}, line {line}: the text has no label in the column {label_column!r}")
        written = plain(label)
        name = known.get(plain(renamed.get(written, written)))
        if name is None:
            unknown[label] = None
            continue
        texts.append(text)
        labels.append(name)
    if unknown:
        listed = ", ".join(repr(label) for label in list(unknown)[:MOST_NAMED])
        classes = ", ".join(dict.fromkeys(known.values()))
        raise ConfigError(f"{path} has labels that name no class: {listed}; map them with --map to one of: {classes}")
    if not texts:
        raise ConfigError(f"{path} has no row with a text and a label")
    return LabelledTexts(texts, labels)


def tweets(folder: Path) -> LabelledTexts:
    """Twitter financial sentiment, from the folder `sentiment_events`."""
    return read_labelled(folder / TWEETS, "text", "label", tone_labels(), TWEET_LABELS)


def news(folder: Path) -> LabelledTexts:
    """Financial PhraseBank: for evaluation alone, its licence allows nothing that ships to learn from it."""
    return read_labelled(folder / NEWS, "Headline", "Sentiment", tone_labels(), {})


def topics(folder: Path) -> LabelledTexts:
    """Twitter financial topics."""
    return read_labelled(folder / TOPICS, "text", "label", topic_labels(), {})


def headlines(folder: Path) -> list[EntityHeadline]:
    """SEntFiN: headlines with the tone about each entity; entities that do not stand in the headline are left out."""
    found = []
    for _, (title, decided) in read_columns(folder / ENTITIES, ("Title", "Decisions")):
        decisions = {a or b: Tone(tone) for a, b, tone in DECISION.findall(decided)}
        tones = {entity: tone for entity, tone in decisions.items() if entity in title}
        if tones:
            found.append(EntityHeadline(title, tones))
    return found


def plain(label: str) -> str:
    """A label in lower case, with everything between its letters and digits as one underscore; 2.0 is 2."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"\.0+$", "", label.strip().lower())).strip("_")
