"""Posts and news articles, and what they say about instruments."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.sentiment import Topic


class PostKind(StrEnum):
    """Who speaks: a person or community, or a newsroom."""

    POST = "post"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True, order=True)
class PostKey:
    """A post on its platform: `id` is the platform's own, as text."""

    platform: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> "PostKey":
        """The key that `str` made this text of."""
        platform, _, identity = text.partition(":")
        return cls(platform, identity)


@dataclass(frozen=True, slots=True, order=True)
class Author:
    """Who writes under this name on a platform; the same name on another platform is somebody else."""

    platform: str
    name: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.name}"


@dataclass(frozen=True, slots=True)
class Post:
    """A post or an article that passed the gate. Times are UTC.

    `feed` is the configured feed that brought it first, `author` an account or a publisher. `language` is an ISO 639-1
    code, "und" where the text is too short to tell. `seen_at` is when it was first fetched; a replay sees a post when
    it was published.
    """

    key: PostKey
    feed: str
    kind: PostKind
    author: str
    published_at: datetime
    seen_at: datetime
    title: str
    body: str
    url: str
    language: str

    @property
    def available_at(self) -> datetime:
        """From when on a decision may rest on it."""
        return max(self.published_at, self.seen_at)

    @property
    def written_by(self) -> Author | None:
        """Its author; None where the platform does not tell (a deleted account)."""
        return Author(self.key.platform, self.author) if self.author else None

    @property
    def text(self) -> str:
        """Title and body as one text."""
        return "\n".join(part for part in (self.title, self.body) if part)


class MatchKind(StrEnum):
    """How a name stood in the text, from the strongest to the weakest evidence."""

    CASHTAG = "cashtag"
    NAME = "name"
    ALIAS = "alias"
    SYMBOL = "symbol"
    AMBIGUOUS = "ambiguous"


class OptionDirection(StrEnum):
    """What options on an instrument bet on: calls bought and puts sold on a rise, the others on a fall."""

    BULLISH = "bullish"
    BEARISH = "bearish"


class Level(StrEnum):
    """Confidence in three words, ascending."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    def reaches(self, wanted: "Level") -> bool:
        """Whether it is at least `wanted`."""
        order = list(Level)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True)
class Levels:
    """Where confidence in [0, 1] becomes medium and high."""

    medium: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.medium <= self.high <= 1:
            raise ValueError(f"medium ({self.medium}) and high ({self.high}) must ascend within [0, 1]")

    def of(self, confidence: float) -> Level:
        """The level of a confidence."""
        return next((level for level in (Level.HIGH, Level.MEDIUM) if confidence >= self.least(level)), Level.LOW)

    def least(self, level: Level) -> float:
        """The confidence from which on there is this level or a higher one."""
        return {Level.LOW: 0.0, Level.MEDIUM: self.medium, Level.HIGH: self.high}[level]


@dataclass(frozen=True, slots=True)
class EntityMatch:
    """An instrument named in a text at `start`..`end` (characters); `matched` is how it stands there.

    `confidence` in [0, 1] is how sure it is that this instrument is meant.
    """

    instrument: Instrument
    matched: str
    start: int
    end: int
    kind: MatchKind
    confidence: float


@dataclass(frozen=True, slots=True)
class Mention:
    """What one post says about one instrument, as stored: one for each pair.

    `confidence` is that of the best match, which `kind` and `matched` describe. `sentiment`
    is in [-1, 1] and about this instrument. `impact` is sentiment x weight of the event x weight of the source, in
    [-1, 1]. `author` and the times are the post's; `influencer`: the author is one whose single posts count. Where
    options on the instrument are spoken of, `option_direction` is what they bet on, with the `strikes` in the
    instrument's currency and the `expiries`.
    """

    post: PostKey
    instrument: Instrument
    author: str
    post_kind: PostKind
    influencer: bool
    published_at: datetime
    available_at: datetime
    matched: str
    kind: MatchKind
    confidence: float
    sentiment: float
    topic: Topic
    impact: float
    option_direction: OptionDirection | None = None
    strikes: tuple[float, ...] = ()
    expiries: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a feed has been read: the newest post's time and id, and what its server wants back (an ETag).

    `asked_until` is the end of what was asked for so far, which is later than the newest post where nobody wrote any.
    """

    published_at: datetime | None = None
    id: str = ""
    token: str = ""
    asked_until: datetime | None = None
