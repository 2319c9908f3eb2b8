"""Strategies that raised errors, in memory."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.strategy_failure import StrategyFailure


class FakeStrategyFailures:
    """Implements StrategyFailureRepository."""

    def __init__(self) -> None:
        self.rows: dict[tuple[StrategyId, Series, datetime], StrategyFailure] = {}

    def record(
        self, failed: Sequence[StrategyFailure], decided: Collection[tuple[StrategyId, Series]], at: datetime
    ) -> None:
        for key, row in self.rows.items():
            if row.over is None and key[:2] in decided and row.newest < at:
                self.rows[key] = replace(row, over=at)
        for one in failed:
            key = (one.strategy, one.series, one.since)
            open_ones = [row for row in self.open() if (row.strategy, row.series) == key[:2]]
            before = open_ones[0] if open_ones else self.rows.get(key, one)
            newest = max(before.newest, one.newest)
            self.rows[one.strategy, one.series, before.since] = replace(
                before, newest=newest, error=one.error, over=one.over
            )

    def open(self) -> list[StrategyFailure]:
        found = [one for one in self.rows.values() if one.over is None]
        return sorted(found, key=lambda one: (one.strategy, one.series.sort_key))
