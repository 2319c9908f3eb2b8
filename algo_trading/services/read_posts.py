"""Posts are read: which instruments they mention, in which tone, about which kind of event."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Found, Mention, Post
from algo_trading.domain.sentiment import Event, Sentiment
from algo_trading.repositories.posts import MentionRepository, PostRepository, Reading
from algo_trading.sentiment.events import EventClassifier
from algo_trading.sentiment.impact import ImpactWeights, impact
from algo_trading.sentiment.mentions import AuthorHistory, MentionFinder
from algo_trading.sentiment.scorers import Scorer

AT_ONCE = 500  # posts read and stored in one transaction
EVERYBODY = "*"
SCORED = {"en", "und"}  # the scorers know English; a text too short to tell is taken for it
UNMOVED = 0.0


@dataclass(frozen=True)
class ReadReport:
    """Posts read and mentions found in them."""

    read: int
    mentions: int


@dataclass(frozen=True)
class ReadPosts:
    """Read every post that nobody has read yet, in the order in which they became available.

    `influencers` are, by the feed's name, the authors whose single posts count; EVERYBODY stands for all of a feed's.
    """

    posts: PostRepository
    mentions: MentionRepository
    finder: MentionFinder
    scorer: Scorer
    events: EventClassifier
    impact_weights: ImpactWeights
    influencers: Mapping[str, Collection[str]]

    def __call__(self, until: datetime | None = None) -> ReadReport:
        """Read posts available by `until` (None: all there are); each portion is one transaction."""
        read = mentions = 0
        while waiting := self.posts.unread(AT_ONCE, until):
            mentions += self.posts.store_readings(self._read(waiting))
            read += len(waiting)
        return ReadReport(read, mentions)

    def _read(self, posts: Sequence[Post]) -> list[Reading]:
        texts = [post.text for post in posts]
        sentiments, events = self.scorer.score(texts), self.events.classify(texts)
        return [
            self._reading(post, sentiment, event, _surest(places))
            for post, sentiment, event, places in zip(posts, sentiments, events, self._found(posts), strict=True)
        ]

    def _found(self, posts: Sequence[Post]) -> list[list[Found]]:
        """What each post names, in view of what its author wrote about in posts that were available before it.

        Those may be stored, or stand earlier among `posts`: portions of another size would find the same.
        """
        authors, first, last = sorted({post.author for post in posts}), posts[0].available_at, posts[-1].available_at
        stored = self.mentions.of_authors(authors, first)
        interleaved = stored != self.mentions.of_authors(authors, last)  # what came late stands before what was read
        here: dict[str, Counter[Instrument]] = {}
        found: list[list[Found]] = []
        for moment, group in groupby(posts, lambda post: post.available_at):
            together = list(group)
            names = [post.author for post in together]
            if interleaved:
                stored = self.mentions.of_authors(sorted(set(names)), moment)
            history = {name: Counter(stored.get(name, {})) + here.get(name, Counter()) for name in names}
            places = self.finder.find([post.text for post in together], names, AuthorHistory(history))
            for author, several in zip(names, places, strict=True):
                here.setdefault(author, Counter()).update({place.instrument for place in several})
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
        influencers = self.influencers.get(post.feed, ())
        return Mention(
            post=post.key,
            instrument=place.instrument,
            author=post.author,
            post_kind=post.kind,
            influencer=EVERYBODY in influencers or post.author in influencers,
            published_at=post.published_at,
            available_at=post.available_at,
            matched=place.matched,
            kind=place.kind,
            confidence=place.confidence,
            sentiment=score,
            topic=event.topic,
            impact=impact(score, event.topic, post.feed, self.impact_weights),
        )


def _surest(places: Sequence[Found]) -> list[Found]:
    """The surest place of each instrument, of two as sure the first, in the order of the text."""
    best: dict[object, Found] = {}
    for place in places:
        if place.instrument not in best or place.confidence > best[place.instrument].confidence:
            best[place.instrument] = place
    return sorted(best.values(), key=lambda place: (place.start, place.instrument))
