"""News articles found by NewsAPI (`/v2/everything`); the feed's source is the query."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from pydantic import Field, SecretStr

from algo_trading.adapters.http_client import HttpClient, credential
from algo_trading.adapters.post_rows import (
    as_text,
    beyond_reach,
    reach_back,
    read_json,
    rows_table,
    unread_rest,
    usable_id,
    utc_text,
)
from algo_trading.adapters.retries import RefusedError, Retries
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import ConfigError, RateLimitedError, SourceError
from algo_trading.gateways.post_feeds import FeedPage
from algo_trading.plugins import FeedContext, Plugin, PluginConfig

PLATFORM = "newsapi"
LONGEST_QUERY = 500
PAGE_SIZE = 100
MOST_PAGES = 10
OVERLAP = timedelta(hours=2)  # papers' articles are found some time after they appeared
LONGEST_ABSENCE = timedelta(days=28)  # plans without a fee refuse to look back more than a month
NO_MORE = "maximumResultsReached"  # what the plan in use allows has been read
MOST_ARTICLES = f"a poll takes {MOST_PAGES * PAGE_SIZE:,} articles at most"
NOTHING = b'{"status":"ok","totalResults":0,"articles":[]}'
GONE = "[Removed]"  # marker in the place of a title, a text and an address


class NewsApiConfig(PluginConfig):
    """Where NewsAPI answers, rate limits, and the key, from ALGO_PLATFORMS__NEWSAPI__API_KEY."""

    base_url: str = "https://newsapi.org"
    pause_seconds: float = Field(default=1, ge=0)
    attempts: int = Field(default=4, ge=1)
    api_key: SecretStr = SecretStr("")


class NewsApiFeed:
    """Implements PostFeed. A page is a reply as NewsAPI sent it, newest first; the first poll takes one."""

    replay = False

    def __init__(
        self, feed: FeedContext, config: NewsApiConfig, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.name = feed.name
        self.kind = feed.kind or PostKind.ARTICLE
        self._query = feed.source.strip()
        if not 0 < len(self._query) <= LONGEST_QUERY:
            raise ConfigError(f"the feed {feed.name[:60]!r} needs a query of 1 to {LONGEST_QUERY} characters")
        self._address = f"{config.base_url.rstrip('/')}/v2/everything"
        key = credential(config.api_key, "ALGO_PLATFORMS__NEWSAPI__API_KEY", f"the feed {feed.name!r}")
        retries = Retries("NewsAPI", attempts=config.attempts, pause_seconds=config.pause_seconds, sleep=sleep)
        self._client = HttpClient(retries, headers={"X-Api-Key": key})

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:
        begin = reach_back(since, OVERLAP)
        if begin is not None and begin >= until:
            return  # all of it is known; NewsAPI refuses an end before the beginning
        remark = beyond_reach(
            since, until - LONGEST_ABSENCE, f"NewsAPI is asked for {LONGEST_ABSENCE.days} days at most"
        )
        if begin is not None:
            begin = max(begin, until - LONGEST_ABSENCE)
        params = {"q": self._query, "sortBy": "publishedAt", "pageSize": str(PAGE_SIZE), "to": utc_text(until)}
        if begin:
            params["from"] = utc_text(begin)
        read = 0
        times: list[datetime | None] = []
        for number in range(1, (MOST_PAGES if begin else 1) + 1):
            content = self._get({**params, "page": str(number)}, is_first=number == 1)
            page = FeedPage(NOTHING if content is None else content, "application/json", ".json", remark=remark)
            try:
                articles, total = self._read(page)
            except SourceError:
                yield page  # to be archived
                raise
            read += len(articles)
            times += map(_published, articles)
            is_cut = content is None or (number == MOST_PAGES and read < total)
            if is_cut and since.published_at:
                why = MOST_ARTICLES if content else "the plan in use gives no more"
                page = replace(page, remark=unread_rest(times, since.published_at, why) or remark)
            if articles or page.remark:
                yield page
            if not articles or read >= total:
                return

    def parse(self, page: FeedPage) -> pa.Table:
        articles, _ = self._read(page)
        return rows_table(self._row(article) for article in articles)

    def _get(self, params: Mapping[str, str], *, is_first: bool) -> bytes | None:
        """A reply; None where the plan in use lets nobody read further."""
        try:
            return self._client.get(self._address, params).content
        except RefusedError as error:
            code, said = _complaint(error.reply.content)
            if code == NO_MORE and not is_first:
                return None
            raise self._refusal(code or f"HTTP {error.reply.status}", said) from None

    def _refusal(self, code: str, said: str) -> SourceError:
        if code in {"rateLimited", "apiKeyExhausted"}:
            return RateLimitedError(f"NewsAPI asks to slow down ({code}): try again when the plan's day is over")
        if code.startswith("apiKey") or code == "HTTP 401":
            return SourceError(f"NewsAPI refuses the key ({code}): check ALGO_PLATFORMS__NEWSAPI__API_KEY")
        return SourceError(f"NewsAPI refuses {self.name!r} ({code}{said}): check the query")

    def _read(self, page: FeedPage) -> tuple[list[Mapping[str, Any]], int]:
        """The articles of a page, and how many there are on all of them."""
        reply = read_json(page.content, "NewsAPI's")
        try:
            if reply["status"] != "ok":
                raise self._refusal(*_complaint(page.content))
            articles = reply["articles"]
            if not all(isinstance(article, dict) for article in articles):
                raise TypeError  # noqa: TRY301 - one answer for every other shape
            return list(articles), int(reply.get("totalResults") or 0)
        except (LookupError, TypeError, AttributeError, ValueError, OverflowError):
            raise SourceError(
                f"NewsAPI's reply for {self.name!r} is not a page of articles: {page.content[:60]!r}"
            ) from None

    def _row(self, article: Mapping[str, Any]) -> dict[str, object]:
        kept = {name: None if value == GONE else value for name, value in article.items()}
        url = as_text(kept.get("url")) or ""
        source = kept.get("source")
        publisher = source.get("name") if isinstance(source, dict) else None
        return {
            "platform": PLATFORM,
            "id": usable_id(url),
            "author": publisher or kept.get("author"),
            "published": kept.get("publishedAt"),
            "title": kept.get("title"),
            "body": kept.get("description"),  # `content` is cut after 200 characters
            "url": url,
            "place": f"{self.name[:100]} {url}",
        }


def _published(article: Mapping[str, Any]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(article["publishedAt"])
    except (LookupError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _complaint(content: bytes) -> tuple[str, str]:
    """Code and words of an error reply, empty where it has none. The words are NewsAPI's and may be long."""
    try:
        reply = read_json(content, "NewsAPI's")
        code = str(reply.get("code") or "")[:40]
        said = str(reply.get("message") or "").partition(". ")[0][:100]
    except (SourceError, AttributeError):
        return "", ""
    return code, f", {said}" if said else ""


def build(config: NewsApiConfig, feed: FeedContext) -> NewsApiFeed:
    """The feed with the options of [platforms.newsapi]."""
    return NewsApiFeed(feed, config)


plugin = Plugin(NewsApiConfig, build, kind=PostKind.ARTICLE)
