"""A local NewsAPI: /v2/everything with its pages and its errors."""

import json
from datetime import UTC, datetime

from servers.post_platform import Platform, Reply, Request, Told

KEY = "0123456789abcdef-secret-key"


class LocalNewsApi(Platform):
    """Articles between `from` and `to`, newest first; `limit` is how many the plan lets one read."""

    def __init__(self, limit: int = 10_000) -> None:
        super().__init__()
        self.limit = limit

    def content(self, request: Request) -> Reply:
        if request.headers.get("x-api-key") != KEY:
            return complaint(401, "apiKeyInvalid", "Your API key is invalid or incorrect. Check your key.")
        if request.path != "/v2/everything" or not request.query.get("q"):
            return complaint(400, "parametersMissing", "Required parameters are missing.")
        first, last = (
            datetime.fromisoformat(request.query.get(name, default))
            for name, default in (("from", "1990-01-01T00:00:00Z"), ("to", "2100-01-01T00:00:00Z"))
        )
        found = sorted(
            (told for told in self.posts if first <= told.published <= last),
            key=lambda told: told.published,
            reverse=True,
        )
        size = int(request.query["pageSize"])
        start = (int(request.query["page"]) - 1) * size
        if start >= self.limit:
            return complaint(426, "maximumResultsReached", "You have requested too many results.")
        articles = [article(told) for told in found[start : start + size]]
        return Reply(200, json.dumps({"status": "ok", "totalResults": len(found), "articles": articles}).encode())


def complaint(status: int, code: str, message: str) -> Reply:
    """An error as NewsAPI states it."""
    return Reply(status, json.dumps({"status": "error", "code": code, "message": message}).encode())


def address(told: Told) -> str:
    """The address that stands for an article's id."""
    return f"https://news.example/{told.id}"


def article(told: Told) -> dict[str, object]:
    """An article in NewsAPI's shape."""
    return {
        "source": {"id": None, "name": told.author},
        "author": "A Writer",
        "title": told.title,
        "description": told.text,
        "url": address(told),
        "urlToImage": None,
        "publishedAt": told.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "content": told.text[:200] + "... [+1234 chars]",
    }
