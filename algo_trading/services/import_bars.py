"""Bars from files that a person brings: archive, judge, store what is good, quarantine the rest."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from algo_trading.calendars import Calendars, TradingCalendar
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.quality import QualityResult
from algo_trading.domain.time import Interval, moment_of
from algo_trading.domain.venue import AssetClass, venue_of
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.bar_files import BarFile, BarFileReader, FileOnDisk, Skipped, UnreadableTableError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.market_data import BESIDE
from algo_trading.quality.bar_rules import SUITE, Reason
from algo_trading.quality.derived_actions import derived_actions
from algo_trading.quality.parse import distinct_symbols
from algo_trading.quality.verdict import FaultPages, Verdict
from algo_trading.repositories.names import NameRepository
from algo_trading.repositories.objects import ObjectStore
from algo_trading.repositories.quality import (
    ImportedFile,
    ImportRepository,
    QualityRepository,
)
from algo_trading.services.accept_bars import AcceptBars, AcceptedBars, BarBatch
from algo_trading.services.export import ExportBars
from algo_trading.services.import_names import SymbolsOverTime
from algo_trading.services.import_report import FileReport, ImportReport, RenamedRows, sum_of

SOURCE = "import"
BATCH_ROWS = 50_000  # that are judged at once: enough that what a judgement costs by itself is little for each
ROUNDING = 0.02  # by which an action derived from adjusted closes may differ from the one that is known
FILES_AT_ONCE, BYTES_AT_ONCE = 100, 8 * 2**20  # of which one query tells whether they are known


@dataclass(frozen=True)
class ImportBars:
    """Bring bars from files into the database.

    Tables (files, or members of archives) are judged in batches in which no symbol comes from two of them: a bar that
    comes twice in a table is a repeat, a bar that came with another table before is revised. Everything is repeatable,
    and a table is remembered as imported only when its bars, its quarantine and the Parquet files are written: killed
    anywhere and run again, the end is the same.
    """

    read_bar_files: BarFileReader
    accept: AcceptBars
    pages: FaultPages
    quality: QualityRepository
    imports: ImportRepository
    names: NameRepository
    objects: ObjectStore
    export: ExportBars
    calendars: Calendars
    clock: Clock

    def __call__(
        self,
        paths: Sequence[Path],
        symbol: str | None,
        venue: str,
        interval: Interval | None = None,
        progress: Callable[[FileReport], None] = lambda _report: None,
    ) -> ImportReport:
        """Import files and folders; `progress` is called for each table when it is done.

        Rows without a symbol column are of `symbol`, else of the symbol that the file's name spells. Bars are of the
        interval that rows or name say, else of `interval`, else daily; a table that says another one than `interval`
        is skipped, as is one that cannot be read, and the others are imported.

        Raises:
            AlgoTradingError: a path does not exist, cannot be read or holds no bars, no table can be read, or there is
                no such venue.
        """
        work = _Work(self, _Batches(self.calendars(venue), interval or Interval.DAY), interval, progress)
        files = self.read_bar_files(paths, symbol)
        while some := _next_files(files):
            work.take(some)
            some.clear()  # before the next ones are opened: the reader keeps the contents of open files in memory
        work.flush()
        if not work.tables:
            raise AlgoTradingError(
                f"{', '.join(map(str, paths))} holds no bars that can be read: {work.skipped[-1].reason}"
            )
        for one, months in work.months.items():
            self.export(venue, one, months)
        docs = self.pages.publish(self.objects, f"import-{self.clock.now():%Y%m%dT%H%M%S}")
        self.imports.add(*(ImportedFile(t.fingerprint, t.place, t.read) for t in work.tables if t.is_final))
        return sum_of([table.report() for table in work.tables], work.skipped, set().union(*work.months.values()), docs)

    def archive(self, file: FileOnDisk) -> None:
        """Keep the file as it came."""
        name = quote(file.path.name, safe="", errors="replace")[-200:]
        try:
            self.objects.put_file(f"raw/{SOURCE}/{file.sha256}/{name}", file.path)
        except OSError as error:  # of the file; the store explains its own
            raise AlgoTradingError(f"{file.path} cannot be read: {error.strerror}") from error

    def judge(
        self,
        name: str,
        rows: pa.Table,
        symbols: Sequence[str],
        batches: "_Batches",
        derived: Sequence[CorporateAction] = (),
    ) -> tuple[AcceptedBars, int]:
        """Accept rows of these symbols, and the actions derived from them that were not known; and count those.

        The verdict is recorded for each table when the last of its rows is judged.
        """
        venue, interval = batches.calendar.venue, batches.interval
        series = [Series(Instrument(symbol, venue), interval) for symbol in symbols]
        new = self._unknown(derived)
        batch = BarBatch(SOURCE, name, venue, interval, series, rows, new, asked=None, record=False)
        return self.accept(batch), len(new)

    def _unknown(self, derived: Sequence[CorporateAction]) -> Sequence[CorporateAction]:
        """Those that are not stored: what a source told is more exact than what follows from rounded closes."""
        if not derived:
            return ()
        days = [action.ex_date for action in derived]
        stored = self.accept.actions.read(sorted({one.instrument for one in derived}), max(days), min(days))
        told = {(one.instrument, one.ex_date, one.kind): one.value for one in stored}
        values = [told.get((one.instrument, one.ex_date, one.kind)) for one in derived]
        return [
            one
            for one, value in zip(derived, values, strict=True)
            if value is None or abs(one.value / value - 1) > ROUNDING
        ]


@dataclass(frozen=True)
class _Batches:
    """What the rows of all batches mean."""

    calendar: TradingCalendar
    interval: Interval

    @property
    def has_actions(self) -> bool:
        """Whether the rows can tell of splits and dividends: coins have none, and other bars have no ex-dates."""
        return self.interval is Interval.DAY and venue_of(self.calendar.venue).asset_class is AssetClass.EQUITY

    def fingerprint(self, table: BarFile) -> str:
        """Of the content and what it means: another symbol, venue or interval makes other bars of the same bytes."""
        meaning = "\n".join((table.sha256, table.symbol or "", self.calendar.venue, self.interval))
        return hashlib.sha256(meaning.encode("utf-8", "surrogateescape")).hexdigest()


@dataclass
class _Table:
    """What is known of a table so far."""

    place: str
    fingerprint: str
    interval: Interval
    read: int = 0
    stored: int = 0
    unchanged: int = 0
    is_known: bool = False  # from an import before
    is_replaced: bool = False  # since an import before
    actions: int = 0  # that were derived from it and not known
    silent: set[str] = field(default_factory=set)  # symbols of which it tells no adjusted closes or dividends
    waits_for_close: bool = False
    renamed: Counter[tuple[FormerName, bool]] = field(default_factory=Counter)  # rows by whether the old name counted
    reasons: Counter[str] = field(default_factory=Counter)
    gaps: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether it need not be read again: a row of today that waits for the close is good later."""
        return not self.is_known and not self.waits_for_close

    def report(self) -> FileReport:
        """What became of its rows."""
        return FileReport(
            place=self.place,
            read=self.read,
            interval=self.interval,
            stored=self.stored,
            unchanged=self.unchanged,
            quarantined=self.reasons.total(),
            known=self.is_known,
            replaced=self.is_replaced,
            reasons=dict(self.reasons.most_common()),
            gaps={name: len(sessions) for name, sessions in self.gaps.items()},
            actions=self.actions,
            silent=tuple(sorted(self.silent)),
            renamed=tuple(RenamedRows(*key, rows) for key, rows in sorted(self.renamed.items())),
        )

    def result(self) -> QualityResult:
        """The verdict on it."""
        return QualityResult(
            suite=SUITE,
            source=SOURCE,
            batch=self.place,
            evaluated=self.read,
            passed=self.stored + self.unchanged,
            expectations={str(reason): self.reasons[str(reason)] for reason in Reason},
            gaps=self.gaps,
        )


