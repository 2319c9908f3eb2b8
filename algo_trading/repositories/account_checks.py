"""The newest verdict on each account's books."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """What a verification of an account found, a sentence for each difference, and when.

    `checked_at` is None where it has not been verified yet. `actions_at` is when the newest change of any corporate
    action was made that was taken into account.
    """

    account: str
    checked_at: datetime | None = None
    found: tuple[str, ...] = ()
    actions_at: datetime | None = None

    @property
    def agrees(self) -> bool:
        """Whether there was no difference."""
        return not self.found


class AccountCheckRepository(Protocol):
    """Verdicts, of which the newest of each account is kept."""

    def record(self, check: AccountCheck) -> None:
        """Replace the verdict on an account; KeyError if there is no such account."""
        ...

    def all(self) -> Mapping[str, AccountCheck]:
        """The verdicts by account."""
        ...
