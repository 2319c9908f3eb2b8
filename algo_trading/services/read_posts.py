"""Posts are read: which instruments they mention, in which tone, about which kind of event."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, Found, Mention, Post
from algo_trading.domain.sentiment import Event, Sentiment, Topic
from algo_trading.repositories.posts import MentionRepository, PostRepository, Reading
from algo_trading.sentiment.events import EventClassifier
from algo_trading.sentiment.impact import ImpactWeights, impact
from algo_trading.sentiment.mentions import AuthorHistory, MentionFinder, surest
from algo_trading.sentiment.scorers import Scorer

EVERYBODY = "*"
NOBODY = ""
AT_ONCE = 500  # posts read and stored in one transaction
SCORED = {"en", "und"}  # the scorers know English; a text too short to tell is taken for it
UNMOVED = 0.0
log = logging.getLogger(__name__)

Written = tuple[dict[Author, Counter[Instrument]], deque[Mention]]


@dataclass(frozen=True)
class Influencers:
    """Whose single posts count: pairs of a feed's name or a platform and an author's name there.

    Names are written in lower case and count in any; EVERYBODY stands for all authors of a feed.
    """

    names: frozenset[tuple[str, str]] = frozenset()

    def include(self, post: Post) -> bool:
        """Whether the post is by one of them, whichever feed brought it first."""
        name = post.author.casefold()
        return not self.names.isdisjoint({(post.feed, EVERYBODY), (post.feed, name), (post.key.platform, name)})


@dataclass(frozen=True)
class ReadReport:
    """Posts read and mentions found in them."""

    read: int
    mentions: int


@dataclass(frozen=True)
class ReadPosts:
    """Read every post that nobody has read yet, in the order in which they became available."""

    posts: PostRepository
    mentions: MentionRepository
    finder: MentionFinder
    scorer: Scorer
    events: EventClassifier
    impact_weights: ImpactWeights
    influencers: Influencers

    def __call__(
        self, until: datetime | None = None, progress: Callable[[int], None] = lambda _read: None
    ) -> ReadReport:
        """Read posts available by `until` (None: all there are); each portion is one transaction.

        `progress` hears how many are read.
        """
        read = mentions = 0
        while waiting := self.posts.unread(AT_ONCE, until):
            mentions += self._read(waiting)
            read += len(waiting)
            progress(read)
        return ReadReport(read, mentions)

    def _read(self, posts: Sequence[Post]) -> int:
        """Read and store; returns the mentions. A post that cannot be read is logged and counts as saying nothing."""
        written = self._written(posts)  # a database that fails is no post's fault
        try:
            readings = self._understood(posts, written)
        except Exception:
            if len(posts) > 1:
                half = len(posts) // 2
                return self._read(posts[:half]) + self._read(posts[half:])
            log.exception("the post %s cannot be read", posts[0].key)
            readings = [Reading(posts[0].key, UNMOVED, Topic.GENERAL_NEWS_OPINION, ())]
        return self.posts.store_readings(readings)

    def _written(self, posts: Sequence[Post]) -> Written:
        """What the authors wrote about, as stored: before the first of `posts`, and between them.

        Somebody else may read the same posts at this moment; they do not count twice.
        """
        first, last = posts[0].available_at, posts[-1].available_at
        authors, own = {author for post in posts if (author := post.written_by)}, {post.key for post in posts}
        before = {author: Counter(counts) for author, counts in self.mentions.counts_of(authors, first).items()}
        between = (found for found in self.mentions.by_authors(authors, first, last) if found.post not in own)
        return before, deque(between)

    def _understood(self, posts: Sequence[Post], written: Written) -> list[Reading]:
        texts = [post.text for post in posts]
        sentiments, events = self.scorer.score(texts), self.events.classify(texts)
        return [
            self._reading(post, sentiment, event, surest(places))
            for post, sentiment, event, places in zip(
                posts, sentiments, events, self._found(posts, *written), strict=True
            )
        ]

    def _found(
        self, posts: Sequence[Post], written: dict[Author, Counter[Instrument]], between: deque[Mention]
    ) -> list[list[Found]]:
        """What each post names, in view of what its author wrote about in posts that were available before it.

        Those may be stored, also between these posts, or stand earlier among them: portions of another size would
        find the same.
        """
        found: list[list[Found]] = []
        for moment, group in groupby(posts, lambda post: post.available_at):
            together = list(group)
            while between and between[0].available_at < moment:
                earlier = between.popleft()
                written.setdefault(Author(earlier.post.platform, earlier.author), Counter())[earlier.instrument] += 1
            people = AuthorHistory({str(author): counts for author, counts in written.items()})
            names = [str(post.written_by or NOBODY) for post in together]
            places = self.finder.find([post.text for post in together], names, people)
            for post, several in zip(together, places, strict=True):
                if post.written_by:
                    written.setdefault(post.written_by, Counter()).update({place.instrument for place in several})
            found += places
        return found

    def _reading(self, post: Post, whole: Sentiment, event: Event, places: Sequence[Found]) -> Reading:
        scored = post.language in SCORED
        score = whole.score if scored else UNMOVED
        if scored and len(places) > 1:  # several names may have different fates
            spans = [(place.start, place.end) for place in places]
            scores = [sentiment.score for sentiment in self.scorer.score_about(post.text, spans)]
        else:
            scores = [score] * len(places)
        mentions = tuple(self._mention(post, place, about, event) for place, about in zip(places, scores, strict=True))
        return Reading(post.key, score, event.topic, mentions)

    def _mention(self, post: Post, place: Found, score: float, event: Event) -> Mention:
        return Mention(
            post=post.key,
            instrument=place.instrument,
            author=post.author,
            post_kind=post.kind,
            influencer=self.influencers.include(post),
            published_at=post.published_at,
            available_at=post.available_at,
            matched=place.matched,
            kind=place.kind,
            confidence=place.confidence,
            sentiment=score,
            topic=event.topic,
            impact=impact(score, event.topic, post.feed, self.impact_weights),
        )
