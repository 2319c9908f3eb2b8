"""Files of bars, and everything that outlives a process that imports them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight
from algo_trading.quality.gate import BarGate
from algo_trading.quality.verdict import Batch, FaultPages, Gate, NoPages, Verdict
from algo_trading.services.accept_bars import AcceptBars
from algo_trading.services.export import ExportBars
from algo_trading.services.import_bars import ImportBars
from algo_trading.services.import_report import FileReport, ImportReport
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.batches import FakeBatches
from fakes.clock import FakeClock
from fakes.names import FakeNames
from fakes.objects import FakeObjectStore
from fakes.quality import FakeImports, FakeQuality, FakeQuarantine
from support.raw_bars import NOW

HEADER = "symbol,date,open,high,low,close,volume\n"


class Killed(BaseException):
    """The process ends here."""


class Kill:
    """Ends the process before the n-th write."""

    def __init__(self, write: int) -> None:
        self.left = write

    def tick(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class Mortal:
    """A repository whose writes may be the last."""

    def __init__(self, inner: Any, kill: Kill) -> None:
        self._inner, self._kill = inner, kill

    def __getattr__(self, name: str) -> Any:
        if name in {"add", "put", "put_file", "put_new", "record", "store_bars", "upsert"}:
            self._kill.tick()
        return getattr(self._inner, name)


class RememberingGate(BarGate):
    """Judges the same batch once, for worlds in which the same is imported again and again."""

    def __init__(self) -> None:
        super().__init__()
        self._judged: list[tuple[Batch, Verdict]] = []

    def judge(self, batch: Batch) -> Verdict:
        for known, verdict in self._judged:
            if known == batch:
                return verdict
        self._judged.append((batch, super().judge(batch)))
        return self._judged[-1][1]


class Alone:
    """Nobody else is at work."""

    @contextmanager
    def exclusively(self, work: str) -> Iterator[None]:  # noqa: ARG002 - there is no other work
        yield


class World:
    """Everything that outlives a process."""

    def __init__(self, gate: Gate | None = None, pages: FaultPages = NoPages()) -> None:  # noqa: B008 - has no state
        self.gate = gate or BarGate(pages)
        self.pages = pages
        self.bars = FakeBars()
        self.actions = FakeCorporateActions()
        self.quarantine = FakeQuarantine()
        self.quality = FakeQuality()
        self.batches = FakeBatches(
            bars=self.bars, actions=self.actions, quarantine=self.quarantine, quality=self.quality
        )
        self.imports = FakeImports()
        self.names = FakeNames()
        self.objects = FakeObjectStore()
        self.clock = FakeClock(NOW)

    def run(
        self,
        *paths: Path,
        symbol: str | None = None,
        venue: str = "XNYS",
        interval: Interval = Interval.DAY,
        kill: Kill | None = None,
        heard: list[FileReport] | None = None,
    ) -> ImportReport:
        """One process that imports `paths`."""
        kill = kill or Kill(10**9)
        bars: Any = Mortal(self.bars, kill)
        objects: Any = Mortal(self.objects, kill)
        service = ImportBars(
            read_bar_files=read_bar_files,
            accept=AcceptBars(
                self.gate,
                self.bars,
                self.actions,
                Mortal(self.batches, kill),
                self.quarantine,
                trading_calendar,
                self.clock,
            ),
            pages=self.pages,
            quality=Mortal(self.quality, kill),
            imports=Mortal(self.imports, kill),
            names=self.names,
            objects=objects,
            export=ExportBars(bars, objects, Alone()),
            calendars=trading_calendar,
            clock=self.clock,
        )
        report = service(paths, symbol, venue, interval, heard.append if heard is not None else lambda _report: None)
        check(report)
        return report

    def _of(self, venue: str) -> list[dict[str, Any]]:
        tables = [self.bars.read_venue(venue, one, midnight(date.min), midnight(date.max)) for one in Interval]
        return [row for table in tables for row in table.to_pylist()]

    def state(self) -> dict[str, Any]:
        """What is stored, the pages for people aside."""
        return {
            "bars": [row for venue in ("XNYS", "DEMO") for row in self._of(venue)],
            "quarantine": sorted(map(str, self.quarantine.newest())),
            "quality": sorted(map(str, self.quality.newest(1000))),
            "imports": sorted(self.imports._files),
            "objects": {key: value for key, value in self.objects.contents.items() if "quality/docs" not in key},
        }

    def closes(self, symbol: str) -> list[float]:
        found: list[float] = self.bars.read([Series(Instrument(symbol))], None, None)["close"].to_pylist()
        return found


def check(report: ImportReport) -> None:
    """Read = stored + unchanged + quarantined, of each file and of all."""
    parts: list[ImportReport | FileReport] = [report, *report.files]
    for part in parts:
        assert part.read == part.stored + part.unchanged + part.quarantined
        assert sum(part.reasons.values()) == part.quarantined
    for name in ("read", "stored", "unchanged", "quarantined"):
        assert getattr(report, name) == sum(getattr(file, name) for file in report.files)


def write(path: Path, lines: Sequence[str]) -> Path:
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def line(session: str, close: float = 11, symbol: str = "IBM") -> str:
    return f"{symbol},{session},{close},{close},{close},{close},100"
