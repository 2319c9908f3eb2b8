"""Posts of a subreddit (`r/NAME`), or submissions and comments of a user (`u/NAME`), through praw."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pydantic import Field, SecretStr

from algo_trading.adapters.http_client import credential, user_agent
from algo_trading.adapters.post_rows import (
    epoch_text,
    is_mostly_older,
    reach_back,
    read_json,
    rows_table,
    unread_rest,
)
from algo_trading.adapters.retries import LONGEST_PAUSE, RefusedError, Retries
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import ConfigError, RateLimitedError, SourceError
from algo_trading.gateways.post_feeds import FeedPage
from algo_trading.plugins import FeedContext, Plugin, PluginConfig

if TYPE_CHECKING:
    from praw import Reddit

    from algo_trading.adapters.reddit_requests import Memory

PLATFORM = "reddit"
ID_VARIABLE, SECRET_VARIABLE = "ALGO_PLATFORMS__REDDIT__CLIENT_ID", "ALGO_PLATFORMS__REDDIT__CLIENT_SECRET"
SOURCE = re.compile(r"/?(?P<kind>[ru])/(?P<name>[A-Za-z0-9_-]{2,32})/?")
PAGE_SIZE = 100
MOST_PAGES = 10  # Reddit's listings end after 1,000 posts
MOST_POSTS = f"Reddit lists {MOST_PAGES * PAGE_SIZE:,} posts at most"
OVERLAP = timedelta(minutes=10)  # what a moderator's filter held back appears late
GONE = ("[removed]", "[deleted]")  # markers in the place of a text or an author


class RedditConfig(PluginConfig):
    """Where Reddit answers, rate limits, and a script application's id and secret, from the environment."""

    base_url: str = "https://www.reddit.com"
    oauth_url: str = "https://oauth.reddit.com"
    pause_seconds: float = Field(default=1, ge=0)
    attempts: int = Field(default=4, ge=1)
    client_id: SecretStr = SecretStr("")
    client_secret: SecretStr = SecretStr("")


