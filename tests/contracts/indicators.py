"""What every repository of indicators does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import midnight
from algo_trading.repositories.bars import (
    INDICATOR_SCHEMA,
    INDICATORS,
    IndicatorRepository,
    UpsertCount,
)
from contracts.bars import BTC, DAY, IBM, JAN_2, JAN_3, MSFT, SORTED_SYMBOLS, daily


def indicator_rows(session: date, values: Sequence[tuple[Instrument, float | None]]) -> pa.Table:
    """A row for each instrument with this value in every column."""
    opened = datetime(session.year, session.month, session.day, tzinfo=UTC)
    rows = [
        {"symbol": i.symbol, "venue": i.venue, "interval": str(DAY), "opened_at": opened}
        | dict.fromkeys(INDICATORS, value)
        for i, value in values
    ]
    return pa.Table.from_pylist(rows, schema=INDICATOR_SCHEMA)


class IndicatorContract:
    """Subclasses give the fixture `indicators`, an empty repository."""

    def test_at_first_there_is_nothing(self, indicators: IndicatorRepository) -> None:
        assert indicators.count() == 0
        assert indicators.read(daily([IBM]), midnight(JAN_2)) == INDICATOR_SCHEMA.empty_table()
        assert indicators.upsert(INDICATOR_SCHEMA.empty_table()) == UpsertCount()

    def test_rows_of_a_session_come_sorted(self, indicators: IndicatorRepository) -> None:
        instruments = [BTC, *(Instrument(symbol) for symbol in SORTED_SYMBOLS)]
        table = indicator_rows(JAN_2, [(instrument, float(n)) for n, instrument in enumerate(instruments)])
        assert indicators.upsert(table.take(list(range(len(instruments)))[::-1])).inserted == len(instruments)
        indicators.upsert(indicator_rows(JAN_3, [(IBM, 1.0)]))
        assert indicators.read(daily(instruments), midnight(JAN_2)) == table
        assert indicators.read(daily([IBM]), midnight(JAN_2)).num_rows == 0
        assert indicators.count() == len(instruments) + 1

    def test_what_is_not_known_yet_is_null(self, indicators: IndicatorRepository) -> None:
        unknown = indicator_rows(JAN_2, [(IBM, None), (MSFT, None)])
        assert indicators.upsert(unknown) == UpsertCount(inserted=2)
        assert indicators.upsert(unknown) == UpsertCount(unchanged=2)
        assert indicators.read(daily([IBM, MSFT]), midnight(JAN_2)) == unknown
        known = indicator_rows(JAN_2, [(IBM, 1.0), (MSFT, None)])
        assert indicators.upsert(known) == UpsertCount(updated=1, unchanged=1)
        assert indicators.upsert(unknown) == UpsertCount(updated=1, unchanged=1)

    @pytest.mark.parametrize("column", INDICATORS)
    def test_each_column_counts(self, indicators: IndicatorRepository, column: str) -> None:
        table = indicator_rows(JAN_2, [(IBM, 1.0)])
        indicators.upsert(table)
        changed = table.set_column(table.schema.get_field_index(column), column, pa.array([2.0]))
        assert indicators.upsert(changed) == UpsertCount(updated=1)
        assert indicators.read(daily([IBM]), midnight(JAN_2)) == changed

    def test_a_symbol_of_two_venues_is_two_instruments(self, indicators: IndicatorRepository) -> None:
        london = replace(IBM, venue="XLON")
        indicators.upsert(indicator_rows(JAN_2, [(IBM, 1.0), (london, 2.0)]))
        assert indicators.read(daily([london]), midnight(JAN_2))["venue"].to_pylist() == ["XLON"]
