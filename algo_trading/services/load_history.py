"""Bulk history: one load instead of thousands of runs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from algo_trading.domain.instrument import Series
from algo_trading.domain.time import midnight, period_key
from algo_trading.errors import ConfigError
from algo_trading.gateways.market_data import MarketData
from algo_trading.quality.verdict import FaultPages
from algo_trading.repositories.objects import ObjectStore
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import IngestBars, IngestReport


@dataclass(frozen=True)
class LoadHistory:
    """Store the bars of a range of periods, refresh their Parquet files and show what the gate held back."""

    ingest: IngestBars
    export: ExportBars
    pages: FaultPages
    objects: ObjectStore

    def __call__(
        self,
        source: MarketData,
        first: datetime,
        last: datetime,
        series: Sequence[Series],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> IngestReport:
        """Load what opened in first..last; `progress` is given how many series are done.

        Raises:
            ConfigError: the range is empty.
            NothingGoodError: not one good bar came.
        """
        interval = series[0].interval
        shown = f"{period_key(interval, first)} .. {period_key(interval, last)}"
        if last < first:
            raise ConfigError(f"the range {shown} ends before it begins")
        report = self.ingest.history(source, first, last, series, progress)
        stored = self.ingest.bars.first_closes(series)
        begin = max(first, min(stored.values(), default=last) - interval.length)
        for venue, kind in sorted({(one.venue, one.interval) for one in series}):
            self.export(venue, kind, _months(begin, last))
        self.pages.publish(self.objects, f"load-{shown.replace(' ', '')}")
        return report


def _months(first: datetime, last: datetime) -> Iterable[datetime]:
    return (
        midnight(first.date().replace(year=first.year + month // 12, month=month % 12 + 1, day=1))
        for month in range(first.month - 1, (last.year - first.year) * 12 + last.month)
    )
