"""Answers of the API in memory."""

from datetime import datetime

from algo_trading.repositories.api_answers import KeptAnswer


class FakeApiAnswers:
    """Implements ApiAnswerRepository."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[datetime, KeptAnswer]] = {}

    def begin(self, user: str, key: str, digest: str, at: datetime, since: datetime) -> KeptAnswer | None:
        self._kept = {place: kept for place, kept in self._kept.items() if kept[0] >= since}
        if (user, key) in self._kept:
            return self._kept[user, key][1]
        self._kept[user, key] = at, KeptAnswer(digest)
        return None

    def keep(self, user: str, key: str, status: int, body: bytes) -> None:
        at, kept = self._kept[user, key]
        self._kept[user, key] = at, KeptAnswer(kept.digest, status, body)

    def forget(self, user: str, key: str) -> None:
        self._kept.pop((user, key), None)
