"""A source, a gate and everything that bars are stored in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import cast

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight
from algo_trading.quality.gate import BarGate
from algo_trading.services.accept_bars import AcceptBars
from algo_trading.services.ingest import IngestBars, IngestReport
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.batches import FakeBatches
from fakes.clock import FakeClock
from fakes.market_data import FakeMarketData
from fakes.names import FakeNames
from fakes.objects import FakeObjectStore
from fakes.quality import FakeQuality, FakeQuarantine

IBM, MSFT, NEW = Instrument("IBM"), Instrument("MSFT"), Instrument("NEW")


CALENDAR = trading_calendar("XNYS")


PERIODS = CALENDAR.periods(Interval.DAY, midnight(date(2013, 1, 2)), midnight(date(2013, 1, 17)))


DAYS = tuple(period.date for period in PERIODS)


Row = tuple[str, ...]


def row(day: date, close: float = 100.0, **changes: str) -> Row:
    """A good row of a source, with changes by name of the value."""
    values = {"open": close - 1, "high": close + 2, "low": close - 2, "close": close, "volume": 1000}
    return (day.isoformat(), *({name: f"{value}" for name, value in values.items()} | changes).values())


def rows(days: Sequence[date] = DAYS, close: float = 100.0) -> list[Row]:
    return [row(day, close + number) for number, day in enumerate(days)]


def daily(*instruments: Instrument) -> list[Series]:
    return [Series(instrument) for instrument in instruments]


@dataclass
class Desk:
    """The service on repositories in memory, after the close of the last of DAYS."""

    source: FakeMarketData = field(default_factory=lambda: FakeMarketData({"IBM": rows(), "MSFT": rows(close=30.0)}))
    bars: FakeBars = field(default_factory=FakeBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    quality: FakeQuality = field(default_factory=FakeQuality)
    objects: FakeObjectStore = field(default_factory=FakeObjectStore)
    names: FakeNames = field(default_factory=FakeNames)
    clock: FakeClock = field(default_factory=lambda: FakeClock(datetime(2013, 1, 17, 22, tzinfo=UTC)))

    @property
    def rows(self) -> dict[str, list[Row]]:
        """What the source serves by symbol, to be changed."""
        return cast("dict[str, list[Row]]", self.source.rows)

    @property
    def accept(self) -> AcceptBars:
        batches = FakeBatches(bars=self.bars, actions=self.actions, quarantine=self.quarantine, quality=self.quality)
        return AcceptBars(BarGate(), self.bars, self.actions, batches, self.quarantine, trading_calendar, self.clock)

    @property
    def ingest(self) -> IngestBars:
        return IngestBars(self.accept, self.bars, self.objects, self.names, trading_calendar, self.clock)

    def run(self, day: int, *instruments: Instrument, wait: timedelta = timedelta(0)) -> IngestReport:
        return self.ingest(self.source, PERIODS[day], daily(*(instruments or (IBM, MSFT))), wait)

    def history(
        self, first: date, last: date, *instruments: Instrument, progress: Callable[[int], None] = lambda _: None
    ) -> IngestReport:
        return self.ingest.history(self.source, midnight(first), midnight(last), daily(*instruments), progress)

    def stored(self, instrument: Instrument) -> list[date]:
        table = self.bars.read(daily(instrument), None, None)
        return [opened.date() for opened in table["opened_at"].to_pylist()]

    def asked(self) -> list[tuple[str, date | None, date]]:
        """What the source was asked for since the last call."""
        requests = self.source.requests
        asked = [(request.series.symbol, request.first_date, request.last_date) for request in requests]
        self.source.requests.clear()
        return asked
