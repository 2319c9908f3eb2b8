"""A local site with an RSS feed that knows ETags."""

import hashlib
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape

from servers.post_platform import Platform, Reply, Request, Told

PATH = "/markets/rss"


class LocalFeed(Platform):
    """The newest `length` items, newest first."""

    def __init__(self, length: int = 1000) -> None:
        super().__init__()
        self.length = length

    def content(self, request: Request) -> Reply:
        if request.path != PATH:
            return Reply(404, b"not here", {"Content-Type": "text/html"})
        newest = sorted(self.posts, key=lambda told: told.published, reverse=True)[: self.length]
        body = rss(newest)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Reply(304, b"", {"ETag": etag})
        return Reply(200, body, {"Content-Type": "application/rss+xml; charset=utf-8", "ETag": etag})


def guid(told: Told) -> str:
    """An item's id, unique among all feeds."""
    return f"urn:item:{told.id}"


def rss(items: Sequence[Told]) -> bytes:
    """RSS 2.0, its summaries HTML inside of XML."""
    parts = [
        f"<item><title>{escape(told.title)}</title><link>https://news.example/{told.id}</link>"
        f'<guid isPermaLink="false">{guid(told)}</guid><pubDate>{format_datetime(told.published)}</pubDate>'
        f"<description>{escape(told.text)}</description></item>\n"
        for told in items
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>alice</title>'
        f"<link>https://news.example/</link><description>News</description>\n{''.join(parts)}</channel></rss>\n"
    ).encode()
