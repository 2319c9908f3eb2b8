"""Rows of files under names that instruments had before."""

from collections import Counter
from datetime import date

import pyarrow as pa
import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName, named_on
from algo_trading.domain.time import Interval
from algo_trading.services.import_names import SymbolsOverTime
from algo_trading.services.import_report import FileReport, RenamedRows, sum_of

pytestmark = pytest.mark.unit

FB, META, MVRS = (Instrument(symbol) for symbol in ("FB", "META", "MVRS"))
NAME = FormerName(FB, date(2022, 6, 9), META)
AGAIN = FormerName(FB, date(2024, 1, 2), MVRS)  # the company that took the free name, renamed too


def named(*rows: tuple[str | None, str | None], names: tuple[FormerName, ...] = (NAME,), venue: str = "XNYS") -> object:
    symbols, sessions = zip(*rows, strict=True)
    table = pa.table({"symbol": pa.array(symbols, pa.string()), "session": pa.array(sessions, pa.string())})
    found: Counter[tuple[FormerName, bool]] = Counter()
    after = SymbolsOverTime(names)(table, venue, Interval.DAY, found)
    return after["symbol"].to_pylist(), dict(found)


def test_the_old_name_means_the_instrument_until_the_new_one_counts() -> None:
    assert named((" fb", "2022-06-08"), ("FB", "2022-06-09"), ("IBM", "2022-06-08")) == (
        ["META", "FB", "IBM"],
        {(NAME, True): 1, (NAME, False): 1},
    )


def test_what_cannot_be_read_stays_as_it_came() -> None:
    assert named(("FB", "soon"), ("FB", None), (None, "2022-06-08")) == (["FB", "FB", None], {(NAME, False): 2})


def test_names_of_other_venues_mean_nothing() -> None:
    assert named(("FB", "2022-06-08"), venue="XLON") == (["FB"], {})
    assert named(("IBM", "2022-06-08")) == (["IBM"], {})


def test_a_name_that_was_freed_twice() -> None:
    rows = [("FB", "2022-06-08"), ("FB", "2023-06-08"), ("FB", "2024-06-10")]
    assert named(*rows, names=(AGAIN, NAME)) == (
        ["META", "MVRS", "FB"],
        {(NAME, True): 1, (AGAIN, True): 1, (AGAIN, False): 1},
    )
    days = [date(2022, 6, 8), date(2023, 6, 8), date(2024, 6, 10)]
    assert [named_on(FB, day, [AGAIN, NAME]) for day in days] == [META, MVRS, FB]
    assert named_on(META, days[0], [AGAIN, NAME]) == META


def test_the_report_adds_the_rows_of_all_files() -> None:
    files = [FileReport("a.csv", 3, renamed=(RenamedRows(NAME, before=True, rows=2),)) for _ in range(2)]
    report = sum_of(files, [], set(), None)
    assert report.renamed == (RenamedRows(NAME, before=True, rows=4),)
    assert str(report.renamed[0]) == "FB has been META since 2022-06-09: rows from before are stored as META (4)"
