"""Watchlists, and which strategy trades which of their series for which account."""

from dataclasses import dataclass
from typing import Protocol

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.watchlist import Assignment, Watchlist

AssignmentKey = tuple[StrategyId, Series, str]


def assignment_key(assignment: Assignment) -> AssignmentKey:
    """What an assignment is known by: strategy, series and account."""
    return assignment.strategy, assignment.series, assignment.account


@dataclass(frozen=True, slots=True)
class SetupChanges:
    """Rows to be written and removed at once."""

    watchlists: tuple[Watchlist, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    removed_watchlists: tuple[str, ...] = ()
    removed_assignments: tuple[AssignmentKey, ...] = ()


class WatchlistRepository(Protocol):
    """What is watched; it may change between two calls."""

    def all(self) -> list[Watchlist]:
        """Every watchlist, sorted by name; symbols and intervals in the order in which they were given."""
        ...

    def get(self, name: str) -> Watchlist:
        """The watchlist with this name; KeyError if there is none."""
        ...


class AssignmentRepository(Protocol):
    """Which strategy trades what for whom; it may change between two calls."""

    def all(self) -> list[Assignment]:
        """Every assignment, sorted by strategy, series and account."""
        ...


class SetupRepository(Protocol):
    """Changes watchlists and assignments."""

    def change(self, changes: SetupChanges) -> None:
        """Write new and changed rows and remove others, in one transaction.

        What is to be removed and not there is left out. Unknown instruments and strategies are added.

        Raises:
            KeyError: an assignment names a watchlist that is not there afterwards.
        """
        ...
