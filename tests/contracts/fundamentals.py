"""What every repository of fundamental figures does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.fundamentals import FundamentalsRepository

NOON, DAY, MINUTE = datetime(2013, 1, 3, 12, tzinfo=UTC), timedelta(days=1), timedelta(minutes=1)
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")


def figures_of(instrument: Instrument = IBM, seen_at: datetime = NOON, pe_ratio: float | None = 12.5) -> Fundamentals:
    """Figures seen on a day."""
    return Fundamentals(instrument, seen_at, pe_ratio, 2.2e11)


class FundamentalsContract:
    """Subclasses give the fixture `fundamentals`, an empty repository."""

    def test_at_first_there_is_nothing(self, fundamentals: FundamentalsRepository) -> None:
        assert fundamentals.add([], "test") == 0
        assert fundamentals.read([IBM], NOON) == []

    def test_what_is_stored_is_found(self, fundamentals: FundamentalsRepository) -> None:
        unknown = Fundamentals(MSFT, NOON + timedelta(microseconds=1), None, None)
        odd = Fundamentals(Instrument("^X", "XLON"), NOON, -1 / 3, 1e300)
        assert fundamentals.add([unknown, figures_of(), odd], "test") == 3
        until = NOON + DAY
        assert fundamentals.read([MSFT, IBM, odd.instrument], until) == [figures_of(), unknown, odd]

    def test_a_moment_keeps_what_is_stored(self, fundamentals: FundamentalsRepository) -> None:
        first, later = figures_of(), figures_of(seen_at=NOON + MINUTE, pe_ratio=99.0)
        assert fundamentals.add([first, first], "test") == 1
        assert fundamentals.add([later, replace(first, pe_ratio=1.0)], "other") == 1
        assert fundamentals.read([IBM], NOON + DAY) == [first, later]

    def test_a_moment_is_the_same_in_every_zone(self, fundamentals: FundamentalsRepository) -> None:
        new_york = timezone(timedelta(hours=-5))
        assert fundamentals.add([figures_of(), figures_of(seen_at=NOON.astimezone(new_york))], "test") == 1
        assert fundamentals.add([figures_of(seen_at=datetime(2013, 1, 3, 19, 30, tzinfo=new_york))], "test") == 1
        assert [figures.seen_at for figures in fundamentals.read([IBM], NOON + DAY)] == [
            NOON,
            datetime(2013, 1, 4, 0, 30, tzinfo=UTC),
        ]

    def test_who_was_looked_up_lately(self, fundamentals: FundamentalsRepository) -> None:
        fundamentals.add([figures_of(), figures_of(MSFT, NOON - MINUTE), figures_of(MSFT, NOON - DAY)], "test")
        assert fundamentals.seen_since([MSFT, IBM, Instrument("IBM", "XLON")], NOON) == {IBM}
        assert fundamentals.seen_since([MSFT, IBM], NOON - MINUTE) == {IBM, MSFT}
        assert fundamentals.seen_since([MSFT], NOON + MINUTE) == fundamentals.seen_since([], NOON) == set()

    def test_nothing_seen_later_is_read(self, fundamentals: FundamentalsRepository) -> None:
        early, late, other = figures_of(), figures_of(seen_at=NOON + DAY), figures_of(MSFT)
        fundamentals.add([late, other, early], "test")
        assert fundamentals.read([IBM], NOON) == [early]
        assert fundamentals.read([IBM], NOON - MINUTE) == []
        assert fundamentals.read([IBM], NOON + DAY) == [early, late]
        assert fundamentals.read([MSFT, IBM], NOON + DAY) == [early, late, other]

    def test_only_the_instruments_asked_for(self, fundamentals: FundamentalsRepository) -> None:
        abroad = Instrument("IBM", "XLON")
        fundamentals.add([figures_of(), figures_of(abroad)], "test")
        assert fundamentals.read([abroad], NOON) == [figures_of(abroad)]
        assert fundamentals.read([], NOON) == []
