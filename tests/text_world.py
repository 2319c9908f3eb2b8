"""Posts about two instruments in memory, and the flow that reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.quality import QualityRepository, QuarantineRepository
from algo_trading.repositories.signals import SessionLog
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.impact import ImpactWeights
from algo_trading.sentiment.mentions.finder import MentionFinder
from algo_trading.services.annotate_posts import AnnotatePosts, Influencers
from algo_trading.services.collect import CollectPosts
from algo_trading.services.decide_on_posts import DecideOnPosts
from algo_trading.services.features import JoinFeatures
from algo_trading.services.run_text import RunText
from algo_trading.strategies.active import ActivePair
from fakes.fundamentals import FakeFundamentals
from fakes.post_feed import FakePostFeed
from fakes.post_gate import FakePostGate
from fakes.posts import FakeFeedStates, FakeMentions, FakePosts
from fakes.scorer import FakeScorer
from fakes.signals import FakeSignals

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
INFLUENCER = "ann"
FEED = "fake source"


def a_row(identity: str, published: datetime, body: str, author: str = INFLUENCER) -> dict[str, str]:
    """A post as a feed serves it."""
    return {
        "platform": "file",
        "id": identity,
        "author": author,
        "published": published.isoformat(),
        "title": "",
        "body": body,
        "url": "",
    }


@cache
def events() -> EventClassifier:
    """The packaged classifier, loaded once."""
    return EventClassifier()


@cache
def finder() -> MentionFinder:
    """Finds the two instruments."""
    return MentionFinder([Listing(IBM, "IBM"), Listing(MSFT, "Microsoft")])


@dataclass
class TextWorld:
    """Everything that the text flow stores."""

    rows: Sequence[Mapping[str, str]] = ()
    posts: FakePosts = field(default_factory=FakePosts)
    feed_states: FakeFeedStates = field(default_factory=FakeFeedStates)
    weights: ImpactWeights = field(default_factory=ImpactWeights)
    replay: bool = True

    def __post_init__(self) -> None:
        self.feed = FakePostFeed(self.rows, name=FEED, replay=self.replay)
        self.mentions = FakeMentions(self.posts)
        self.join = JoinFeatures(self.mentions, FakeFundamentals())

    def reading(self) -> AnnotatePosts:
        """The service that reads posts."""
        return AnnotatePosts(
            self.posts,
            self.mentions,
            finder(),
            FakeScorer(),
            events(),
            self.weights,
            Influencers(frozenset({(FEED, INFLUENCER)})),
        )

    def flow(
        self,
        *,
        bars: BarRepository,
        actions: CorporateActionRepository,
        signals: FakeSignals,
        sessions: SessionLog,
        pairs: Sequence[ActivePair],
        quarantine: QuarantineRepository,
        quality: QualityRepository,
        objects: ObjectStore,
        clock: Clock,
    ) -> RunText:
        """The whole flow over these repositories."""
        collect = CollectPosts(
            [self.feed], FakePostGate(), self.posts, self.feed_states, quarantine, quality, objects, clock
        )
        join = JoinFeatures(FakeMentions(self.posts, signals), FakeFundamentals())
        decide = DecideOnPosts(bars, actions, join, signals, sessions, pairs, clock)
        return RunText(collect, self.reading(), decide)
