"""Posts and articles in: poll each feed, archive every page with news as it came, accept what is in it."""

import hashlib
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import RateLimitedError, SourceError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.post_feeds import FeedPage, PostFeed
from algo_trading.quality.post_verdict import PostBatch
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.posts import FeedState, FeedStateRepository
from algo_trading.services.accept_posts import AcceptedPosts, AcceptPosts, JudgedPage

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

    def __init__(self, feed: PostFeed, since: Watermark, now: datetime) -> None:
        self.feed, self.since, self.now = feed, since, now
        self.watermark = since
        self.token = self.remark = ""
        self.pages: list[AcceptedPosts] = []

    def saw(self, page: JudgedPage, now: datetime) -> None:
        """Move the watermark to the newest of the posts, but not into the future, where others are still to come."""
        for key, published in page.seen:
            moment = min(published, now)
            if self.watermark.published_at is None or moment >= self.watermark.published_at:
                self.watermark = Watermark(moment, key.id, self.watermark.token)

    def complete(self, later: int, until: datetime | None) -> FeedState:
        """Where the feed stands when every page is stored, the last one with `later` posts left out."""
        # A page whose later posts were left out must come again, so its token is not kept.
        left_out = later or any(page.later for page in self.pages)
        token = self.since.token if left_out else (self.token or self.since.token)
        watermark = Watermark(self.watermark.published_at, self.watermark.id, token, until or self.now)
        return FeedState(self.feed.name, watermark, self.now, self.remark)

    def report(self, error: str = "") -> FeedReport:
        """The counts so far."""
        reasons: Counter[str] = Counter()
        for page in self.pages:
            reasons.update(page.reasons)
        return FeedReport(
            self.feed.name,
            sum(page.fetched for page in self.pages),
            sum(page.new for page in self.pages),
            sum(page.known for page in self.pages),
            sum(page.quarantined for page in self.pages),
            sum(page.later for page in self.pages),
            dict(reasons.most_common()),
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

    Killed at any moment and run again, it stores nothing twice and loses nothing: a feed's watermark moves only with
    the last page of a poll, and posts are stored by their platform's id.
    """

    feeds: Sequence[PostFeed]
    accept: AcceptPosts
    feed_states: FeedStateRepository
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
        now = self.clock.now()
        poll = _Poll(feed, state.watermark if state else Watermark(), now)
        try:
            for page, is_last in _marked(_pages(feed, poll.since, until or now)):
                self._accept(poll, page, until, is_last=is_last)
        except SourceError as error:
            self.feed_states.put(FeedState(feed.name, poll.since, now, str(error)))
            return poll.report(str(error)), error
        if not poll.pages:
            self.feed_states.put(poll.complete(0, until))
        if poll.remark:
            log.warning("%s: %s", feed.name, poll.remark)
        return poll.report(), None

    def _accept(self, poll: _Poll, page: FeedPage, until: datetime | None, *, is_last: bool) -> None:
        """Accept a page; the feed's state moves with the last one."""
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

        def state(judged: JudgedPage) -> FeedState | None:
            poll.saw(judged, now)
            return poll.complete(judged.later, until) if is_last else None

        batch = PostBatch(rows, feed.name, feed.kind, feed.replay, name=self._key(feed, page), now=now)
        poll.pages.append(self.accept(batch, until, archive=archive, state=state))

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


def _marked(pages: Iterator[FeedPage]) -> Iterator[tuple[FeedPage, bool]]:
    """Each page and whether it is the last one, which is known when the feed was asked for more.

    Where the feed fails, the page before comes first.
    """
    before = None
    try:
        for page in pages:
            if before is not None:
                yield before, False
            before = page
    except Exception:
        if before is not None:
            yield before, False
        raise
    if before is not None:
        yield before, True


def _safe(name: str) -> str:
    return UNSAFE.sub("_", name)[:LONGEST_NAME].strip("._") or "feed"


def _joined(failures: Sequence[SourceError]) -> SourceError:
    if len(failures) == 1:
        return failures[0]
    sentence = "; ".join(dict.fromkeys(map(str, failures)))
    if all(isinstance(failure, RateLimitedError) for failure in failures):
        return RateLimitedError(sentence)
    return SourceError(sentence)
