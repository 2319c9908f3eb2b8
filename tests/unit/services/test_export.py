"""Validated bars as Parquet files, one for each year."""

import io
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.repositories.bars import BAR_SCHEMA
from algo_trading.services.export import ExportBars
from contracts.bars import BTC, IBM, MSFT, bar_row, bar_rows
from fakes.bars import FakeBars
from fakes.locks import FakeLocks
from fakes.objects import FakeObjectStore

pytestmark = pytest.mark.unit

DAY = Interval.DAY
KEY = "bars/interval=1d/venue=XNYS/year=2013.parquet"


class WatchedBars(FakeBars):
    """Notes whether the work was held while it was read."""

    def __init__(self, locks: FakeLocks) -> None:
        super().__init__()
        self.locks, self.held = locks, True

    def read_venue(self, venue: str, interval: Interval, first: datetime, last: datetime) -> pa.Table:
        self.held &= bool(self.locks.held)
        return super().read_venue(venue, interval, first, last)


def summer(year: int) -> datetime:
    return datetime(year, 7, 1, tzinfo=UTC)


def an_export() -> ExportBars:
    locks = FakeLocks()
    return ExportBars(WatchedBars(locks), FakeObjectStore(), locks)


def test_a_file_holds_what_the_database_holds_of_the_year() -> None:
    export = an_export()
    rows = [bar_row(i, day) for i in (MSFT, IBM, Instrument("ibm"))
            for day in (date(2012, 12, 31), date(2013, 12, 31), date(2013, 1, 1))]  # fmt: skip
    export.bars.upsert(bar_rows(*rows, bar_row(BTC, date(2013, 6, 1))), "test")
    assert export("XNYS", DAY, [summer(2013)]) == [KEY]
    content = export.objects.get(KEY)
    table = pq.read_table(io.BytesIO(content))
    assert table.schema.equals(BAR_SCHEMA)
    keys = list(zip(table["symbol"].to_pylist(), table["opened_at"].to_pylist(), strict=True))
    assert keys == sorted(keys)
    assert len(keys) == 6
    assert pq.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0).compression == "ZSTD"


def test_files_are_replaced_and_years_without_bars_have_none() -> None:
    export = an_export()
    export.bars.upsert(bar_rows(bar_row(IBM, date(2013, 1, 2))), "test")
    export("XNYS", DAY, [summer(2013)])
    export.bars.upsert(bar_rows(bar_row(IBM, date(2013, 1, 3))), "test")
    assert export("XNYS", DAY, [summer(2014), summer(2013), summer(2013), summer(2012)]) == [KEY]
    assert pq.read_table(io.BytesIO(export.objects.get(KEY))).num_rows == 2
    assert list(export.objects.keys()) == [KEY]


def test_a_venue_with_a_slash_is_no_folder() -> None:
    export = an_export()
    export.bars.upsert(bar_rows(bar_row(BTC, date(2013, 6, 1))), "test")
    assert export("24/7", DAY, [summer(2013)]) == ["bars/interval=1d/venue=24%2F7/year=2013.parquet"]


def test_the_database_is_read_under_the_lock_of_the_file() -> None:
    export = an_export()
    assert isinstance(export.bars, WatchedBars)
    export("XNYS", DAY, [summer(2013), summer(2012)])
    assert export.bars.held
    assert export.bars.locks.taken == [KEY.replace("2013", "2012"), KEY]


def test_candles_lie_in_a_file_for_each_month() -> None:
    export = an_export()
    moments = [datetime(2012, 12, 31, 23, tzinfo=UTC), datetime(2013, 1, 1, tzinfo=UTC)]
    rows = [bar_row(BTC, moment.date(), interval="1h", opened_at=moment) for moment in moments]
    export.bars.upsert(bar_rows(*rows, bar_row(BTC, date(2013, 1, 1))), "test")
    keys = [f"bars/interval=1h/venue=24%2F7/{month}.parquet" for month in ("year=2012/month=12", "year=2013/month=01")]
    assert export("24/7", Interval.HOUR_1, [*moments, *moments]) == keys
    assert [pq.read_table(io.BytesIO(export.objects.get(key))).num_rows for key in keys] == [1, 1]
