"""Annotate posts: which instruments they mention, with which sentiment, about which kind of event."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, EntityMatch, Mention, Post
from algo_trading.domain.sentiment import Event, Sentiment, Topic
from algo_trading.repositories.posts import Annotation, MentionRepository, PostRepository
from algo_trading.sentiment.classify.events import EventClassifier
from algo_trading.sentiment.classify.impact import ImpactWeights, impact
from algo_trading.sentiment.classify.masking import NAMED_FROM
from algo_trading.sentiment.classify.scorers import Scorer
from algo_trading.sentiment.mentions.finder import AuthorHistory, MentionFinder, best_matches
from algo_trading.sentiment.mentions.options import OptionTerms, option_terms, score_with_bet

ANY_AUTHOR = "*"
NO_AUTHOR = ""
BATCH = 500  # posts annotated and stored in one transaction
SCORED_LANGUAGES = {"en", "und"}  # the scorers know English; a text too short to tell is taken for it
NEUTRAL = 0.0
log = logging.getLogger(__name__)

Pairs = Mapping[Instrument, Sequence[Instrument]]  # the watched pairs of coins
EarlierMentions = tuple[dict[Author, Counter[Instrument]], deque[Mention]]


@dataclass(frozen=True)
class Influencers:
    """Whose single posts count: pairs of a feed's name or a platform and an author's name there.

    Names are written in lower case and count in any; ANY_AUTHOR stands for all authors of a feed.
    """

    names: frozenset[tuple[str, str]] = frozenset()

    def include(self, post: Post) -> bool:
        """Whether the post is by one of them, whichever feed brought it first."""
        name = post.author.casefold()
        return not self.names.isdisjoint({(post.feed, ANY_AUTHOR), (post.feed, name), (post.key.platform, name)})


@dataclass(frozen=True)
class AnnotateReport:
    """Posts annotated and mentions found in them."""

    posts: int
    mentions: int


@dataclass(frozen=True)
class AnnotatePosts:
    """Annotate every post that is not annotated yet, in the order in which they became available.

    `finder` is called when there is one: it reads the names of thousands of instruments, which takes a second. A post
    that mentions a coin mentions the watched `pairs` of the coin, too: these are what strategies trade.
    """

    posts: PostRepository
    mentions: MentionRepository
    finder: Callable[[], MentionFinder]
    scorer: Scorer
    events: EventClassifier
    impact_weights: ImpactWeights
    influencers: Influencers
    pairs: Callable[[], Pairs] = dict

    def __call__(
        self, until: datetime | None = None, progress: Callable[[int], None] = lambda _read: None
    ) -> AnnotateReport:
        """Annotate posts available by `until` (None: all there are); each batch is one transaction.

        `progress` is called with the number of posts done.
        """
        done = mentions = 0
        pairs: Pairs | None = None
        while waiting := self.posts.unread(BATCH, until):
            pairs = self.pairs() if pairs is None else pairs
            mentions += self._annotate(waiting, pairs)
            done += len(waiting)
            progress(done)
        return AnnotateReport(done, mentions)

    def _annotate(self, posts: Sequence[Post], pairs: Pairs) -> int:
        """Annotate and store; returns the mentions. A post that fails is logged and stored without mentions."""
        earlier = self._earlier_mentions(posts)  # outside the try: a failing database is not the fault of a post
        try:
            annotations = self._annotated(posts, earlier)
        except Exception:
            if len(posts) > 1:
                half = len(posts) // 2
                return self._annotate(posts[:half], pairs) + self._annotate(posts[half:], pairs)
            log.exception("the post %s cannot be annotated", posts[0].key)
            annotations = [Annotation(posts[0].key, NEUTRAL, Topic.GENERAL_NEWS_OPINION, ())]
        return self.posts.store_annotations([_with_pairs(one, pairs) for one in annotations])

    def _earlier_mentions(self, posts: Sequence[Post]) -> EarlierMentions:
        """Stored mentions by the authors of `posts`: counts before the first of them, and those between them.

        Another process may annotate the same posts at the same time; they do not count twice.
        """
        first, last = posts[0].available_at, posts[-1].available_at
        authors, own = {author for post in posts if (author := post.written_by)}, {post.key for post in posts}
        before = {author: Counter(counts) for author, counts in self.mentions.counts_of(authors, first).items()}
        between = (found for found in self.mentions.by_authors(authors, first, last) if found.post not in own)
        return before, deque(between)

    def _annotated(self, posts: Sequence[Post], earlier: EarlierMentions) -> list[Annotation]:
        texts = [post.text for post in posts]
        matches = self._matches(posts, *earlier)
        names = [
            [(match.start, match.end) for match in several if match.confidence >= NAMED_FROM] for several in matches
        ]
        sentiments, events = self.scorer.score(texts, names), self.events.classify(texts)
        return [
            self._annotation(post, sentiment, event, best_matches(several))
            for post, sentiment, event, several in zip(posts, sentiments, events, matches, strict=True)
        ]

    def _matches(
        self, posts: Sequence[Post], counts: dict[Author, Counter[Instrument]], between: deque[Mention]
    ) -> list[list[EntityMatch]]:
        """The entities of each post, given what its author mentioned in posts that were available before it.

        Those may be stored, also between these posts, or be earlier ones of the batch: the size of batches does not
        change the result.
        """
        found: list[list[EntityMatch]] = []
        for moment, group in groupby(posts, lambda post: post.available_at):
            together = list(group)
            while between and between[0].available_at < moment:
                earlier = between.popleft()
                counts.setdefault(Author(earlier.post.platform, earlier.author), Counter())[earlier.instrument] += 1
            people = AuthorHistory({str(author): mentioned for author, mentioned in counts.items()})
            names = [str(post.written_by or NO_AUTHOR) for post in together]
            places = self.finder().find([post.text for post in together], names, people)
            for post, several in zip(together, places, strict=True):
                if post.written_by:
                    counts.setdefault(post.written_by, Counter()).update({place.instrument for place in several})
            found += places
        return found

    def _annotation(self, post: Post, whole: Sentiment, event: Event, places: Sequence[EntityMatch]) -> Annotation:
        scored = post.language in SCORED_LANGUAGES
        score = whole.score if scored else NEUTRAL
        if scored and len(places) > 1:  # each name has a sentiment of its own
            scores = [sentiment.score for sentiment in self.scorer.score_aspects(post.text, _spans(places))]
        else:
            scores = [score] * len(places)
        mentions = tuple(
            self._mention(post, place, score_with_bet(about, bet) if scored else about, event, bet)
            for place, about, bet in zip(places, scores, self._options(post, places), strict=True)
        )
        return Annotation(post.key, score, event.topic, mentions)

    @staticmethod
    def _options(post: Post, places: Sequence[EntityMatch]) -> list[OptionTerms]:
        spans = _spans(places)
        return [option_terms(post.text, span, spans, post.published_at.date()) for span in spans]

    def _mention(self, post: Post, place: EntityMatch, score: float, event: Event, options: OptionTerms) -> Mention:
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
            option_direction=options.option_direction,
            strikes=options.strikes,
            expiries=options.expiries,
        )


def _spans(places: Sequence[EntityMatch]) -> list[tuple[int, int]]:
    return [(place.start, place.end) for place in places]


def _with_pairs(annotation: Annotation, pairs: Pairs) -> Annotation:
    named = {mention.instrument for mention in annotation.mentions}
    added = [
        replace(mention, instrument=pair)
        for mention in annotation.mentions
        for pair in pairs.get(mention.instrument, ())
        if pair not in named
    ]
    return replace(annotation, mentions=(*annotation.mentions, *added))
