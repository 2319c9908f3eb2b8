"""What every repository of bars does."""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from algo_trading.domain.bars import COLUMNS
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, midnight
from algo_trading.repositories.bars import (
    BAR_SCHEMA,
    CLOSE_SCHEMA,
    TURNOVER_SCHEMA,
    BarReader,
    BarRepository,
    Close,
    SeriesDigest,
    SeriesExtent,
    UpsertCount,
    digests_of,
    split_by_series,
)

DAY = Interval.DAY
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
BTC = Instrument("BTC-USD", "24/7")
COIN = Instrument("BTCUSDT", "BINANCE")
TRADED = {"quote_volume": 12_000.5, "trades": 7.0, "taker_volume": 0.25, "taker_quote_volume": 3.75}
JAN_2, JAN_3, JAN_4 = date(2013, 1, 2), date(2013, 1, 3), date(2013, 1, 4)

# Real ones, and what a hostile or careless file may call itself.
ODD_SYMBOLS = (
    "BRK/B", "BRK.B", "^GSPC", "GC=F", "BTC-USD", "'; DROP TABLE bars; --", '"', "$1", "%s", ":x", "\\", "NULL",
    "{a,b}", "a b", " a", "*", "Société", "株式", "🙂", "\t", "e\u0301", "\u00e9",
)  # fmt: skip
# In the order of their code points, which is not the order of any dictionary.
SORTED_SYMBOLS = ("A", "AB", "A_", "Aa", "B", "BRK B", "BRK.B", "Z", "^X", "_", "a", "aB", "ab", "é", "株", "🙂")


def at(day: date | None) -> datetime | None:
    """When the daily bar of a date opened."""
    return midnight(day) if day else None


def daily(instruments: Iterable[Instrument]) -> list[Series]:
    """The daily series of instruments."""
    return [Series(instrument) for instrument in instruments]


def bar_row(instrument: Instrument, day: date, close: float = 10.0, **changes: Any) -> dict[str, Any]:
    """One daily bar, as a row of BAR_SCHEMA."""
    opened = datetime(day.year, day.month, day.day, tzinfo=UTC)
    row = {
        "symbol": instrument.symbol,
        "venue": instrument.venue,
        "interval": str(DAY),
        "opened_at": opened,
        "closed_at": opened + timedelta(hours=21),
        "open": close - 0.5,
        "high": close + 1,
        "low": close - 1,
        "close": close,
        "volume": 1000.0,
    }
    return {**row, **changes}


def bar_rows(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=BAR_SCHEMA)


def turnover_rows(*rows: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=TURNOVER_SCHEMA)


def closes(table: pa.Table) -> list[float]:
    values: list[float] = table["close"].to_pylist()
    return values


def check_intervals(bars: BarRepository, reader: BarReader) -> None:
    """A reader of an empty repository names the intervals of an instrument from short to long, and no others."""
    abroad = Instrument(BTC.symbol, "XNYS")
    assert reader.intervals(BTC) == []
    lengths = (Interval.WEEK, Interval.MINUTE_5, Interval.MONTH, Interval.MINUTE_15, Interval.DAY)
    bars.upsert(bar_rows(*(bar_row(BTC, JAN_2, interval=str(one)) for one in lengths)), "test")
    bars.upsert(bar_rows(bar_row(BTC, JAN_3), bar_row(abroad, JAN_2, interval="1h")), "test")
    in_order = [Interval.MINUTE_5, Interval.MINUTE_15, Interval.DAY, Interval.WEEK, Interval.MONTH]
    assert reader.intervals(BTC) == in_order
    assert reader.intervals(abroad) == [Interval.HOUR_1]
    assert reader.intervals(IBM) == []
    bars.remove([Series(BTC, Interval.DAY), Series(abroad, Interval.HOUR_1)])
    assert reader.intervals(BTC) == [one for one in in_order if one is not Interval.DAY]
    assert reader.intervals(abroad) == []


