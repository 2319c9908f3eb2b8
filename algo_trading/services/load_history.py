"""Bulk history: one load instead of thousands of daily runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from algo_trading.domain.instrument import Instrument
from algo_trading.errors import ConfigError
from algo_trading.quality.verdict import Gate
from algo_trading.repositories.objects import ObjectStore
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import IngestBars, IngestReport


@dataclass(frozen=True)
class LoadHistory:
    """Store the bars of a range of sessions, refresh the Parquet files of its years and show what the gate found."""

    ingest: IngestBars
    export: ExportBars
    gate: Gate
    objects: ObjectStore

    def __call__(
        self,
        first: date,
        last: date,
        instruments: Sequence[Instrument],
        progress: Callable[[int], None] = lambda _done: None,
    ) -> IngestReport:
        """Load first..last; `progress` hears how many symbols are done.

        Raises:
            ConfigError: the range is empty.
            NothingGoodError: not one good bar came.
        """
        if last < first:
            raise ConfigError(f"the range {first} .. {last} ends before it begins")
        report = self.ingest.history(first, last, instruments, progress)
        self.export(instruments[0].venue, range(first.year, last.year + 1))
        self.gate.publish(self.objects, f"load-{first}..{last}")
        return report
