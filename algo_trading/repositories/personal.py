"""What is kept about a person beside their account: by address, wherever it stands."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class PersonalData(Protocol):
    """Rows about an address, in any case."""

    def of(self, address: str) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """By table the rows about it, with values of JSON: notices and mails that came in."""
        ...

    def forget(self, address: str) -> int:
        """Remove these rows, with hours and requests to join; returns how many there were."""
        ...
