"""What was written and known about instruments, for tests of features."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import MatchKind, Mention, Post, PostKey, PostKind
from algo_trading.domain.sentiment import Topic
from algo_trading.repositories.posts import Annotation
from algo_trading.services.features import JoinFeatures
from fakes.fundamentals import FakeFundamentals
from fakes.posts import FakeMentions, FakePosts
from fakes.scores import FakeThresholds
from fakes.signals import FakeSignals


def a_mention(
    instrument: Instrument,
    available_at: datetime,
    identity: str = "1",
    *,
    confidence: float = 0.5,
    sentiment: float = 0.25,
    impact: float = 0.125,
    influencer: bool = False,
) -> Mention:
    """A mention in a post that was seen when it was published."""
    return Mention(
        post=PostKey("file", identity),
        instrument=instrument,
        author="ann",
        post_kind=PostKind.POST,
        influencer=influencer,
        published_at=available_at,
        available_at=available_at,
        matched=instrument.symbol,
        kind=MatchKind.CASHTAG,
        confidence=confidence,
        sentiment=sentiment,
        topic=Topic.EARNINGS,
        impact=impact,
    )


def joining(
    mentions: Sequence[Mention] = (), figures: Sequence[Fundamentals] = (), signals: FakeSignals | None = None
) -> JoinFeatures:
    """A join of these mentions, of which several may be in one post, and figures."""
    posts, fundamentals = FakePosts(), FakeFundamentals()
    posts.add([post_of(mention) for mention in mentions])
    in_post: dict[PostKey, list[Mention]] = {}
    for mention in mentions:
        in_post.setdefault(mention.post, []).append(mention)
    posts.store_annotations([Annotation(key, m[0].sentiment, m[0].topic, tuple(m)) for key, m in in_post.items()])
    fundamentals.add(figures, "test")
    return JoinFeatures(FakeMentions(posts, signals), fundamentals, FakeThresholds())


def chatter(bars: Bars, seed: int = 0, a_day: float = 1.0) -> list[Mention]:
    """Mentions at random moments of the time that the bars are about, some exactly at a close."""
    chance = np.random.default_rng(seed)
    count = int(len(bars) * a_day)
    first, last = moment_of(bars, 0), moment_of(bars, -1)
    moments = [first + (last - first) * float(part) for part in chance.random(count)]
    moments[::5] = [moment_of(bars, int(at)) for at in chance.integers(0, len(bars), len(moments[::5]))]
    plain = a_mention(bars.instrument, first)
    return [
        replace(
            plain,
            post=PostKey("file", str(number)),
            published_at=moment - timedelta(hours=1),
            available_at=moment,
            influencer=bool(chance.random() < 0.5),
            confidence=float(chance.random()),
            sentiment=float(chance.uniform(-1, 1)),
            impact=float(chance.uniform(-1, 1)),
        )
        for number, moment in enumerate(moments)
    ]


def looked_up(bars: Bars, seed: int = 0, every: int = 7) -> list[Fundamentals]:
    """Figures seen at the closes of some bars, with gaps."""
    chance = np.random.default_rng(seed)
    return [
        Fundamentals(bars.instrument, moment_of(bars, at), *(_maybe(chance, top) for top in (40.0, 1e12)))
        for at in range(0, len(bars), every)
    ]


def moment_of(bars: Bars, index: int) -> datetime:
    """The close of a bar."""
    close = bars.closed_at[index].astype("datetime64[us]").item()
    assert isinstance(close, datetime)
    return close.replace(tzinfo=UTC)


def _maybe(chance: np.random.Generator, top: float) -> float | None:
    return None if chance.random() < 0.2 else float(chance.uniform(0, top))


def post_of(mention: Mention) -> Post:
    """The post of a mention."""
    return Post(
        key=mention.post,
        feed="file",
        kind=mention.post_kind,
        author=mention.author,
        published_at=mention.published_at,
        seen_at=mention.available_at,
        title="",
        body=mention.matched,
        url="",
        language="en",
    )
