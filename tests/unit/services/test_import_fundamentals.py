"""Figures of the past come from a file as of when they were known; a wrong row names its line and stores nothing."""

import re
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.features import PE_RATIO
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.repositories.bars import bars_table
from algo_trading.services.features import JoinFeatures
from algo_trading.services.import_fundamentals import ImportedFundamentals, ImportFundamentals
from fakes.bars import FakeBars
from fakes.clock import FakeClock
from fakes.fundamentals import FakeFundamentals
from fakes.posts import FakeMentions, FakePosts
from fakes.scores import FakeThresholds
from support.bar_series import bars_of

pytestmark = pytest.mark.unit

IBM, AAPL = Instrument("IBM"), Instrument("AAPL")
HEADER = "symbol,seen,pe_ratio,market_cap"
GOOD = "IBM,2012-01-25T16:30:00-05:00,12.9,2.2e11"


class Desk:
    def __init__(self) -> None:
        self.stored, self.clock = FakeFundamentals(), FakeClock()
        self.bars = FakeBars()
        self._call = ImportFundamentals(self.stored, self.bars, self.clock)

    def bring(self, *lines: str, calendar: str = "XNYS") -> ImportedFundamentals:
        watched = [IBM, AAPL, Instrument("IBM", "XLON")]
        return self._call([f"{line}\n" for line in lines], "pe.csv", calendar, watched)

    def known(self, *instruments: Instrument) -> list[Fundamentals]:
        return self.stored.read(instruments or (IBM, AAPL), self.clock.now())


def test_figures_are_stored_as_of_when_they_were_known() -> None:
    desk = Desk()
    report = desk.bring(HEADER, GOOD, "", "AAPL , 2012-04-25T00:00Z,,", "AAPL,2012-07-25T00:00+00:00,-3,")
    assert report == ImportedFundamentals(read=3, stored=3, known=0)
    assert desk.known() == [
        Fundamentals(AAPL, datetime(2012, 4, 25, tzinfo=UTC), None, None),
        Fundamentals(AAPL, datetime(2012, 7, 25, tzinfo=UTC), -3.0, None),
        Fundamentals(IBM, datetime(2012, 1, 25, 21, 30, tzinfo=UTC), 12.9, 2.2e11),
    ]


def test_again_changes_nothing() -> None:
    desk = Desk()
    desk.bring(HEADER, GOOD)
    later = "IBM,2012-02-25T16:30:00-05:00,11,"
    assert desk.bring(HEADER, GOOD, later) == ImportedFundamentals(read=2, stored=1, known=1)


def test_a_correction_is_a_later_row_and_counts_from_then_on() -> None:
    desk = Desk()
    desk.bring(HEADER, "IBM,2012-01-25T16:30:00-05:00,129,2.2e11")
    assert desk.bring(HEADER, "IBM,2012-01-25T16:30:01-05:00,12.9,2.2e11") == ImportedFundamentals(1, 1, 0)
    moment = datetime(2012, 1, 25, 21, 30, tzinfo=UTC)
    assert desk.known() == [
        Fundamentals(IBM, moment, 129.0, 2.2e11),
        Fundamentals(IBM, moment.replace(second=1), 12.9, 2.2e11),
    ]
    bars = bars_of([10.0, 11.0], "IBM", np.datetime64("2012-01-25", "us"))  # closes at 21:00 UTC
    seen = JoinFeatures(FakeMentions(FakePosts()), desk.stored, FakeThresholds())(bars, [PE_RATIO])
    np.testing.assert_array_equal(seen.features[PE_RATIO], [np.nan, 12.9])


@pytest.mark.parametrize("other", ["IBM,2012-01-25T21:30:00Z,13,2.2e11", "IBM,2012-01-25T21:30:00Z,12.9,"])
def test_a_row_that_contradicts_what_is_stored_is_refused(other: str) -> None:
    desk = Desk()
    desk.bring(HEADER, GOOD)
    before = desk.known()
    told = (
        "pe.csv, line 3: IBM has other figures of that moment (pe_ratio 12.9, market_cap 220000000000), which "
        "stay; a correction needs a later time, from which it counts; nothing was stored"
    )
    with pytest.raises(ConfigError, match=f"^{re.escape(told)}$"):
        desk.bring(HEADER, "AAPL,2012-01-25T21:30:00Z,1,", other)
    assert desk.known() == before
    with pytest.raises(ConfigError, match="line 3: IBM has other figures"):
        Desk().bring(HEADER, GOOD, other)


