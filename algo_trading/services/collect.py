"""Posts and articles in: poll each feed, judge, archive every page with news as it came, store what is good."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pyarrow as pa

from algo_trading.domain.post import PostKey, PostKind, Watermark
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.post_feeds import FeedPage, PostFeed
from algo_trading.quality.post_verdict import JudgesPosts, PostBatch, key_of
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.posts import FeedState, FeedStateRepository, PostRepository
from algo_trading.repositories.quality import QualityRepository, QuarantineRepository

UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
LONGEST_NAME = 80  # characters of a feed's name in a key
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeedReport:
    """What became of one feed's rows: fetched = new + known + quarantined + later.

    `known` were stored before or came twice; `later` were published after the time asked for. With an `error`, the
    counts are those of the pages before it. `remark` is a sentence about posts that a good poll could not reach.
    """

    feed: str
    fetched: int = 0
    new: int = 0
    known: int = 0
    quarantined: int = 0
    later: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    remark: str = ""


@dataclass(frozen=True)
class CollectReport:
    """What became of each feed, and the sums."""

    feeds: tuple[FeedReport, ...] = ()

    @property
    def fetched(self) -> int:
        """Rows that came."""
        return sum(feed.fetched for feed in self.feeds)

    @property
    def new(self) -> int:
        """Posts stored."""
        return sum(feed.new for feed in self.feeds)

    @property
    def known(self) -> int:
        """Posts that were there already."""
        return sum(feed.known for feed in self.feeds)

    @property
    def quarantined(self) -> int:
        """Rows held back."""
        return sum(feed.quarantined for feed in self.feeds)

    @property
    def reasons(self) -> dict[str, int]:
        """Rows held back by reason, most frequent first."""
        counts: Counter[str] = Counter()
        for feed in self.feeds:
            counts.update(feed.reasons)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def errors(self) -> dict[str, str]:
        """The sentence of each feed that failed."""
        return {feed.feed: feed.error for feed in self.feeds if feed.error}


class _Poll:
    """One feed's poll while its pages come in."""

    def __init__(self, feed: PostFeed, since: Watermark) -> None:
        self.feed = feed
        self.watermark = since
        self.token = self.remark = ""
        self.fetched = self.new = self.known = self.quarantined = self.later = 0
        self.reasons: Counter[str] = Counter()

    def saw(self, posts: Iterable[tuple[PostKey, datetime]], now: datetime) -> None:
        """Move the watermark to the newest of the posts, but not into the future, where others are still to come."""
        for key, published in posts:
            moment = min(published, now)
            if self.watermark.published_at is None or moment >= self.watermark.published_at:
                self.watermark = Watermark(moment, key.id, self.watermark.token)

    def report(self, error: str = "") -> FeedReport:
        """The counts so far."""
        return FeedReport(
            self.feed.name,
            self.fetched,
            self.new,
            self.known,
            self.quarantined,
            self.later,
            dict(self.reasons.most_common()),
            error,
            self.remark,
        )


class BrokenFeedError(Exception):
    """A feed's own code failed with `bug`, which no source has a reason for."""

    def __init__(self, bug: Exception) -> None:
        super().__init__(str(bug))
        self.bug = bug


