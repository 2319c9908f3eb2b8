"""Posts about two instruments, and the application that reads them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.listing import Listing
from algo_trading.domain.watchlist import Assignment
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.impact import ImpactWeights
from algo_trading.sentiment.mentions.finder import MentionFinder
from algo_trading.services.annotate_posts import AnnotatePosts, Influencers
from fakes.post_feed import FakePostFeed
from support.world import World

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
NAMES = (Listing(IBM, "IBM"), Listing(MSFT, "Microsoft"))
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
    return MentionFinder(list(NAMES))


class TextWorld(World):
    """A world with one feed of posts."""

    def __init__(
        self,
        rows: Sequence[Mapping[str, str]] = (),
        *,
        weights: ImpactWeights | None = None,
        replay: bool = True,
        assignments: Sequence[Assignment] = (),
    ) -> None:
        self.feed = FakePostFeed(rows, name=FEED, replay=replay)
        super().__init__(
            assignments=assignments,
            feeds=[self.feed],
            names=NAMES,
            influencers=Influencers(frozenset({(FEED, INFLUENCER)})),
        )
        self.__dict__.update({"events": events(), "finder": finder(), "impact_weights": weights or ImpactWeights()})

    def reading(self) -> AnnotatePosts:
        """The service that reads posts."""
        return self.annotate_posts()
