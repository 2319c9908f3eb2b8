"""Bars that a source pushes go through the same gate and into the same transaction as those that are pulled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval
from algo_trading.gateways.market_data import RAW_SCHEMA
from algo_trading.quality.gate import BarGate
from algo_trading.repositories.batches import StreamOffset
from algo_trading.services.accept_bars import AcceptBars, BarBatch
from fakes.batches import FakeBatches
from fakes.clock import FakeClock

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COIN = Series(Instrument("MADEUSDT", "24/7"), Interval.MINUTE_1)


def candles(*minutes: int, close: str = "11", low: str = "9") -> pa.Table:
    """Candles of COIN that opened so many minutes after noon, as they came."""
    values = {"symbol": COIN.symbol, "open": "10", "high": "12", "low": low, "close": close, "volume": "5"}
    rows = [
        {**values, "session": (NOON + timedelta(minutes=minute)).isoformat(), "place": f"frame {minute}"}
        for minute in minutes
    ]
    return pa.Table.from_pylist(rows, schema=RAW_SCHEMA)


def pushed(rows: pa.Table, position: int = 1) -> BarBatch:
    return BarBatch("stream", "noon", COIN.venue, COIN.interval, [COIN], rows, offset=StreamOffset("ws", position))


@pytest.fixture
def batches() -> FakeBatches:
    return FakeBatches()


@pytest.fixture
def accept(batches: FakeBatches) -> AcceptBars:
    clock = FakeClock(NOON + timedelta(hours=1))
    return AcceptBars(BarGate(), batches.bars, batches.actions, batches, batches.quarantine, trading_calendar, clock)


def test_a_pushed_batch_is_stored_with_its_offset_and_a_verdict_without_gaps(
    accept: AcceptBars, batches: FakeBatches
) -> None:
    accepted = accept(pushed(candles(0, 1, 3), position=3))
    assert (accepted.stored, accepted.unchanged, len(accepted.verdict.quarantined)) == (3, 0, 0)
    assert batches.bars.count() == 3
    assert batches.offset("ws") == StreamOffset("ws", 3)
    (verdict,) = batches.quality.newest(5)
    assert (verdict.source, verdict.batch, verdict.gaps) == ("stream", "noon", {})


def test_what_is_there_is_not_written_again_and_what_differs_is(accept: AcceptBars, batches: FakeBatches) -> None:
    accept(pushed(candles(0, 1)))
    again = accept(pushed(pa.concat_tables([candles(0), candles(1, close="10.5"), candles(2)])))
    assert (again.stored, again.unchanged) == (2, 1)
    assert again.changed.tolist() == [False, True, True]
    assert batches.bars.count() == 3


def test_a_batch_without_a_good_row_moves_the_offset(accept: AcceptBars, batches: FakeBatches) -> None:
    accepted = accept(pushed(candles(0, low="13"), position=4))
    assert (accepted.stored, len(accepted.verdict.quarantined)) == (0, 1)
    assert batches.quarantine.count() == 1
    assert batches.offset("ws") == StreamOffset("ws", 4)


def test_gaps_are_named_where_bars_were_asked_for_and_in_files(accept: AcceptBars) -> None:
    batch = pushed(candles(1, 3))
    asked = replace(batch, asked={COIN: (NOON, NOON + timedelta(minutes=4))})
    accept(pushed(candles(-1)))
    missing = [f"2026-11-20T12:{minute:02}Z" for minute in (0, 2, 4)]
    assert accept(asked).verdict.result.gaps == {COIN.symbol: tuple(missing)}
    assert accept(replace(batch, asked=None)).verdict.result.gaps == {COIN.symbol: (missing[1],)}


def test_the_verdict_of_a_part_is_left_to_the_caller(accept: AcceptBars, batches: FakeBatches) -> None:
    assert accept(replace(pushed(candles(0)), record=False)).verdict.result.passed == 1
    assert batches.quality.newest(5) == []