class RedditFeed:
    """Implements PostFeed. A page is a listing as Reddit sent it, newest first; the first poll takes one."""

    replay = False

    def __init__(self, feed: FeedContext, config: RedditConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        match = SOURCE.fullmatch(feed.source.strip())
        if not match:
            raise ConfigError(f"the feed {feed.name!r} means nothing on Reddit: write r/SUBREDDIT or u/USER")
        self.name = feed.name
        self.kind = feed.kind or PostKind.POST
        self._listed = f"{match['kind']}/{match['name']}"
        self._path = f"r/{match['name']}/new" if match["kind"] == "r" else f"user/{match['name']}/overview"
        self._retries = Retries("Reddit", attempts=config.attempts, pause_seconds=config.pause_seconds, sleep=sleep)
        self._options = {
            "client_id": credential(config.client_id, ID_VARIABLE, f"the feed {feed.name!r}"),
            "client_secret": credential(config.client_secret, SECRET_VARIABLE, f"the feed {feed.name!r}"),
            "reddit_url": config.base_url.rstrip("/"),
            "oauth_url": config.oauth_url.rstrip("/"),
        }

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:  # noqa: ARG002 - Reddit knows no end
        begin = reach_back(since, OVERLAP)
        after = ""
        for left in reversed(range(MOST_PAGES if begin else 1)):
            page = FeedPage(self._fetch(after), "application/json", ".json")
            try:
                children, after = self._listing(page)
            except SourceError:
                yield page  # to be archived
                raise
            if not children:
                return
            is_last = begin is None or is_mostly_older(map(_created, children), begin)
            if since.published_at and not is_last and not left:
                page = replace(page, remark=unread_rest(map(_created, children), since.published_at, MOST_POSTS))
            yield page
            if is_last or not after:
                return

    def parse(self, page: FeedPage) -> pa.Table:
        children, _ = self._listing(page)
        return rows_table(self._row(child) for child in children)

    def _fetch(self, after: str) -> bytes:
        from praw.exceptions import PRAWException
        from prawcore.exceptions import BadJSON, OAuthException, PrawcoreException

        reddit, memory = self._connected
        if memory.free_at - time.monotonic() > LONGEST_PAUSE:  # praw would sleep as long
            minutes = (memory.free_at - time.monotonic()) / 60
            raise RateLimitedError(f"Reddit's quota is used up: try again in {minutes:.0f} minutes")
        params: dict[str, str | int] = {"limit": PAGE_SIZE, "sort": "new"}
        if after:
            params["after"] = after
        memory.content = b""
        try:
            reddit.request(method="GET", path=self._path, params=params)
        except BadJSON:
            pass  # reading it says what is wrong
        except RefusedError as error:
            raise SourceError(self._refusal(error)) from None
        except OAuthException as error:
            raise SourceError(
                f"Reddit gives no token ({error.error}): check {ID_VARIABLE} and {SECRET_VARIABLE}"
            ) from None
        except (PrawcoreException, PRAWException, ValueError, LookupError, TypeError) as error:
            raise SourceError(
                f"Reddit's reply for {self._listed} cannot be read by praw ({type(error).__name__}): try again later"
            ) from None
        return memory.content

    @cached_property
    def _connected(self) -> "tuple[Reddit, Memory]":
        from praw import Reddit

        from algo_trading.adapters.reddit_requests import Memory, RetryingRequestor

        memory = Memory()
        reddit = Reddit(
            "DEFAULT",  # the settings here are all that counts: no other section, no variables of praw's
            requestor_class=RetryingRequestor,
            requestor_kwargs={"retries": self._retries, "memory": memory},
            user_agent=user_agent(),
            check_for_updates=False,
            check_for_async=False,
            username=None,
            password=None,
            refresh_token=None,
            **self._options,
        )
        return reddit, memory

    def _refusal(self, error: RefusedError) -> str:
        status = error.reply.status
        try:
            reason = str(read_json(error.reply.content, "Reddit's")["reason"])[:40]
        except (SourceError, LookupError, TypeError):
            reason = f"HTTP {status}"
        match status:
            case 401:
                return f"Reddit refuses even a new token for {self._listed} (HTTP 401): try again later"
            case 403:
                return f"Reddit does not let us read {self._listed} ({reason}): take the feed out of the configuration"
            case 302 | 404:
                return f"Reddit has no {self._listed} ({reason}): check its name, it may be banned"
        return f"Reddit refuses the request for {self._listed} ({reason})"

    def _listing(self, page: FeedPage) -> tuple[list[Mapping[str, Any]], str]:
        """The posts of a page and where the next one begins."""
        listing = read_json(page.content, f"Reddit's {self._listed}")
        try:
            data = listing["data"]
            children = [child["data"] for child in data["children"] if child["kind"] in {"t1", "t3"}]
            if not all(isinstance(child, dict) for child in children):
                raise TypeError  # noqa: TRY301 - one answer for every other shape
            return children, data.get("after") or ""
        except (LookupError, TypeError, AttributeError):
            raise SourceError(f"Reddit's reply for {self._listed} is not a listing: {page.content[:60]!r}") from None

    def _row(self, child: Mapping[str, Any]) -> dict[str, object]:
        identity = child.get("name") or child.get("id")
        text = child.get("selftext", child.get("body"))
        permalink = child.get("permalink")
        return {
            "platform": PLATFORM,
            "id": identity,
            "author": "" if child.get("author") in GONE else child.get("author"),
            "published": epoch_text(child.get("created_utc")),
            "title": child.get("title"),
            "body": "" if text in GONE else text,
            "url": f"https://www.reddit.com{permalink}" if permalink else child.get("url"),
            "place": f"reddit {self._listed} {identity}",
        }


def _created(child: Mapping[str, Any]) -> datetime | None:
    try:
        return datetime.fromtimestamp(child["created_utc"], UTC)
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        return None


def build(config: RedditConfig, feed: FeedContext) -> RedditFeed:
    """The feed with the options of [platforms.reddit]."""
    return RedditFeed(feed, config)


plugin = Plugin(RedditConfig, build)
