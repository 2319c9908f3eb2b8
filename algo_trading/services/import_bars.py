"""Bars from files that a person brings: archive, judge, store what is good, quarantine the rest."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from algo_trading.calendars import MarketCalendar, market_calendar
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.quality.parse import is_none, parse_dates, parse_symbols
from algo_trading.quality.rules import Reason
from algo_trading.quality.verdict import Batch, Gate, Verdict
from algo_trading.repositories.bar_files import BarFile, BarFileReader, FileOnDisk, Skipped
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.quality import (
    ImportedFile,
    ImportRepository,
    QualityRepository,
    QuarantineRepository,
)
from algo_trading.services.export import ExportBars
from algo_trading.services.ingest import NEIGHBOURS

SOURCE = "import"


@dataclass(frozen=True)
class FileReport:
    """What became of the rows of one file or member of an archive: read = stored + unchanged + quarantined.

    `known` says that its content was imported before. `holes` counts the sessions that each symbol lacks between its
    first and its last good row.
    """

    place: str
    read: int
    stored: int = 0
    unchanged: int = 0
    quarantined: int = 0
    known: bool = False
    reasons: Mapping[str, int] = field(default_factory=dict)
    holes: Mapping[str, int] = field(default_factory=dict)

    @property
    def nothing_good(self) -> bool:
        """Whether there were rows and none of them is in the database."""
        return self.read > 0 and self.stored + self.unchanged == 0


@dataclass(frozen=True)
class ImportReport:
    """The sums over all files, the files themselves and what held no bars.

    `years` are the years of the good rows, `docs` is the key of the page that shows what the gate found.
    """

    read: int
    stored: int
    unchanged: int
    quarantined: int
    reasons: Mapping[str, int]
    files: tuple[FileReport, ...]
    skipped: tuple[Skipped, ...]
    years: tuple[int, ...] = ()
    docs: str | None = None

    @property
    def nothing_good(self) -> bool:
        """Whether no file brought or confirmed a single bar."""
        return self.stored + self.unchanged == 0


@dataclass(frozen=True)
class ImportBars:
    """Bring daily bars from files into the database.

    Each table (a file, or a member of an archive) is judged by itself: a bar that comes twice in it is a repeat, a bar
    that came with another table before is revised. Everything is repeatable, and a table is remembered as imported only
    when its bars, its quarantine and the Parquet files are written: killed anywhere and run again, the end is the same.
    """

    read_bar_files: BarFileReader
    gate: Gate
    bars: BarRepository
    actions: CorporateActionRepository
    quarantine: QuarantineRepository
    quality: QualityRepository
    imports: ImportRepository
    objects: ObjectStore
    export: ExportBars
    clock: Clock

    def __call__(
        self,
        paths: Sequence[Path],
        symbol: str | None,
        calendar_code: str,
        progress: Callable[[FileReport], None] = lambda _report: None,
    ) -> ImportReport:
        """Import files and folders; `progress` hears of each table when it is done.

        Rows without a symbol column are of `symbol`, else of the symbol that the file's name spells. `calendar_code`
        says whose sessions count.

        Raises:
            AlgoTradingError: a path does not exist, cannot be read or holds no bars, or there is no such calendar.
        """
        calendar = market_calendar(calendar_code)
        reports: list[FileReport] = []
        skipped: list[Skipped] = []
        imported: dict[str, ImportedFile] = {}
        years: set[int] = set()
        for file in self.read_bar_files(paths, symbol):
            skipped.extend(file.skipped)
            for table in file.tables:
                fingerprint = _fingerprint(table, calendar)
                known = imported.get(fingerprint) or self.imports.find(fingerprint)
                if known:
                    report = FileReport(table.place, known.read, unchanged=known.read, known=True)
                else:
                    self._archive(file)
                    verdict, report = self._bring(table, calendar)
                    years |= _years(verdict)
                    if not self._will_be_good_later(verdict):
                        imported[fingerprint] = ImportedFile(fingerprint, table.place, report.read)
                reports.append(report)
                progress(report)
        self.export(calendar.code, years)
        docs = self.gate.publish(self.objects, f"import-{self.clock.now():%Y%m%dT%H%M%S}")
        for file_imported in imported.values():
            self.imports.add(file_imported)
        return _sums(reports, skipped, years, docs)

    def _archive(self, file: FileOnDisk) -> None:
        digest = hashlib.sha256(file.content).hexdigest()
        self.objects.put_new(
            f"raw/{SOURCE}/{digest}/{quote(file.path.name, safe='', errors='replace')[-200:]}", file.content
        )

    def _bring(self, table: BarFile, calendar: MarketCalendar) -> tuple[Verdict, FileReport]:
        rows = table.rows()
        instruments, first, last = _extent(rows, calendar)
        verdict = self.gate.judge(
            Batch(
                rows=rows,
                source=SOURCE,
                name=table.place,
                calendar=calendar,
                now=self.clock.now(),
                neighbours=self.bars.read(instruments, Interval.DAY, first - NEIGHBOURS, last + NEIGHBOURS),
                actions=self.actions.read(instruments, last + NEIGHBOURS),
                expected=None,
            )
        )
        self.quarantine.add(verdict.quarantined)
        count = self.bars.upsert(verdict.good, SOURCE)
        self.quality.record(verdict.result)
        report = FileReport(
            place=table.place,
            read=rows.num_rows,
            stored=count.stored,
            unchanged=count.unchanged,
            quarantined=len(verdict.quarantined),
            reasons=dict(Counter(row.reason for row in verdict.quarantined).most_common()),
            holes={name: len(sessions) for name, sessions in verdict.result.holes.items()},
        )
        return verdict, report

    def _will_be_good_later(self, verdict: Verdict) -> bool:
        """Whether a row of today waits for the close: its file must be read again then, though it be the same."""
        today = self.clock.now().date().isoformat()
        return any(row.reason == Reason.FUTURE and row.session <= today for row in verdict.quarantined)


def _fingerprint(table: BarFile, calendar: MarketCalendar) -> str:
    """Of the content and what it means: another symbol or calendar makes other bars of the same bytes."""
    meaning = "\n".join((table.sha256, table.symbol or "", calendar.code))
    return hashlib.sha256(meaning.encode("utf-8", "surrogateescape")).hexdigest()


def _extent(rows: pa.Table, calendar: MarketCalendar) -> tuple[list[Instrument], date, date]:
    """Instruments of the rows, and the first and last of their dates within the calendar."""
    symbols, wrong = parse_symbols(rows["symbol"])
    named = set(symbols[~wrong & ~is_none(symbols)].tolist())
    sessions, _ = parse_dates(rows["session"])
    earliest, latest = calendar.dates[0], calendar.dates[-1]
    known = np.clip(sessions[~np.isnat(sessions)], earliest, latest)
    first, last = (known.min(), known.max()) if len(known) else (latest, latest)
    return [Instrument(symbol, calendar.code) for symbol in sorted(named)], first.item(), last.item()


def _years(verdict: Verdict) -> set[int]:
    days = verdict.good["opened_at"].to_numpy().astype("datetime64[Y]")
    return {day.item().year for day in np.unique(days)}


def _sums(reports: Sequence[FileReport], skipped: Sequence[Skipped], years: set[int], docs: str | None) -> ImportReport:
    reasons: Counter[str] = Counter()
    for report in reports:
        reasons.update(report.reasons)
    return ImportReport(
        read=sum(report.read for report in reports),
        stored=sum(report.stored for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        quarantined=sum(report.quarantined for report in reports),
        reasons=dict(reasons.most_common()),
        files=tuple(reports),
        skipped=tuple(skipped),
        years=tuple(sorted(years)),
        docs=docs,
    )
