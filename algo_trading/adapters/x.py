"""Posts on X, through its API v2: an account's (`@NAME`) or those that a search finds (`search: doge lang:en`)."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from pydantic import Field, SecretStr

from algo_trading.adapters.http_client import HttpClient, credential
from algo_trading.adapters.post_rows import beyond_reach, read_json, rows_table, unread_rest, utc_text
from algo_trading.adapters.retries import RefusedError, Reply, Retries
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.post_feeds import FeedPage
from algo_trading.plugins import FeedContext, Plugin, PluginConfig

PLATFORM = "x"
ACCOUNT = re.compile(r"@(?P<name>[A-Za-z0-9_]{1,15})")
SEARCH = re.compile(r"search:\s*(?P<query>.+)", re.DOTALL)
LONGEST_QUERY = 4096
PAGE_SIZE = 100
MOST_PAGES = 32  # X keeps an account's newest 3,200 posts
MOST_POSTS = f"a poll takes {MOST_PAGES * PAGE_SIZE:,} posts at most"
OVERLAP = timedelta(minutes=5)
SEARCHABLE = timedelta(days=7) - timedelta(minutes=10)  # older posts the search does not know, and says so with a 400
SETTLED = timedelta(seconds=30)  # X refuses an end that is less than ten seconds ago
ID_EPOCH_MS = 1_288_834_974_657  # an id is milliseconds since then, shifted by 22 bits
FIELDS = {
    "max_results": str(PAGE_SIZE),
    "tweet.fields": "created_at,lang,author_id,note_tweet",
    "expansions": "author_id",
    "user.fields": "username",
}


class XConfig(PluginConfig):
    """Where X answers, rate limits, and the token, from ALGO_PLATFORMS__X__BEARER_TOKEN."""

    base_url: str = "https://api.x.com"
    pause_seconds: float = Field(default=1, ge=0)
    attempts: int = Field(default=4, ge=1)
    bearer_token: SecretStr = SecretStr("")


class XFeed:
    """Implements PostFeed. A page is a reply as X sent it, newest first; the first poll takes one.

    The watermark's token is an account's numeric id, which X wants instead of its name.
    """

    replay = False

    def __init__(self, feed: FeedContext, config: XConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        source = feed.source.strip()
        account, search = ACCOUNT.fullmatch(source), SEARCH.fullmatch(source)
        if not account and (not search or len(search["query"]) > LONGEST_QUERY):
            raise ConfigError(f"the feed {feed.name!r} means nothing on X: write @ACCOUNT, or search: and its words")
        self.name = feed.name
        self.kind = feed.kind or PostKind.POST
        self._account = account["name"] if account else ""
        self._query = search["query"] if search else ""
        self._base = config.base_url.rstrip("/")
        token = credential(config.bearer_token, "ALGO_PLATFORMS__X__BEARER_TOKEN", f"the feed {feed.name!r}")
        retries = Retries("X", attempts=config.attempts, pause_seconds=config.pause_seconds, sleep=sleep)
        self._client = HttpClient(retries, headers={"Authorization": f"Bearer {token}"})

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:
        if since.published_at is not None and since.published_at >= until:
            return  # all of it is known; X refuses an end before the beginning
        user = ""
        if self._account:
            user = since.token or self._user_id()
            path, params, cursor = f"/2/users/{user}/tweets", {**FIELDS, "exclude": "retweets"}, "pagination_token"
        else:
            path, params, cursor = "/2/tweets/search/recent", {**FIELDS, "query": self._query}, "next_token"
        now = datetime.now(UTC)
        remark = "" if self._account else beyond_reach(since, now - SEARCHABLE, "X's search gives seven days at most")
        if since.published_at is not None:
            params["since_id"] = _since_id(since, None if self._account else now - SEARCHABLE)
        if until < now - SETTLED:
            params["end_time"] = utc_text(until)
        for left in reversed(range(MOST_PAGES if since.published_at else 1)):
            page = FeedPage(self._get(path, params).content, "application/json", ".json", user, remark)
            try:
                posts, following = self._read(page)
            except SourceError:
                yield page  # to be archived
                raise
            if since.published_at is not None and following and not left:
                rest = unread_rest(map(_created, posts), since.published_at, MOST_POSTS)
                page = replace(page, remark=rest or remark)
            if posts or page.remark:
                yield page
            if not posts or not following:
                return
            params[cursor] = following

    def parse(self, page: FeedPage) -> pa.Table:
        posts, _ = self._read(page)
        names = _usernames(page.content)
        return rows_table(self._row(post, names) for post in posts)

    def _user_id(self) -> str:
        reply = read_json(self._get(f"/2/users/by/username/{self._account}", {}).content, "X's")
        try:
            user = reply["data"]["id"]
        except (LookupError, TypeError):
            raise SourceError(f"X has no account @{self._account}{_said(reply)}: check its name") from None
        if not str(user).isdecimal():
            raise SourceError(f"X gives the account @{self._account} an id that is none")
        return str(user)

    def _get(self, path: str, params: Mapping[str, str]) -> Reply:
        try:
            return self._client.get(self._base + path, params)
        except RefusedError as error:
            try:
                said = _said(read_json(error.reply.content, "X's"))
            except SourceError:
                said = ""
            status = error.reply.status
            advice = {
                401: "check ALGO_PLATFORMS__X__BEARER_TOKEN, it may have expired",
                403: "see whether the access level of the token allows it",
                404: "check the account's name",
            }.get(status, "check the feed's source")
            raise SourceError(f"X refuses {self.name!r} (HTTP {status}{said}): {advice}") from None

    def _read(self, page: FeedPage) -> tuple[list[Mapping[str, Any]], str]:
        """The posts of a page and the token of the next one."""
        reply = read_json(page.content, "X's")
        try:
            posts = reply.get("data") or []
            meta = reply.get("meta") or {}
            if ("meta" not in reply and not posts) or not all(isinstance(post, dict) for post in posts):
                raise TypeError  # noqa: TRY301 - one answer for every other shape
            return list(posts), str(meta.get("next_token") or "")
        except (TypeError, AttributeError):
            raise SourceError(f"X's reply for {self.name!r} is not a page of posts{_said(reply)}") from None

    def _row(self, post: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, object]:
        identity, writer = post.get("id"), post.get("author_id")
        author = names.get(str(writer)) or self._account or writer
        long = post.get("note_tweet")
        return {
            "platform": PLATFORM,
            "id": identity,
            "author": author,
            "published": post.get("created_at"),
            "title": "",
            "body": (long.get("text") if isinstance(long, dict) else None) or post.get("text"),
            "url": f"https://x.com/{author or 'i'}/status/{identity}",
            "place": f"{self.name} {identity}",
        }


def _since_id(since: Watermark, oldest: datetime | None) -> str:
    """The id after which to ask: a little before the watermark, and none older than the search knows."""
    assert since.published_at is not None
    begin = since.published_at - OVERLAP
    if oldest is not None and begin < oldest:
        return str(_first_id(oldest))
    # An id that does not come from the post's time is older still.
    return str(min(_first_id(begin), int(since.id))) if since.id.isdecimal() else str(_first_id(begin))


def _created(post: Mapping[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(post["created_at"])
    except (LookupError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _first_id(moment: datetime) -> int:
    return max(int(moment.timestamp() * 1000) - ID_EPOCH_MS, 0) << 22


def _usernames(content: bytes) -> dict[str, str]:
    """Account names by numeric id, as they stand beside the posts."""
    try:
        users = read_json(content, "X's")["includes"]["users"]
        return {str(user["id"]): str(user["username"]) for user in users}
    except (LookupError, TypeError):
        return {}


def _said(reply: Any) -> str:  # noqa: ANN401 - what JSON can hold
    """X's own words in an error reply, if there are any."""
    try:
        first = (reply.get("errors") or [reply])[0]
        words = first.get("title") or first.get("message") or ""
    except (LookupError, TypeError, AttributeError):
        return ""
    return f", {str(words)[:100]}" if words else ""


def build(config: XConfig, feed: FeedContext) -> XFeed:
    """The feed with the options of [platforms.x]."""
    return XFeed(feed, config)


plugin = Plugin(XConfig, build)