@dataclass(frozen=True)
class CollectPosts:
    """Bring what is new on the configured feeds into the database.

    Killed at any moment and run again, it stores nothing twice and loses nothing: a feed's watermark moves only when
    all pages of a poll are stored, and posts are stored by their platform's id.
    """

    feeds: Sequence[PostFeed]
    post_gate: JudgesPosts
    posts: PostRepository
    feed_states: FeedStateRepository
    quarantine: QuarantineRepository
    quality: QualityRepository
    objects: ObjectStore
    clock: Clock

    def __call__(
        self,
        kinds: Collection[PostKind],
        until: datetime | None = None,
        progress: Callable[[int], None] = lambda _done: None,
    ) -> CollectReport:
        """Poll every feed of these kinds for what was published up to `until` (None: now).

        `progress` receives how many feeds are done.

        A feed that fails keeps its watermark and its sentence, and the others go on. They do so, too, where a feed
        breaks for a reason that no source has, as by a mistake in a plug-in; that is raised after the last feed.

        Raises:
            RateLimitedError: every feed failed because its platform asks to slow down.
            SourceError: every feed failed.
        """
        failures: list[SourceError] = []
        bugs: list[Exception] = []
        reports = []
        wanted = [feed for feed in self.feeds if feed.kind in kinds]
        for done, feed in enumerate(wanted):
            progress(done)
            try:
                report, failure = self._collect(feed, until)
            except BrokenFeedError as broken:  # what fails elsewhere, as a database, the other feeds need, too
                log.exception("the feed %r broke", feed.name, exc_info=broken.bug)
                bugs.append(broken.bug)
                continue
            reports.append(report)
            if failure is not None:
                failures.append(failure)
        progress(len(wanted))
        if bugs:
            raise bugs[0]
        if failures and len(failures) == len(reports):
            raise _joined(failures)
        return CollectReport(tuple(reports))

    def _collect(self, feed: PostFeed, until: datetime | None) -> tuple[FeedReport, SourceError | None]:
        state = self.feed_states.get(feed.name)
        since = state.watermark if state else Watermark()
        now = self.clock.now()
        poll = _Poll(feed, since)
        try:
            for page in _pages(feed, since, until or now):
                self._store(poll, page, until)
        except SourceError as error:
            self.feed_states.put(FeedState(feed.name, since, now, str(error)))
            return poll.report(str(error)), error
        # A page whose later posts were left out must come again, so its token is not kept.
        token = since.token if poll.later else (poll.token or since.token)
        watermark = Watermark(poll.watermark.published_at, poll.watermark.id, token, until or now)
        if poll.remark:
            log.warning("%s: %s", feed.name, poll.remark)
        self.feed_states.put(FeedState(feed.name, watermark, now, poll.remark))
        return poll.report(), None

    def _store(self, poll: _Poll, page: FeedPage, until: datetime | None) -> None:
        feed = poll.feed
        archive = partial(self._archive, feed, page)
        try:
            rows = feed.parse(page)
        except Exception as error:
            archive()  # what cannot be read is worth a look
            if isinstance(error, SourceError):
                raise
            raise BrokenFeedError(error) from error
        poll.token = page.token or poll.token
        poll.remark = page.remark or poll.remark
        now = self.clock.now()
        keys = list(map(key_of, rows["platform"].to_pylist(), rows["id"].to_pylist()))
        known = self.posts.known({key for key in keys if key})
        poll.saw(((key, at) for key, at in sorted(known.items()) if until is None or at <= until), now)
        poll.fetched += rows.num_rows
        rows = rows.filter(pa.array([key not in known for key in keys], pa.bool_()))
        poll.known += len(keys) - rows.num_rows
        if rows.num_rows:
            name = self._key(feed, page)
            self._judge(poll, PostBatch(rows, feed.name, feed.kind, feed.replay, name=name, now=now), until, archive)

    def _judge(self, poll: _Poll, batch: PostBatch, until: datetime | None, archive: Callable[[], None]) -> None:
        """Let the gate see rows that nobody knows, and archive the page before anything of it is stored.

        Where there is no new post or refused row in it, nothing is.
        """
        verdict = self.post_gate.judge(batch)
        due = [post for post in verdict.posts if until is None or post.published_at <= until]
        added = 0
        if due or not self.quarantine.holds(verdict.quarantined):
            archive()
            # The report comes first: once its refused rows are held, nobody looks at the page again.
            self.quality.record(verdict.result)
            self.quarantine.add(verdict.quarantined)
            added = self.posts.add(due)
        poll.saw(((post.key, post.published_at) for post in due), batch.now)
        poll.new += added
        poll.known += len(due) - added + verdict.repeated
        poll.later += len(verdict.posts) - len(due)
        poll.quarantined += len(verdict.quarantined)
        poll.reasons.update(row.reason for row in verdict.quarantined)

    def _archive(self, feed: PostFeed, page: FeedPage) -> None:
        self.objects.put_new(self._key(feed, page), page.content, page.media_type)

    def _key(self, feed: PostFeed, page: FeedPage) -> str:
        platform = feed.name.partition(" ")[0]
        name, digest = _safe(feed.name), hashlib.sha256(page.content).hexdigest()[:12]
        day = self.clock.now().astimezone(UTC)
        return f"raw/{_safe(platform)}/{day:%Y/%m/%d}/{name}-{digest}{page.suffix}"


def _pages(feed: PostFeed, since: Watermark, until: datetime) -> Iterator[FeedPage]:
    try:
        yield from feed.poll(since, until)
    except SourceError:
        raise
    except Exception as error:
        raise BrokenFeedError(error) from error


def _safe(name: str) -> str:
    return UNSAFE.sub("_", name)[:LONGEST_NAME].strip("._") or "feed"


def _joined(failures: Sequence[SourceError]) -> SourceError:
    if len(failures) == 1:
        return failures[0]
    sentence = "; ".join(dict.fromkeys(map(str, failures)))
    if all(isinstance(failure, RateLimitedError) for failure in failures):
        return RateLimitedError(sentence)
    return SourceError(sentence)
