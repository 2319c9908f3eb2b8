"""Strategies that raised errors."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure


class StrategyFailureRepository(Protocol):
    """One row for each streak of a strategy on a series; at most one of them is open."""

    def record(
        self, failed: Sequence[StrategyFailure], decided: Collection[tuple[StrategyId, Series]], at: datetime
    ) -> None:
        """Add failures, and end those of what has `decided` in the period that opened `at`, in one transaction.

        A failure of what fails already makes that streak longer. One whose newest period is not before `at` is not
        ended by it: an old period that is processed again says nothing of today.
        """
        ...

    def open(self) -> list[StrategyFailure]:
        """Those that are not over, sorted by strategy and series."""
        ...
