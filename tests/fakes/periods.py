"""The log of processed periods in memory."""

from datetime import datetime

from algo_trading.domain.time import Interval
from algo_trading.repositories.periods import FlowRun, Stage


class FakePeriodLog:
    """Implements PeriodLog."""

    def __init__(self) -> None:
        self.marks: set[tuple[str, Interval, datetime, Stage]] = set()
        self.runs: dict[tuple[str, Interval, datetime], FlowRun] = {}

    def mark(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> None:
        self.marks.add((watchlist, interval, opened_at, stage))

    def reached(self, watchlist: str, interval: Interval, opened_at: datetime, stage: Stage) -> bool:
        return (watchlist, interval, opened_at, stage) in self.marks

    def newest(self, watchlist: str, interval: Interval, stage: Stage) -> datetime | None:
        wanted = (watchlist, interval, stage)
        return max((at for name, kind, at, reached in self.marks if (name, kind, reached) == wanted), default=None)

    def worked_on(self, watchlist: str, interval: Interval, opened_at: datetime, run: FlowRun) -> None:
        self.runs[watchlist, interval, opened_at] = run

    def newest_run(self, watchlist: str, interval: Interval, after: datetime) -> FlowRun | None:
        found = [at for name, kind, at in self.runs if (name, kind) == (watchlist, interval) and at > after]
        return self.runs[watchlist, interval, max(found)] if found else None
