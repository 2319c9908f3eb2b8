"""A local X: accounts, timelines and the recent search of API v2."""

import json
from datetime import UTC, datetime

from servers.post_platform import Platform, Reply, Request, Told

TOKEN = "AAAA-bearer-secret"  # noqa: S105 - of the local platform alone
USER_ID = "44196397"
ID_EPOCH_MS = 1_288_834_974_657


def snowflake(moment: datetime, number: int) -> int:
    """An id as X makes them: the time in the high bits."""
    return ((int(moment.timestamp() * 1000) - ID_EPOCH_MS) << 22) + number


class LocalX(Platform):
    """One account, `alice`; told ids become snowflakes of their time, which stay apart by their low bits."""

    def reply(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            self.asked.append(request)
            return Reply(401, b'{"title": "Unauthorized", "type": "about:blank", "status": 401}')
        if request.path.startswith("/2/users/by/username/"):
            if request.path.endswith("/alice"):
                self.tokens_given += 1
                return Reply(200, json.dumps({"data": {"id": USER_ID, "name": "A", "username": "alice"}}).encode())
            gone = {"errors": [{"title": "Not Found Error", "detail": "Could not find user", "value": "bob"}]}
            return Reply(200, json.dumps(gone).encode())
        return self.answer(request)

    def content(self, request: Request) -> Reply:
        if request.path == f"/2/users/{USER_ID}/tweets":
            cursor = request.query.get("pagination_token")
        elif request.path == "/2/tweets/search/recent" and request.query.get("query"):
            cursor = request.query.get("next_token")
        else:
            return Reply(404, b'{"title": "Not Found", "status": 404}')
        since = int(request.query.get("since_id", "0"))
        until = request.query.get("end_time")
        known = sorted(
            (told for told in self.posts if snowflake(told.published, told.id) > since),
            key=lambda told: told.published,
            reverse=True,
        )
        if until:
            known = [told for told in known if told.published < datetime.fromisoformat(until)]
        start = int(cursor.removeprefix("page")) if cursor else 0
        end = start + int(request.query["max_results"])
        meta = {"result_count": len(known[start:end])} | ({"next_token": f"page{end}"} if end < len(known) else {})
        reply: dict[str, object] = {"meta": meta}
        if known[start:end]:
            reply["data"] = [tweet(told) for told in known[start:end]]
            reply["includes"] = {"users": [{"id": USER_ID, "name": "A", "username": "alice"}]}
        return Reply(200, json.dumps(reply).encode())


def tweet(told: Told) -> dict[str, object]:
    """A post in the shape of API v2."""
    return {
        "id": str(snowflake(told.published, told.id)),
        "text": told.text,
        "author_id": USER_ID,
        "lang": "en",
        "created_at": told.published.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "edit_history_tweet_ids": [str(snowflake(told.published, told.id))],
    }
