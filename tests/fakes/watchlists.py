"""Watchlists and assignments in memory."""

from collections.abc import Iterable

from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.watchlists import AssignmentKey, SetupChanges, assignment_key


class FakeSetup:
    """Implements SetupRepository; `watchlists` and `assignments` implement the repositories that read.

    `changes` counts the transactions.
    """

    def __init__(self, watchlists: Iterable[Watchlist] = (), assignments: Iterable[Assignment] = ()) -> None:
        self.watchlists = FakeWatchlists(watchlists)
        self.assignments = FakeAssignmentRows(assignments)
        self.changes = 0

    def change(self, changes: SetupChanges) -> None:
        rows = {key: row for key, row in self.assignments.rows.items() if key not in changes.removed_assignments}
        watched = {**self.watchlists.rows, **{one.name: one for one in changes.watchlists}}
        for one in changes.assignments:
            if one.watchlist not in watched:
                raise KeyError(one.watchlist)
            rows[assignment_key(one)] = one
        self.assignments.rows = rows
        self.watchlists.rows = {n: row for n, row in watched.items() if n not in changes.removed_watchlists}
        self.changes += 1


class FakeWatchlists:
    """Implements WatchlistRepository."""

    def __init__(self, watchlists: Iterable[Watchlist] = ()) -> None:
        self.rows = {one.name: one for one in watchlists}

    def all(self) -> list[Watchlist]:
        return [self.rows[name] for name in sorted(self.rows)]

    def get(self, name: str) -> Watchlist:
        return self.rows[name]


class FakeAssignmentRows:
    """Implements AssignmentRepository."""

    def __init__(self, assignments: Iterable[Assignment] = ()) -> None:
        self.rows: dict[AssignmentKey, Assignment] = {assignment_key(one): one for one in assignments}

    def all(self) -> list[Assignment]:
        return sorted(self.rows.values(), key=lambda one: (one.strategy, one.series.sort_key, one.account))