def test_a_row_that_is_there_twice_is_stored_once() -> None:
    assert Desk().bring(HEADER, GOOD, GOOD) == ImportedFundamentals(read=2, stored=1, known=1)


def test_symbols_that_nobody_watches_and_that_have_no_bars_are_told() -> None:
    desk = Desk()
    desk.bars.upsert(bars_table([bars_of([10.0, 11.0], "KO")]), "test")
    rows = [f"{symbol},2012-01-25T16:30:00Z,12,1e9" for symbol in ("ZZZZZ", "KO", "orcl", "ibm", "ORCL")]
    assert desk.bring(HEADER, *rows) == ImportedFundamentals(5, 4, 1, unwatched=("ORCL", "ZZZZZ"))
    assert len(desk.known(IBM, Instrument("ZZZZZ"), Instrument("ORCL"), Instrument("KO"))) == 4
    assert desk.bring(HEADER, rows[1], calendar="XLON").unwatched == ("KO",)


def test_columns_stand_in_any_order_and_one_figure_is_enough() -> None:
    desk = Desk()
    desk.bring("PE_Ratio,Seen,Symbol", "12,2012-01-25T16:30:00Z,IBM", calendar="XLON")
    abroad = Instrument("IBM", "XLON")
    assert desk.known(abroad) == [Fundamentals(abroad, datetime(2012, 1, 25, 16, 30, tzinfo=UTC), 12.0, None)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("IBM,2012-01-25,12.9,", "seen is a moment in ISO 8601 with its zone, like 2012-01-25T16:30:00-05:00, not"),
        ("IBM,2012-01-25T16:30:00,12.9,", "with its zone"),
        ("IBM,0001-01-01T00:00:00+05:00,12.9,", "with its zone"),
        ("IBM,,12.9,", "with its zone"),
        ("IBM,2026-11-20T22:00:01Z,12.9,", "seen is 2026-11-20T22:00:01Z, which is yet to come"),
        (",2012-01-25T16:30:00Z,12.9,", "the symbol is missing"),
        ("I\x00M,2012-01-25T16:30:00Z,12.9,", "cannot be printed"),
        ("IBM,2012-01-25T16:30:00Z,n/a,", "pe_ratio is a number, or empty where it is unknown, not 'n/a'"),
        ("IBM,2012-01-25T16:30:00Z,nan,", "pe_ratio is a number"),
        ("IBM,2012-01-25T16:30:00Z,,1e999", "market_cap is a number"),
        ("IBM,2012-01-25T16:30:00Z,,1_000", "market_cap is a number"),
        ("IBM,2012-01-25T16:30:00Z,,-1", "market_cap is -1, below 0"),
        ("IBM,2012-01-25T16:30:00Z,12.9", "it has 3 cells, and the header has 4"),
        ('IBM,2012-01-25T16:30:00Z,12.9,"', "this is not CSV"),
    ],
)
def test_a_wrong_row_names_its_line_and_stores_nothing(row: str, told: str) -> None:
    desk = Desk()
    with pytest.raises(ConfigError) as caught:
        desk.bring(HEADER, GOOD, row)
    assert str(caught.value).startswith("pe.csv, line 3: ")
    assert told in str(caught.value)
    assert desk.known() == []


@pytest.mark.parametrize("header", ["symbol,seen", "symbol,pe_ratio", f"{HEADER},eps", "symbol,seen,pe_ratio,pe_ratio"])
def test_other_columns_are_refused(header: str) -> None:
    with pytest.raises(ConfigError, match=r"pe.csv, line 1: the header names symbol.* columns are symbol, seen, pe_"):
        Desk().bring(header, GOOD)


@pytest.mark.parametrize("lines", [(), ("",), (HEADER,)])
def test_a_file_without_rows_is_a_mistake(lines: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=r"pe\.csv has no rows"):
        Desk().bring(*lines)


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(AlgoTradingError, match="NOWHERE"):
        Desk().bring(HEADER, GOOD, calendar="NOWHERE")


@given(st.lists(st.text(alphabet='IBM,2012-5T:Z"\x00é\n e', max_size=30), max_size=5))
def test_any_text_is_read_or_refused_with_one_sentence(rows: list[str]) -> None:
    desk, told = Desk(), ""
    try:
        desk.bring(HEADER, GOOD, *rows)
    except ConfigError as error:
        told = str(error)
    assert told.startswith("pe.csv, line ") if told else desk.known(IBM)
    assert not told or not desk.known()
