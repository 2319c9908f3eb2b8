"""A local Reddit: tokens, and listings of submissions, newest first."""

import base64
import json
from typing import Any

from servers.post_platform import Platform, Reply, Request, Told

CLIENT_ID, CLIENT_SECRET = "an-app-id", "a-very-secret-secret"
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LISTINGS = ("/r/stocks/new", "/user/alice/overview")


def fullname(told: Told) -> str:
    """As Reddit calls a submission."""
    number, text = told.id, ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return f"t3_{text or '0'}"


def child(told: Told) -> dict[str, Any]:
    """A submission in the shape of the recorded ones."""
    name = fullname(told)
    return {
        "kind": "t3",
        "data": {
            "subreddit": "stocks",
            "selftext": told.text,
            "selftext_html": None,
            "name": name,
            "id": name[3:],
            "author": told.author,
            "title": told.title,
            "created_utc": told.published.timestamp(),
            "permalink": f"/r/stocks/comments/{name[3:]}/a_title/",
            "url": f"https://www.reddit.com/r/stocks/comments/{name[3:]}/a_title/",
            "is_self": True,
            "score": 1,
            "stickied": False,
        },
    }


def listing(children: list[dict[str, Any]], after: str | None) -> bytes:
    """A page."""
    return json.dumps(
        {"kind": "Listing", "data": {"after": after, "dist": len(children), "modhash": "", "children": children}}
    ).encode()


class LocalReddit(Platform):
    """Gives tokens for the one application, and refuses those that it made expire."""

    def __init__(self) -> None:
        super().__init__()
        self.token = ""
        self.token_reply: Reply | None = None
        self.quota: dict[str, str] = {}

    def expire(self) -> None:
        """Make the given token invalid."""
        self.token = ""

    def reply(self, request: Request) -> Reply:
        if request.path == "/api/v1/access_token":
            return self.token_reply or self._new_token(request)
        if request.headers.get("authorization") != f"bearer {self.token}" or not self.token:
            self.asked.append(request)
            return Reply(401, b'{"message": "Unauthorized", "error": 401}')
        return self.answer(request)

    def content(self, request: Request) -> Reply:
        if request.path not in LISTINGS or request.query.get("raw_json") != "1":
            return Reply(404, b'{"message": "Not Found", "error": 404}')
        newest_first = sorted(self.posts, key=lambda told: told.published, reverse=True)
        names = [fullname(told) for told in newest_first]
        start = names.index(request.query["after"]) + 1 if "after" in request.query else 0
        end = start + int(request.query["limit"])
        after = names[end - 1] if end < len(names) else None
        return Reply(200, listing([child(told) for told in newest_first[start:end]], after), self.quota)

    def _new_token(self, request: Request) -> Reply:
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return Reply(401, b'{"message": "Unauthorized", "error": 401}')
        self.tokens_given += 1
        self.token = f"token-{self.tokens_given}-of-the-secret"
        grant = {"access_token": self.token, "token_type": "bearer", "expires_in": 3600, "scope": "*"}
        return Reply(200, json.dumps(grant).encode())
