"""What is kept about a person beside their account, in memory: the notices of an outbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from fakes.notices import FakeNotices


class FakePersonalData:
    """Implements PersonalData."""

    def __init__(self, notices: FakeNotices) -> None:
        self._notices = notices

    def of(self, address: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        own = (one for one in self._notices.stored.values() if one.recipient.lower() == address.lower())
        return {"notices": [{"kind": str(one.content.kind), "at": one.content.at} for one in own], "mails": []}

    def forget(self, address: str) -> int:
        own = [key for key, one in self._notices.stored.items() if one.recipient.lower() == address.lower()]
        for key in own:
            del self._notices.stored[key]
        return len(own)