class BarContract:
    """Subclasses give the fixture `bars`, an empty repository."""

    def test_at_first_there_is_nothing(self, bars: BarRepository) -> None:
        assert bars.count() == 0
        assert bars.read(daily([IBM]), None, None) == BAR_SCHEMA.empty_table()
        assert bars.read(daily([]), None, None) == BAR_SCHEMA.empty_table()
        assert bars.read_venue("XNYS", DAY, midnight(JAN_2), midnight(JAN_4)) == BAR_SCHEMA.empty_table()
        assert bars.newest_before(daily([IBM]), midnight(JAN_4)) == {}
        assert bars.newest_before(daily([]), midnight(JAN_4)) == {}
        assert bars.first_closes(daily([IBM])) == {}
        assert bars.first_closes(daily([])) == {}
        assert bars.series(DAY) == []
        assert bars.upsert(BAR_SCHEMA.empty_table(), "test") == UpsertCount()

    def test_what_is_stored_is_read(self, bars: BarRepository) -> None:
        table = bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_3), bar_row(MSFT, JAN_2))
        assert bars.upsert(table, "test") == UpsertCount(inserted=3)
        stored = bars.read(daily([MSFT, IBM]), None, None)
        assert stored == table
        assert stored.schema == BAR_SCHEMA
        assert bars.count() == 3

    def test_new_changed_and_unchanged_rows_are_counted_apart(self, bars: BarRepository) -> None:
        table = bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_3))
        bars.upsert(table, "test")
        assert bars.upsert(table, "test") == UpsertCount(unchanged=2)
        mixed = bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_3, 11.0), bar_row(IBM, JAN_4), bar_row(MSFT, JAN_4))
        assert bars.upsert(mixed, "test") == UpsertCount(inserted=2, updated=1, unchanged=1)
        assert bars.read(daily([IBM, MSFT]), None, None) == mixed
        assert bars.count() == 4

    def test_turnover_is_kept_beside_the_bars(self, bars: BarRepository) -> None:
        table = turnover_rows(bar_row(COIN, JAN_2, **TRADED), bar_row(COIN, JAN_3))
        assert bars.upsert(table, "test") == UpsertCount(inserted=2)
        assert bars.upsert(table, "test") == UpsertCount(unchanged=2)
        assert bars.read_turnover(daily([COIN]), None, None) == table
        assert bars.read(daily([COIN]), None, None) == table.select(BAR_SCHEMA.names)
        assert bars.read_turnover(daily([COIN]), midnight(JAN_3), None).num_rows == 1
        copied = bars.read_venue("BINANCE", DAY, midnight(JAN_2), midnight(JAN_4))
        assert copied.cast(TURNOVER_SCHEMA) == table
        assert digests_of(copied.schema)

    def test_turnover_that_a_source_does_not_say_stays(self, bars: BarRepository) -> None:
        table = turnover_rows(bar_row(COIN, JAN_2, **TRADED))
        bars.upsert(table, "test")
        assert bars.upsert(bar_rows(bar_row(COIN, JAN_2)), "files") == UpsertCount(unchanged=1)
        partly = turnover_rows(bar_row(COIN, JAN_2, trades=TRADED["trades"]))
        assert bars.upsert(partly, "files") == UpsertCount(unchanged=1)
        assert bars.read_turnover(daily([COIN]), None, None) == table
        assert bars.upsert(turnover_rows(bar_row(COIN, JAN_2, trades=8.0)), "test") == UpsertCount(updated=1)
        found = bars.read_turnover(daily([COIN]), None, None)
        assert found == turnover_rows(bar_row(COIN, JAN_2, **{**TRADED, "trades": 8.0}))
        bars.upsert(bar_rows(bar_row(COIN, JAN_2, 11.0)), "files")
        found = bars.read_turnover(daily([COIN]), None, None)
        assert found == turnover_rows(bar_row(COIN, JAN_2, 11.0, **{**TRADED, "trades": 8.0}))

    def test_a_copy_of_bars_without_turnover_has_no_columns_for_it(self, bars: BarRepository) -> None:
        bars.upsert(bar_rows(bar_row(COIN, JAN_2)), "test")
        assert bars.read_venue("BINANCE", DAY, midnight(JAN_2), midnight(JAN_4)).column_names == BAR_SCHEMA.names

    def test_series_are_removed_with_all_their_bars(self, bars: BarRepository) -> None:
        rows = [bar_row(IBM, JAN_2), bar_row(IBM, JAN_3), bar_row(IBM, JAN_2, interval="1h"), bar_row(MSFT, JAN_2)]
        bars.upsert(bar_rows(*rows), "test")
        assert bars.remove([*daily([IBM]), *daily([BTC])]) == 2
        assert bars.series() == [Series(IBM, Interval.HOUR_1), Series(MSFT)]
        assert bars.remove(daily([IBM])) == bars.remove([]) == 0

    def test_another_source_with_the_same_bar_changes_nothing(self, bars: BarRepository) -> None:
        bars.upsert(bar_rows(bar_row(IBM, JAN_2)), "one")
        assert bars.upsert(bar_rows(bar_row(IBM, JAN_2)), "other") == UpsertCount(unchanged=1)

    @pytest.mark.parametrize("column", COLUMNS)
    def test_the_smallest_change_of_any_value_counts(self, bars: BarRepository, column: str) -> None:
        row = bar_row(IBM, JAN_2)
        bars.upsert(bar_rows(row), "test")
        changed = bar_rows({**row, column: math.nextafter(row[column], math.inf)})
        assert bars.upsert(changed, "test") == UpsertCount(updated=1)
        assert bars.read(daily([IBM]), None, None) == changed

    def test_another_close_of_the_session_counts(self, bars: BarRepository) -> None:
        row = bar_row(IBM, JAN_2)
        bars.upsert(bar_rows(row), "test")
        half_day = bar_rows({**row, "closed_at": row["closed_at"] - timedelta(hours=3)})
        assert bars.upsert(half_day, "test") == UpsertCount(updated=1)
        assert bars.read(daily([IBM]), None, None) == half_day

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 5e-324, 1.7976931348623157e308, 0.1 + 0.2])
    def test_every_float_comes_back_to_the_last_bit(self, bars: BarRepository, value: float) -> None:
        table = bar_rows(bar_row(IBM, JAN_2, close=1.0, volume=value))
        bars.upsert(table, "test")
        assert bars.upsert(table, "test") == UpsertCount(unchanged=1)
        (stored,) = bars.read(daily([IBM]), None, None)["volume"].to_pylist()
        assert np.float64(stored).tobytes() == np.float64(value).tobytes()
        assert bars.upsert(bar_rows(bar_row(IBM, JAN_2, close=1.0)), "test") == UpsertCount(updated=1)

    def test_any_symbol_is_only_a_name(self, bars: BarRepository) -> None:
        instruments = [Instrument(symbol) for symbol in ODD_SYMBOLS]
        values = {instrument: float(number) for number, instrument in enumerate(instruments, start=1)}
        table = bar_rows(*(bar_row(instrument, JAN_2, close) for instrument, close in values.items()))
        assert bars.upsert(table, "'; DROP TABLE bars; --") == UpsertCount(inserted=len(instruments))
        assert bars.upsert(table, "$1") == UpsertCount(unchanged=len(instruments))
        for instrument, close in values.items():
            found = bars.read(daily([instrument]), None, None)
            assert (found["symbol"].to_pylist(), closes(found)) == ([instrument.symbol], [close])
        assert bars.newest_before(daily(instruments), midnight(JAN_3)) == dict.fromkeys(
            daily(instruments), midnight(JAN_2)
        )

    def test_a_symbol_of_nobody_is_left_out(self, bars: BarRepository) -> None:
        bars.upsert(bar_rows(bar_row(IBM, JAN_2)), "test")
        others = [Instrument("ibm"), Instrument("IBM", "XLON"), Instrument("XNYS", "IBM"), Instrument("")]
        assert bars.read(daily(others), None, None).num_rows == 0
        assert bars.newest_before(daily(others), midnight(JAN_4)) == {}
        assert closes(bars.read(daily([*others, IBM, IBM]), None, None)) == [10.0]

    def test_rows_come_by_venue_then_symbol_then_time(self, bars: BarRepository) -> None:
        keys = [(venue, symbol, day) for venue in ("24/7", "XNYS", "aXXX") for symbol in SORTED_SYMBOLS
                for day in (JAN_2, JAN_3)]  # fmt: skip
        shuffled = np.random.default_rng(1).permutation(len(keys))
        rows = [bar_row(Instrument(keys[i][1], keys[i][0]), keys[i][2]) for i in shuffled]
        bars.upsert(bar_rows(*rows), "test")
        table = bars.read(daily([Instrument(symbol, venue) for venue, symbol, _ in keys]), None, None)
        days = [opened.date() for opened in table["opened_at"].to_pylist()]
        assert list(zip(table["venue"].to_pylist(), table["symbol"].to_pylist(), days, strict=True)) == keys
        of_venue = bars.read_venue("XNYS", DAY, midnight(JAN_3), midnight(JAN_3))
        assert of_venue["symbol"].to_pylist() == list(SORTED_SYMBOLS)

    def test_a_symbol_of_two_venues_is_two_instruments(self, bars: BarRepository) -> None:
        london = Instrument("IBM", "XLON")
        bars.upsert(bar_rows(bar_row(IBM, JAN_2, 1.0), bar_row(london, JAN_2, 2.0)), "test")
        assert bars.upsert(bar_rows(bar_row(london, JAN_2, 3.0)), "test") == UpsertCount(updated=1)
        assert closes(bars.read(daily([IBM]), None, None)) == [1.0]
        assert closes(bars.read(daily([london]), None, None)) == [3.0]
        assert closes(bars.read_venue("XLON", DAY, midnight(JAN_2), midnight(JAN_2))) == [3.0]

    def test_a_venue_that_never_closes(self, bars: BarRepository) -> None:
        saturday, sunday, monday = date(2013, 1, 5), date(2013, 1, 6), date(2013, 1, 7)
        first_close = datetime(2013, 1, 6, tzinfo=UTC)
        rows = [bar_row(BTC, day, closed_at=first_close + timedelta(days=n))
                for n, day in enumerate((saturday, sunday, monday))]  # fmt: skip
        bars.upsert(bar_rows(*rows), "test")
        assert bars.read_venue("24/7", DAY, midnight(saturday), midnight(sunday)) == bar_rows(*rows[:2])
        assert bars.newest_before(daily([BTC]), midnight(monday)) == {Series(BTC): midnight(sunday)}
        assert bars.first_closes(daily([BTC, IBM])) == {Series(BTC): first_close}

    def test_bounds_are_sessions_and_both_count(self, bars: BarRepository) -> None:
        bars.upsert(bar_rows(*(bar_row(IBM, day, day.day) for day in (JAN_2, JAN_3, JAN_4))), "test")
        reads = {
            (None, None): [2, 3, 4],
            (JAN_3, None): [3, 4],
            (None, JAN_3): [2, 3],
            (JAN_3, JAN_3): [3],
            (JAN_4, JAN_2): [],
            (date.min, date.max): [2, 3, 4],
            (None, date(2013, 1, 1)): [],
        }
        assert {bounds: closes(bars.read(daily([IBM]), *map(at, bounds))) for bounds in reads} == reads

    def test_the_newest_before_a_session_is_not_of_that_session(self, bars: BarRepository) -> None:
        bars.upsert(bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_4), bar_row(MSFT, JAN_3)), "test")
        assert bars.newest_before(daily([IBM, MSFT]), midnight(JAN_2)) == {}
        assert bars.newest_before(daily([IBM, MSFT]), midnight(JAN_3)) == {Series(IBM): midnight(JAN_2)}
        assert bars.newest_before(daily([IBM, MSFT]), midnight(JAN_4)) == {
            Series(IBM): midnight(JAN_2),
            Series(MSFT): midnight(JAN_3),
        }
        assert bars.newest_before(daily([IBM, IBM, MSFT]), midnight(date.max)) == {
            Series(IBM): midnight(JAN_4),
            Series(MSFT): midnight(JAN_3),
        }

    def test_a_close_counts_from_the_moment_it_is_of(self, bars: BarRepository) -> None:
        bars.upsert(bar_rows(bar_row(IBM, JAN_2, 20.5), bar_row(IBM, JAN_3, 30.25), bar_row(MSFT, JAN_4, 7.0)), "test")
        closed = {day: bar_row(IBM, day)["closed_at"] for day in (JAN_2, JAN_3, JAN_4)}
        both = daily([IBM, IBM, MSFT])
        assert bars.last_closes(both, closed[JAN_2] - timedelta(microseconds=1)) == {}
        assert bars.last_closes(both, closed[JAN_2]) == {Series(IBM): Close(20.5, closed[JAN_2])}
        assert bars.last_closes(both, closed[JAN_3] - timedelta(minutes=1)) == {Series(IBM): Close(20.5, closed[JAN_2])}
        assert bars.last_closes(both, midnight(date.max)) == {
            Series(IBM): Close(30.25, closed[JAN_3]),
            Series(MSFT): Close(7.0, closed[JAN_4]),
        }
        assert bars.last_closes([], closed[JAN_4]) == {}
        assert bars.last_closes([Series(IBM, Interval("1h"))], closed[JAN_4]) == {}

    def test_the_instruments_are_those_with_bars(self, bars: BarRepository) -> None:
        abroad = Instrument("IBM", "XLON")
        bars.upsert(
            bar_rows(bar_row(abroad, JAN_2), bar_row(IBM, JAN_2), bar_row(IBM, JAN_4), bar_row(MSFT, JAN_3)), "t"
        )
        assert bars.series(DAY) == daily([abroad, IBM, MSFT])

    def test_two_candles_of_a_day_are_two_bars_and_intervals_are_apart(self, bars: BarRepository) -> None:
        hours = [datetime(2013, 1, 2, hour, tzinfo=UTC) for hour in (0, 1, 2)]
        hourly = bar_rows(
            *(
                bar_row(BTC, JAN_2, 1.0 + n, interval="1h", opened_at=hour, closed_at=hour + timedelta(hours=1))
                for n, hour in enumerate(hours)
            )
        )
        four = bar_rows(bar_row(BTC, JAN_2, 9.0, interval="4h", closed_at=hours[0] + timedelta(hours=4)))
        assert bars.upsert(pa.concat_tables([four, hourly]), "test") == UpsertCount(inserted=4)
        hour, hour4 = Series(BTC, Interval.HOUR_1), Series(BTC, Interval.HOUR_4)
        assert bars.read([hour], hours[1], None) == hourly.slice(1)
        assert bars.read([hour4, hour], None, None) == pa.concat_tables([hourly, four])
        assert bars.read_last([hour, hour4], hours[1], 1) == pa.concat_tables([hourly.slice(1, 1), four])
        assert bars.newest_before([hour, hour4], hours[2]) == {hour: hours[1], hour4: hours[0]}
        assert bars.series() == [hour, hour4]
        assert bars.series(Interval.HOUR_4) == [hour4]
        assert bars.extents() == [
            SeriesExtent(hour, hours[0], hours[2], 3),
            SeriesExtent(hour4, hours[0], hours[0], 1),
        ]
        assert list(split_by_series(bars.read([hour4, hour], None, None))) == [hour, hour4]

    def test_the_intervals_of_an_instrument(self, bars: BarRepository) -> None:
        check_intervals(bars, bars)

    def test_extents_grow_with_new_bars_and_with_no_others(self, bars: BarRepository) -> None:
        assert bars.extents() == []
        bars.upsert(bar_rows(bar_row(IBM, JAN_3)), "test")
        for count, rows in (
            (1, [bar_row(IBM, JAN_3)]),  # unchanged
            (1, [bar_row(IBM, JAN_3, close=11.0)]),  # revised
            (2, [bar_row(IBM, JAN_3, close=12.0), bar_row(IBM, JAN_4)]),
            (3, [bar_row(IBM, JAN_2), bar_row(IBM, JAN_4)]),
        ):
            bars.upsert(bar_rows(*rows), "test")
            (extent,) = bars.extents()
            assert extent.bars == bars.count() == count
        assert bars.extents() == [SeriesExtent(Series(IBM), midnight(JAN_2), midnight(JAN_4), 3)]

    def test_the_last_bars_of_each_series(self, bars: BarRepository) -> None:
        days = (JAN_2, JAN_3, JAN_4)
        bars.upsert(bar_rows(*(bar_row(IBM, day, day.day) for day in days), bar_row(MSFT, JAN_2, 7.0)), "test")
        both = daily([MSFT, IBM])
        assert closes(bars.read_last(both, midnight(JAN_4), 2)) == [3, 4, 7]
        assert closes(bars.read_last(both, midnight(JAN_3), 10)) == [2, 3, 7]
        for count in (1, 2, 10):
            of_all_columns = bars.read_last(both, midnight(JAN_3), count)
            assert bars.read_closes(both, midnight(JAN_3), count) == of_all_columns.select(CLOSE_SCHEMA.names)
        assert bars.read_closes([], midnight(JAN_3), 1) == CLOSE_SCHEMA.empty_table()
        assert closes(bars.read_last(both, midnight(date(2013, 1, 1)), 10)) == []
        assert closes(bars.read_last([], midnight(JAN_4), 10)) == []

    def test_digests_tell_the_bars_of_a_series(self, bars: BarRepository) -> None:
        first, last = midnight(JAN_2), midnight(JAN_3)
        series = [*daily([IBM, MSFT, BTC]), Series(IBM, Interval.HOUR_1)]

        def digests() -> Mapping[Series, SeriesDigest]:
            found = bars.digests(series, first, last)
            table = bars.read_venue("XNYS", DAY, first, last)
            of_venue = {one.symbol: digest for one, digest in found.items() if one in series[:2]}
            assert digests_of(table.schema) == of_venue
            assert digests_of(pa.ipc.read_schema(table.schema.serialize())) == of_venue
            return found

        assert digests() == {}
        hour = bar_row(IBM, JAN_2, interval="1h")
        bars.upsert(bar_rows(bar_row(IBM, JAN_2), bar_row(IBM, JAN_3), bar_row(MSFT, JAN_2), hour), "test")
        before = digests()
        assert {one: digest.bars for one, digest in before.items()} == {series[0]: 2, series[1]: 1, series[3]: 1}
        assert digests() == before
        bars.upsert(bar_rows(bar_row(IBM, JAN_4), bar_row(BTC, JAN_4)), "test")
        assert digests() == before  # out of the range
        for column in ("closed_at", *COLUMNS):
            row = bar_row(IBM, JAN_3)
            other = row[column] + (timedelta(hours=1) if column == "closed_at" else 1e-9)
            bars.upsert(bar_rows({**row, column: other}), "test")
            changed = digests()
            assert changed[series[0]].bars == 2
            assert changed[series[0]].hash != before[series[0]].hash
            assert changed[series[1]] == before[series[1]]
            bars.upsert(bar_rows(row), "test")
            assert digests() == before

    def test_history_goes_across_the_years(self, bars: BarRepository) -> None:
        days = [
            date(1962, 1, 2), date(1999, 12, 31), date(2000, 1, 1), date(2000, 1, 3), date(2000, 12, 31),
            date(2001, 1, 1), date(2040, 12, 31), date(2041, 1, 1), date(2041, 1, 2), date(2199, 1, 2),
        ]  # fmt: skip
        table = bar_rows(*(bar_row(IBM, day, float(number)) for number, day in enumerate(days, start=2)))
        assert bars.upsert(table, "test") == UpsertCount(inserted=len(days))
        assert bars.upsert(table, "test") == UpsertCount(unchanged=len(days))
        assert bars.read(daily([IBM]), None, None) == table
        assert bars.read(daily([IBM]), at(days[1]), at(days[2])) == table.slice(1, 2)
        assert bars.read_venue("XNYS", DAY, midnight(days[6]), midnight(days[8])) == table.slice(6, 3)
        assert [bars.newest_before(daily([IBM]), midnight(day))[Series(IBM)] for day in days[1:]] == [
            midnight(day) for day in days[:-1]
        ]
        assert bars.first_closes(daily([MSFT, IBM, IBM])) == {Series(IBM): table["closed_at"][0].as_py()}
        changed = bar_rows(*(bar_row(IBM, day, 99.0) for day in days[::3]))
        assert bars.upsert(changed, "test") == UpsertCount(updated=changed.num_rows)
        assert bars.count() == len(days)
