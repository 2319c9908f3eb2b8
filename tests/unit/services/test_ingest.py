"""Bars come in through the real gate: all of what is good, nothing of what is not, and nothing without a word."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.time import Interval, midnight
from algo_trading.errors import (
    NothingGoodError,
    RateLimitedError,
    SourceError,
    UnknownSymbolError,
)
from algo_trading.gateways.market_data import BarRequest, Fetched, RawPayload
from algo_trading.services.ingest import IngestReport
from fakes.market_data import FakeMarketData
from fakes.names import FakeNames
from support.ingest_desk import DAYS, IBM, MSFT, NEW, PERIODS, Desk, Row, daily, row, rows

pytestmark = pytest.mark.unit


@pytest.fixture
def desk() -> Desk:
    return Desk()


class GarbledMarketData(FakeMarketData):
    """Sends something else than usual for some symbols."""

    garbled: frozenset[str] = frozenset({"MSFT"})

    def fetch(self, requests: Sequence[BarRequest]) -> Sequence[Fetched]:
        return [
            Fetched(a.request, RawPayload(a.request, b"<html>", "text/html", ".html"))
            if a.request.instrument.symbol in self.garbled
            else a
            for a in super().fetch(requests)
        ]


class TestRequests:
    def test_sources_learn_the_former_names_of_what_they_are_asked_for(self, desk: Desk) -> None:
        had = FormerName(Instrument("CTR"), date(1924, 2, 14), IBM)
        freed = FormerName(MSFT, date(1990, 1, 2), Instrument("OTHER"))
        desk.names = FakeNames(had, freed, FormerName(Instrument("FB"), date(2012, 6, 9), Instrument("META")))
        desk.run(3)
        assert [one.names for one in desk.source.requests] == [(had,), (freed,)]
        desk.source.requests.clear()
        desk.history(DAYS[0], DAYS[3], IBM)
        assert [one.names for one in desk.source.requests] == [(had,)]

    def test_a_new_symbol_is_asked_for_its_whole_history_up_to_the_session(self, desk: Desk) -> None:
        report = desk.run(3)
        assert desk.asked() == [("IBM", None, DAYS[3]), ("MSFT", None, DAYS[3])]
        assert report == IngestReport(fetched=8, stored=8)
        assert desk.stored(IBM) == desk.stored(MSFT) == list(DAYS[:4])

    def test_then_only_for_what_is_missing(self, desk: Desk) -> None:
        desk.run(3)
        desk.asked()
        desk.rows["NEW"] = rows(DAYS[2:])
        desk.run(4, IBM, NEW)
        assert desk.asked() == [("IBM", DAYS[4], DAYS[4]), ("NEW", None, DAYS[4])]
        desk.run(7)
        assert desk.asked() == [("IBM", DAYS[5], DAYS[7]), ("MSFT", DAYS[4], DAYS[7])]
        assert desk.stored(MSFT) == list(DAYS[:8])

    def test_the_last_sessions_again_where_the_source_revises_them(self, desk: Desk) -> None:
        desk.source.refetch = 2
        desk.run(3)
        desk.asked()
        desk.rows["IBM"][3] = row(DAYS[3], 200.0)
        report = desk.run(4)
        assert desk.asked() == [("IBM", DAYS[2], DAYS[4]), ("MSFT", DAYS[2], DAYS[4])]
        assert report == IngestReport(fetched=6, stored=3, unchanged=3)
        assert desk.bars.read(daily(IBM), midnight(DAYS[3]), midnight(DAYS[3]))["close"].to_pylist() == [200.0]

    def test_running_again_changes_nothing(self, desk: Desk) -> None:
        desk.rows["IBM"][1] = row(DAYS[1], volume="-1")
        desk.run(3)
        before = dict(desk.objects.contents), desk.quarantine.newest(), desk.quality.newest(9)
        report = desk.run(3)
        assert (report.stored, report.quarantined) == (0, 0)
        assert dict(desk.objects.contents).items() >= before[0].items()
        assert (desk.quarantine.newest(), len(desk.quality.newest(9))) == (before[1], 1)

    def test_sessions_in_any_order_leave_no_hole(self, desk: Desk) -> None:
        for day in (5, 3, 9, 4, 7, 0):
            desk.run(day)
        assert desk.stored(IBM) == list(DAYS[:10])

    def test_nothing_after_the_session_is_asked_for(self, desk: Desk) -> None:
        desk.run(5)
        desk.asked()
        desk.run(2)
        assert all(last == DAYS[2] for _, _, last in desk.asked())


class TestErrors:
    def test_one_symbol_fails_alone(self, desk: Desk) -> None:
        report = desk.run(3, IBM, NEW)
        assert report == IngestReport(
            fetched=4, stored=4, errors={"NEW": "the fake source has no symbol NEW"}, gaps=report.gaps
        )
        assert desk.quality.newest(1)[0].errors == report.errors
        assert desk.stored(IBM) == list(DAYS[:4])

    def test_every_symbol_fails(self, desk: Desk) -> None:
        with pytest.raises(UnknownSymbolError, match="the fake source has no symbol NEW"):
            desk.run(3, NEW)
        assert (desk.bars.count(), desk.quarantine.count()) == (0, 0)

    def test_slowing_down_comes_before_other_errors(self, desk: Desk) -> None:
        """What is tried again later is worth more than what never works."""
        desk.source.failing["MSFT"] = RateLimitedError("slow down")
        with pytest.raises(RateLimitedError):
            desk.run(3, NEW, MSFT)

    def test_the_source_is_down(self, desk: Desk) -> None:
        desk.source.down = SourceError("no network")
        with pytest.raises(SourceError, match="no network"):
            desk.run(3)
        assert desk.bars.count() == 0

    def test_who_was_slowed_down_is_asked_first_the_next_time(self, desk: Desk) -> None:
        desk.source.failing["IBM"] = RateLimitedError("slow down")
        with pytest.raises(RateLimitedError):
            desk.run(3)
        assert desk.stored(MSFT) == list(DAYS[:4])
        desk.source.failing.clear()
        desk.asked()
        desk.run(3)
        assert [symbol for symbol, _, _ in desk.asked()] == ["IBM", "MSFT"]
        assert desk.stored(IBM) == list(DAYS[:4])

    def test_what_cannot_be_read_is_that_symbols_error_and_is_archived(self, desk: Desk) -> None:
        desk.source = GarbledMarketData(desk.source.rows)
        report = desk.run(3)
        assert list(report.errors) == ["MSFT"]
        assert report.errors["MSFT"].startswith("no payload of the fake source")
        assert desk.stored(MSFT) == []
        (key,) = [key for key in desk.objects.keys() if "MSFT" in key]  # noqa: SIM118 - a store is no mapping
        assert key.endswith(".html")
        assert desk.objects.get(key) == b"<html>"

    def test_nothing_can_be_read(self, desk: Desk) -> None:
        desk.source = GarbledMarketData(desk.source.rows)
        with pytest.raises(SourceError, match="no payload of the fake source"):
            desk.run(3, MSFT)
        assert len(list(desk.objects.keys("raw/"))) == 1


class TestArchive:
    def test_every_payload_is_kept_as_it_came(self, desk: Desk) -> None:
        desk.run(3)
        keys = list(desk.objects.keys("raw/fake/2013/01/07/"))
        assert [key.rpartition("/")[2].partition("-")[0] for key in keys] == ["IBM", "MSFT"]
        assert len(json.loads(desk.objects.get(keys[0]))["rows"]) == 4
        assert desk.objects.media_types[keys[0]] == "application/json"

    def test_another_answer_is_another_object(self, desk: Desk) -> None:
        desk.source.refetch = 4
        desk.run(3)
        desk.rows["IBM"][3] = row(DAYS[3], 200.0)
        desk.run(3)
        assert len([key for key in desk.objects.keys("raw/") if "/IBM-" in key]) == 2

    @pytest.mark.parametrize("symbol", ["BRK/B", "^GSPC", "GC=F", "株", "BTC-USD", "BRK.B", "A B", ".HIDDEN"])
    def test_any_symbol_has_a_key(self, desk: Desk, symbol: str) -> None:
        desk.rows[symbol] = rows()
        desk.run(0, Instrument(symbol))
        (key,) = desk.objects.keys()
        assert key.count("/") == 5

    @pytest.mark.parametrize("symbol", ["..", "A\\B", "=A1"])
    def test_so_has_one_that_the_gate_refuses(self, desk: Desk, symbol: str) -> None:
        desk.rows[symbol] = rows()
        with pytest.raises(NothingGoodError, match="unparseable"):
            desk.run(0, Instrument(symbol))
        (key,) = desk.objects.keys()
        assert key.count("/") == 5


class TestHistory:
    def test_a_range_of_every_symbol(self, desk: Desk) -> None:
        heard: list[int] = []
        report = desk.history(DAYS[2], DAYS[5], IBM, MSFT, progress=heard.append)
        assert report == IngestReport(fetched=8, stored=8)
        assert heard == [1, 2]
        assert desk.asked() == [("IBM", DAYS[2], DAYS[5]), ("MSFT", DAYS[2], DAYS[5])]
        assert desk.history(DAYS[2], DAYS[5], IBM, MSFT) == IngestReport(fetched=8, unchanged=8)

    def test_the_range_may_begin_and_end_between_sessions(self, desk: Desk) -> None:
        report = desk.history(date(2013, 1, 5), date(2013, 1, 13), IBM)
        assert report.stored == 5
        assert report.gaps == {}

    def test_a_symbol_that_fails_does_not_stop_the_others(self, desk: Desk) -> None:
        report = desk.history(DAYS[0], DAYS[5], NEW, IBM)
        assert report.errors == {"NEW": "the fake source has no symbol NEW"}
        assert report.stored == 6

    def test_the_only_symbol_fails(self, desk: Desk) -> None:
        with pytest.raises(UnknownSymbolError):
            desk.history(DAYS[0], DAYS[5], NEW)

    def test_all_symbols_fail(self, desk: Desk) -> None:
        with pytest.raises(NothingGoodError, match="the fake source has no symbol NEW") as caught:
            desk.history(DAYS[0], DAYS[5], NEW, Instrument("OTHER"))
        assert "for any of NEW, OTHER" in str(caught.value)

    def test_being_slowed_down_keeps_what_came(self, desk: Desk) -> None:
        desk.source.failing["MSFT"] = RateLimitedError("slow down")
        with pytest.raises(RateLimitedError):
            desk.history(DAYS[0], DAYS[5], IBM, MSFT, NEW)
        assert desk.stored(IBM) == list(DAYS[:6])


def test_reports_add_up() -> None:
    one = IngestReport(3, 1, 1, 1, {"a": 1}, {"X": "x"}, {"X": ("2013-01-02",)})
    other = IngestReport(2, 1, 0, 1, {"a": 1, "b": 2}, {"Y": "y"}, {"Y": ("2013-01-03",)})
    total = one + other
    assert total == IngestReport(
        5, 2, 1, 2, {"a": 2, "b": 2}, {"X": "x", "Y": "y"}, {"X": ("2013-01-02",), "Y": ("2013-01-03",)}
    )
    assert (one.reasons, IngestReport() + one) == ({"a": 1}, one)


def test_the_clock_of_the_desk_is_after_the_last_close() -> None:
    assert PERIODS[-1].closed_at + timedelta(hours=1) == Desk().clock.now()


class TestCandles:
    """The same service over candles of an hour."""

    COIN = Series(Instrument("INJUSDT", "DEMO"), Interval.HOUR_1)

    def candles(self, hours: range) -> list[Row]:
        return [(f"2013-01-16T{hour:02}:00Z", "10", "12", "9", "11", "0.5") for hour in hours]

    def test_two_candles_of_a_day_are_two_bars(self, desk: Desk) -> None:
        desk.source.rows = {"INJUSDT": self.candles(range(24))}
        calendar = trading_calendar("DEMO")
        tenth = calendar.parse(Interval.HOUR_1, "2013-01-16T09:00Z")
        assert desk.ingest(desk.source, tenth, [self.COIN]) == IngestReport(fetched=10, stored=10)
        after = calendar.next(Interval.HOUR_1, tenth.opened_at)
        assert desk.ingest(desk.source, after, [self.COIN]) == IngestReport(fetched=1, stored=1)
        assert [request.first for request in desk.source.requests] == [None, after.opened_at]
        table = desk.bars.read([self.COIN], tenth.opened_at, None)
        assert table["closed_at"].to_pylist() == [tenth.closed_at, after.closed_at]

    def test_a_candle_that_is_not_closed_is_held_back_and_a_missing_one_named(self, desk: Desk) -> None:
        desk.source.rows = {"INJUSDT": [*self.candles(range(3)), *self.candles(range(4, 8))]}
        desk.clock.time = datetime(2013, 1, 16, 7, 30, tzinfo=UTC)
        last = trading_calendar("DEMO").parse(Interval.HOUR_1, "2013-01-16T06:00Z")
        report = desk.ingest(desk.source, last, [self.COIN])
        assert report == IngestReport(fetched=6, stored=6, gaps={"INJUSDT": ("2013-01-16T03:00Z",)})
        desk.source.rows = {"INJUSDT": self.candles(range(7, 8))}
        running = trading_calendar("DEMO").parse(Interval.HOUR_1, "2013-01-16T07:00Z")
        with pytest.raises(NothingGoodError, match="1 x future date"):
            desk.ingest(desk.source, running, [self.COIN])