class _Work:
    """An import at work: tables are collected until a batch is full, or a symbol comes a second time."""

    def __init__(
        self,
        service: ImportBars,
        batches: "_Batches",
        wanted: Interval | None,
        progress: Callable[[FileReport], None],
    ) -> None:
        self._service, self._batches, self._wanted, self._progress = service, batches, wanted, progress
        self.tables: list[_Table] = []
        self.skipped: list[Skipped] = []
        self.months: defaultdict[Interval, set[datetime]] = defaultdict(set)
        self._names = SymbolsOverTime(service.names.all())
        self._done: dict[str, _Table] = {}
        self._archived: FileOnDisk | None = None
        self._waiting: list[tuple[_Table, pa.Table]] = []  # parts whose rows are not judged yet
        self._derived: list[CorporateAction] = []  # from them
        self._rows = 0  # in them
        self._owners: dict[str, _Table] = {}  # of the symbols in them
        self._complete: list[_Table] = []  # tables whose last part is among those waiting

    def take(self, files: Sequence[FileOnDisk]) -> None:
        """Import the tables of some files, the last of them perhaps with those that follow."""
        wanted = {id(source): self._as_wanted(source) for file in files for source in file.tables}
        prints = {key: batches.fingerprint(source) for key, (source, batches) in wanted.items()}
        imported = self._service.imports.find(*prints.values())
        before = self._service.imports.at(*(source.place for source, _ in wanted.values()))
        for file in files:
            self.skipped.extend(file.skipped)
            for source in file.tables:
                batches = wanted[id(source)][1]
                if source.interval not in {None, batches.interval}:
                    said = f"its rows or its name say {source.interval}, not {batches.interval}"
                    self.skipped.append(Skipped(source.place, said))
                    continue
                table = _Table(source.place, prints[id(source)], batches.interval)
                table.is_replaced = source.place in before and table.fingerprint not in imported
                if batches != self._batches:
                    self.flush()
                    self._batches = batches
                if any(table.fingerprint == other.fingerprint for other in self._complete):
                    self.flush()
                known = self._done.get(table.fingerprint) or imported.get(table.fingerprint)
                if known:
                    table.read = table.unchanged = known.read
                    table.is_known = True
                    self.tables.append(table)
                    self._progress(table.report())
                else:
                    self._read(file, source, table)

    def _as_wanted(self, source: BarFile) -> tuple[BarFile, "_Batches"]:
        interval = self._wanted or source.interval or Interval.DAY
        return source, replace(self._batches, interval=interval)

    def _read(self, file: FileOnDisk, source: BarFile, table: _Table) -> None:
        try:
            for part in source.parts():
                self._add(file, table, part)
        except UnreadableTableError as error:
            self.skipped.append(Skipped(source.place, error.reason))
        else:
            self.tables.append(table)
            self._complete.append(table)

    def _add(self, file: FileOnDisk, table: _Table, part: pa.Table) -> None:
        if self._archived is not file:
            self._service.archive(file)
            self._archived = file
        part = self._names(part, self._batches.calendar.venue, self._batches.interval, table.renamed)
        symbols = distinct_symbols(part["symbol"])
        if self._rows + len(part) > BATCH_ROWS or symbols & self._owners.keys():
            self.flush()
        if self._batches.has_actions:
            derived = derived_actions(part, self._batches.calendar.venue)
            self._derived += derived.actions
            table.silent |= derived.silent
        self._waiting.append((table, part.drop_columns([name for name in BESIDE if name in part.column_names])))
        self._rows += len(part)
        self._owners |= dict.fromkeys(symbols, table)

    def flush(self) -> None:
        """Judge and store what waits."""
        if self._waiting:
            self._judge()
        if self._complete:
            self._service.quality.record(*(table.result() for table in self._complete))
        for table in self._complete:
            if table.is_final:
                self._done[table.fingerprint] = table
            self._progress(table.report())
        self._waiting, self._derived, self._complete, self._owners, self._rows = [], [], [], {}, 0

    def _judge(self) -> None:
        tables = [table for table, _ in self._waiting]
        name = tables[0].place + (f" and {len(tables) - 1} more" if len(tables) > 1 else "")
        rows = pa.concat_tables([part for _, part in self._waiting], promote_options="default")
        judged, actions = self._service.judge(name, rows, sorted(self._owners), self._batches, self._derived)
        tables[0].actions += actions
        verdict, good = judged.verdict, judged.verdict.good
        self.months[self._batches.interval] |= _months(verdict)
        for table, part in self._waiting:
            table.read += len(part)
        # No symbol is in two tables, so the symbol of a good row says whose it is.
        names = good["symbol"].combine_chunks().dictionary_encode()
        codes = names.indices.to_numpy()
        new = np.bincount(codes[judged.changed], minlength=len(names.dictionary))
        for symbol, stored, count in zip(
            names.dictionary.to_pylist(), new.tolist(), np.bincount(codes).tolist(), strict=True
        ):
            self._owners[symbol].stored += stored
            self._owners[symbol].unchanged += count - stored
        for symbol, sessions in verdict.result.gaps.items():
            gaps = self._owners[symbol].gaps
            gaps[symbol] = (*gaps.get(symbol, ()), *sessions)  # a large table brings a symbol in several parts
        of_place = {table.place: table for table in tables}
        today = self._service.clock.now().date().isoformat()
        for row in verdict.quarantined:
            table = of_place[row.place.rpartition(":")[0]]
            table.reasons[row.reason] += 1
            table.waits_for_close |= row.reason == Reason.FUTURE and row.session <= today


def _next_files(files: Iterator[FileOnDisk]) -> list[FileOnDisk]:
    """The next FILES_AT_ONCE files, or fewer that together have BYTES_AT_ONCE."""
    some: list[FileOnDisk] = []
    for file in islice(files, FILES_AT_ONCE):
        some.append(file)
        if sum(one.size for one in some) >= BYTES_AT_ONCE:
            break
    return some


def _months(verdict: Verdict) -> set[datetime]:
    months = verdict.good["opened_at"].to_numpy().astype("datetime64[M]")
    return {moment_of(month) for month in np.unique(months)}
