"""Headlines of an RSS or Atom feed (its address), of Yahoo Finance (`yahoo:SYMBOL`) or Google News (`google:QUERY`)."""

import io
import json
import re
import time
from calendar import timegm
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pyarrow as pa
from pydantic import Field

from algo_trading.adapters.feed_text import checked_feed
from algo_trading.adapters.http_client import HttpClient, shown
from algo_trading.adapters.post_rows import rows_table, usable_id
from algo_trading.adapters.retries import RefusedError, Retries
from algo_trading.domain.post import PostKind, Watermark
from algo_trading.errors import ConfigError, SourceError
from algo_trading.gateways.post_feeds import FeedPage
from algo_trading.plugins import FeedContext, Plugin, PluginConfig

PLATFORM = "rss"
YAHOO = "https://feeds.finance.yahoo.com/rss/2.0/headline"
GOOGLE = "https://news.google.com/rss/search"
WORLDWIDE = re.compile(r"(?:https?://|urn:|tag:)\S", re.IGNORECASE)  # ids that are unique among all feeds
VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


class RssConfig(PluginConfig):
    """Rate limits and retries, and what a feed may be like."""

    pause_seconds: float = Field(default=1, ge=0)
    attempts: int = Field(default=4, ge=1)
    max_items: int = Field(default=2000, ge=1)  # of a feed
    allow_private: bool = False  # addresses within this machine or its network, and redirects to them


class RssFeed:
    """Implements PostFeed. The one page is the feed as it came; the watermark's token holds its ETag and date."""

    replay = False

    def __init__(self, feed: FeedContext, config: RssConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = feed.name
        self.kind = feed.kind or PostKind.ARTICLE
        self._address = address_of(feed.source.strip(), feed.name)
        self._max_items = config.max_items
        host = urlsplit(self._address).hostname
        retries = Retries(
            f"the feed at {host}", attempts=config.attempts, pause_seconds=config.pause_seconds, sleep=sleep
        )
        self._client = HttpClient(retries, redirects=True, private=config.allow_private)

    def poll(self, since: Watermark, until: datetime) -> Iterator[FeedPage]:  # noqa: ARG002 - a feed is one document
        try:
            reply = self._client.get(self._address, headers=_conditions(since.token))
        except RefusedError as error:
            raise SourceError(
                f"{shown(self._address)} answers HTTP {error.reply.status}: check the address of the feed"
            ) from None
        if reply.status == 304:
            return
        validators = {name: reply.headers[name] for name in VALIDATORS if reply.headers.get(name)}
        token = json.dumps(validators) if validators else ""
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        page = FeedPage(reply.content, media_type if media_type.count("/") == 1 else "application/xml", ".xml", token)
        try:
            entries = self._read(page).entries
        except SourceError:
            yield page  # to be archived
            raise
        if entries:
            yield page

    def parse(self, page: FeedPage) -> pa.Table:
        document = self._read(page)
        return rows_table(self._row(entry, document.feed) for entry in document.entries)

    def _read(self, page: FeedPage) -> Any:  # noqa: ANN401 - feedparser's dictionary
        import feedparser

        content = checked_feed(page.content, shown(self._address), self._max_items)
        try:
            document = feedparser.parse(
                io.BytesIO(content),  # bytes it would take for a file's name or an address, too
                sanitize_html=False,
                resolve_relative_uris=False,
            )
        except Exception as error:  # noqa: BLE001 - whatever feedparser trips over is not a feed
            raise SourceError(f"{shown(self._address)} cannot be read ({type(error).__name__})") from None
        if not document.get("version") or (document.bozo and not _is_whole(page.content)):
            raise SourceError(f"{shown(self._address)} did not send an RSS or Atom feed, or only a part of one")
        return document

    def _row(self, entry: Mapping[str, Any], channel: Mapping[str, Any]) -> dict[str, object]:
        link = entry.get("link") or ""
        identity = entry.get("id") or link or " ".join((entry.get("title") or "", entry.get("published") or ""))
        identity = identity.strip()
        source = entry.get("source") or {}
        return {
            "platform": PLATFORM,
            "id": self._id(identity),
            "author": source.get("title") or channel.get("title") or urlsplit(self._address).hostname,
            "published": _published(entry),
            "title": entry.get("title"),
            "body": entry.get("summary") or _content(entry),
            "url": link,
            "place": f"{shown(self._address)} {identity[:200]}",
        }

    def _id(self, identity: str) -> str:
        """The id among those of all feeds: one that is not an address is unique within its site's feed alone.

        Yahoo's and Google's feeds of several symbols share an address but for its query, and so the ids.
        """
        if not identity or WORLDWIDE.match(identity):
            return usable_id(identity)
        return usable_id(f"{shown(self._address)} {identity}")


def address_of(source: str, name: str) -> str:
    """The address that a feed's source stands for.

    Raises:
        ConfigError: it stands for none.
    """
    short, _, rest = source.partition(":")
    if short in {"yahoo", "google"} and rest.strip() and not rest.startswith("//"):
        if short == "yahoo":
            return f"{YAHOO}?{urlencode({'s': rest.strip(), 'region': 'US', 'lang': 'en-US'})}"
        return f"{GOOGLE}?{urlencode({'q': rest.strip(), 'hl': 'en-US', 'gl': 'US', 'ceid': 'US:en'})}"
    try:
        parts = urlsplit(source)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        has_password = parts.username is not None
    except ValueError:
        is_address = has_password = False
    if not is_address:
        raise ConfigError(f"the feed {name!r} needs an address (https://...), yahoo:SYMBOL or google:QUERY")
    if has_password:
        raise ConfigError(
            f"the feed at {shown(source)} has a user name in its address, and no secret belongs in a file"
        )
    return source


def _conditions(token: str) -> dict[str, str]:
    """Headers that let the server answer 304 if nothing changed."""
    try:
        validators = json.loads(token or "{}")
        return {VALIDATORS[name]: str(value) for name, value in validators.items() if name in VALIDATORS}
    except (ValueError, AttributeError):
        return {}


def _is_whole(content: bytes) -> bool:
    """Whether the document's last element is closed: many feeds are sloppy XML, but a cut one lacks its end."""
    end = content.rstrip(b"\0 \t\r\n")[-64:].replace(b"\0", b"").lower()
    return any(tag in end for tag in (b"</rss>", b"</feed>", b"</rdf:rdf>", b"-->"))


def _published(entry: Mapping[str, Any]) -> str | None:
    """The time in ISO 8601 where feedparser understands it (it takes a time without zone for UTC), else as it came."""
    for name in ("published", "updated", "created"):
        parsed = entry.get(f"{name}_parsed")
        if parsed:
            try:
                return datetime.fromtimestamp(timegm(parsed), UTC).isoformat()
            except (ValueError, OverflowError, OSError):
                pass
        if entry.get(name):
            return str(entry[name])
    return None


def _content(entry: Mapping[str, Any]) -> str | None:
    parts = [part.get("value") or "" for part in entry.get("content") or ()]
    return "\n".join(parts) or None


def build(config: RssConfig, feed: FeedContext) -> RssFeed:
    """The feed with the options of [platforms.rss]."""
    return RssFeed(feed, config)


plugin = Plugin(RssConfig, build, kind=PostKind.ARTICLE)
