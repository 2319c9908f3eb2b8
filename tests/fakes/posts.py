"""Posts, mentions and the state of feeds in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Author, Mention, Post, PostKey, PostKind
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.repositories.posts import Annotation, FeedState
from fakes.signals import FakeSignals


class FakePosts:
    """Implements PostRepository."""

    def __init__(self) -> None:
        self.annotations: dict[PostKey, Annotation] = {}
        self._posts: dict[PostKey, Post] = {}

    def add(self, posts: Sequence[Post]) -> int:
        new = {post.key: post for post in reversed(posts) if post.key not in self._posts}
        self._posts.update(new)
        return len(new)

    def known(self, keys: Collection[PostKey]) -> Mapping[PostKey, datetime]:
        return {key: self._posts[key].published_at for key in keys if key in self._posts}

    def find(self, key: PostKey) -> Post | None:
        return self._posts.get(key)

    def found(self, keys: Collection[PostKey]) -> Mapping[PostKey, Post]:
        return {key: self._posts[key] for key in keys if key in self._posts}

    def unread(self, limit: int, until: datetime | None = None) -> list[Post]:
        waiting = [
            post
            for post in self._posts.values()
            if post.key not in self.annotations and (until is None or post.available_at <= until)
        ]
        return sorted(waiting, key=lambda post: (post.available_at, post.key))[:limit]

    def store_annotations(self, readings: Sequence[Annotation]) -> int:
        new = [r for r in readings if r.post in self._posts and r.post not in self.annotations]
        self.annotations.update({reading.post: reading for reading in new})
        return sum(len(reading.mentions) for reading in new)

    def newest(self, limit: int) -> list[Post]:
        by_key = sorted(self._posts.values(), key=lambda post: post.key)
        return sorted(by_key, key=lambda post: post.published_at, reverse=True)[:limit]

    def counts(self) -> Mapping[PostKind, int]:
        return {kind: sum(post.kind is kind for post in self._posts.values()) for kind in PostKind}


class FakeMentions:
    """Implements MentionRepository over the readings of a FakePosts and what was decided on them."""

    def __init__(self, posts: FakePosts, signals: FakeSignals | None = None) -> None:
        self._posts = posts
        self._signals = signals or FakeSignals()

    def of_instruments(
        self, instruments: Sequence[Instrument], after: datetime | None, until: datetime
    ) -> list[Mention]:
        wanted = [
            mention
            for mention in self._all()
            if mention.instrument in instruments
            and mention.available_at <= until
            and (after is None or mention.available_at > after)
        ]
        return sorted(wanted, key=lambda mention: (mention.instrument, mention.available_at, mention.post))

    def newest_of(self, instrument: Instrument, after: datetime | None, until: datetime, limit: int) -> list[Mention]:
        return self.of_instruments([instrument], after, until)[::-1][:limit]

    def undecided(
        self,
        strategy: StrategyId,
        interval: Interval,
        since: Mapping[Instrument, datetime | None],
        until: datetime,
    ) -> list[Mention]:
        known = [mention for mention in self.of_instruments(list(since), None, until) if _from(since, mention)]
        return [mention for mention in known if not self._signals.decided(strategy, interval, mention)]

    def of_posts(self, posts: Sequence[PostKey]) -> list[Mention]:
        found = [mention for mention in self._all() if mention.post in posts]
        return sorted(found, key=lambda mention: (mention.post, mention.instrument))

    def counts_of(self, authors: Collection[Author], until: datetime) -> Mapping[Author, Mapping[Instrument, int]]:
        history: dict[Author, dict[Instrument, int]] = {}
        for mention in self._all():
            author = Author(mention.post.platform, mention.author)
            if author in authors and mention.available_at < until:
                own = history.setdefault(author, {})
                own[mention.instrument] = own.get(mention.instrument, 0) + 1
        return history

    def by_authors(self, authors: Collection[Author], since: datetime, until: datetime) -> list[Mention]:
        found = [
            mention
            for mention in self._all()
            if Author(mention.post.platform, mention.author) in authors and since <= mention.available_at < until
        ]
        return sorted(found, key=lambda mention: (mention.available_at, mention.post, mention.instrument))

    def count(self) -> int:
        return len(self._all())

    def _all(self) -> list[Mention]:
        return [mention for annotation in self._posts.annotations.values() for mention in annotation.mentions]


def _from(since: Mapping[Instrument, datetime | None], mention: Mention) -> bool:
    first = since[mention.instrument]
    return first is None or mention.available_at >= first


def _moment(state: FeedState) -> datetime:
    return state.watermark.published_at or datetime.min.replace(tzinfo=UTC)


class FakeFeedStates:
    """Implements FeedStateRepository."""

    def __init__(self) -> None:
        self._states: dict[str, FeedState] = {}

    def get(self, name: str) -> FeedState | None:
        return self._states.get(name)

    def put(self, state: FeedState) -> None:
        before = self._states.get(state.name)
        if before and _moment(before) > _moment(state):
            state = replace(state, watermark=replace(before.watermark, asked_until=state.watermark.asked_until))
        ends = [one.watermark.asked_until for one in (before, state) if one and one.watermark.asked_until]
        state = replace(state, watermark=replace(state.watermark, asked_until=max(ends, default=None)))
        self._states[state.name] = state

    def all(self) -> list[FeedState]:
        return [self._states[name] for name in sorted(self._states)]
