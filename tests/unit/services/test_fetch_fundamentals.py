"""Figures are looked up once a day, archived as they came, and stored as of that moment."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import RateLimitedError, SourceError, UnknownSymbolError
from algo_trading.services.fundamentals import FetchFundamentals, FundamentalsReport
from fakes.clock import FakeClock
from fakes.fundamentals import FakeFundamentals
from fakes.fundamentals_source import FakeFundamentalsSource
from fakes.objects import FakeObjectStore

pytestmark = pytest.mark.unit

IBM, MSFT, GONE = Instrument("IBM"), Instrument("MSFT"), Instrument("GONE")


class Desk:
    def __init__(self, **answers: float | SourceError) -> None:
        self.source, self.clock = FakeFundamentalsSource(answers), FakeClock()
        self.stored, self.objects = FakeFundamentals(), FakeObjectStore()
        self.fetch = FetchFundamentals(self.source, self.stored, self.objects, self.clock)

    def known(self, *instruments: Instrument) -> list[Fundamentals]:
        return self.stored.read(instruments, self.clock.now())


def test_figures_are_stored_as_of_the_moment_they_came() -> None:
    desk = Desk(IBM=12.5, MSFT=30.0)
    assert desk.fetch([MSFT, IBM, IBM]) == FundamentalsReport(stored=2)
    now = desk.clock.now()
    assert desk.known(IBM, MSFT) == [Fundamentals(IBM, now, 12.5, None), Fundamentals(MSFT, now, 30.0, None)]


def test_payloads_are_archived_as_they_came() -> None:
    desk = Desk(IBM=12.5)
    desk.fetch([IBM])
    ((key, content),) = desk.objects.contents.items()
    assert key.startswith("raw/fake/fundamentals/2026/11/20/IBM-")
    assert key.endswith(".json")
    assert content == b'{"pe": 12.5}'


def test_a_day_is_asked_for_once() -> None:
    desk = Desk(IBM=12.5, MSFT=30.0)
    desk.fetch([IBM])
    assert desk.fetch([IBM, MSFT]) == FundamentalsReport(stored=1, known=1)
    assert desk.source.asked == ["IBM", "MSFT"]
    desk.clock.move(timedelta(hours=2))  # past midnight
    desk.source.answers["IBM"] = 13.0
    assert desk.fetch([IBM]) == FundamentalsReport(stored=1)
    assert [figures.pe_ratio for figures in desk.known(IBM)] == [12.5, 13.0]


def test_what_was_stored_long_ago_is_not_read() -> None:
    class Recent(FakeFundamentals):
        def read(self, instruments: Sequence[Instrument], until: datetime) -> list[Fundamentals]:
            raise AssertionError((instruments, until))

    desk = Desk(IBM=12.5)
    assert FetchFundamentals(desk.source, Recent(), desk.objects, desk.clock)([IBM]).stored == 1


def test_a_symbol_without_figures_is_named_and_no_ones_else_trouble() -> None:
    desk = Desk(IBM=12.5)
    assert desk.fetch([GONE, IBM]) == FundamentalsReport(stored=1, errors={"GONE": "no GONE here"})
    with pytest.raises(UnknownSymbolError, match="no GONE here"):
        desk.fetch([GONE])


def test_what_came_before_the_source_asked_to_slow_down_is_stored() -> None:
    desk = Desk(IBM=12.5, MSFT=RateLimitedError("later"))
    with pytest.raises(RateLimitedError, match="later"):
        desk.fetch([IBM, MSFT])
    assert [figures.instrument for figures in desk.known(IBM, MSFT)] == [IBM]


def test_a_payload_that_cannot_be_read_is_archived_all_the_same() -> None:
    class Broken(FakeFundamentalsSource):
        def parse(self, *_: object) -> Fundamentals:
            raise SourceError("it is not JSON")

    desk = Desk()
    source = Broken({"IBM": 1.0})
    with pytest.raises(SourceError, match="it is not JSON"):
        FetchFundamentals(source, desk.stored, desk.objects, desk.clock)([IBM])
    assert len(desk.objects.contents) == 1
    assert desk.known(IBM) == []


def test_nobody_asked_for_is_nothing() -> None:
    assert Desk().fetch([]) == FundamentalsReport()
