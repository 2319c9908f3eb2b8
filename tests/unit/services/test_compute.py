"""Indicators of a session: one row for each instrument, from what that session could see."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pyarrow as pa
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, Period, midnight
from algo_trading.indicators import ema, macd, rsi, sma
from algo_trading.indicators.panel import MEMORY
from algo_trading.repositories.bars import BAR_SCHEMA, INDICATOR_SCHEMA, INDICATORS, UpsertCount, bars_table
from algo_trading.services import compute
from algo_trading.services.compute import ComputeIndicators, indicator_table, with_adjusted_close
from fakes.bars import FakeBars, FakeCorporateActions, FakeIndicators
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.unit

AAA, BBB, CCC = (Instrument(symbol) for symbol in ("AAA", "BBB", "CCC"))
DAY_1 = date(2000, 1, 3)
SPLIT = CorporateAction(AAA, DAY_1 + timedelta(200), ActionKind.SPLIT, 4.0)
DIVIDEND = CorporateAction(AAA, DAY_1 + timedelta(220), ActionKind.DIVIDEND, 1.5)


def day(index: int) -> date:
    """Session of the bar at `index` of a series of `bars_of`."""
    return DAY_1 + timedelta(index)


def period(index: int) -> Period:
    """The period of that bar."""
    return Period(Interval.DAY, midnight(day(index)), midnight(day(index)), midnight(day(index)) + timedelta(hours=21))


def daily(*instruments: Instrument) -> list[Series]:
    return [Series(instrument) for instrument in instruments]


def a_service(*series: Bars, actions: tuple[CorporateAction, ...] = ()) -> ComputeIndicators:
    bars, known, indicators = FakeBars(), FakeCorporateActions(), FakeIndicators()
    bars.upsert(bars_table(series), "test")
    known.upsert(actions, "test")
    return ComputeIndicators(bars, known, indicators)


def published(service: ComputeIndicators, instrument: Instrument, session: date) -> dict[str, float | None]:
    """The stored indicators of one instrument and session."""
    (row,) = service.indicators.read([Series(instrument)], midnight(session)).select(INDICATORS).to_pylist()
    found: dict[str, float | None] = row
    return found


def expected(bars: Bars) -> dict[str, float | None]:
    """The last value of every indicator of `bars`; None for NaN."""
    close = bars.close
    columns = {f"sma_{window}": sma(close, window) for window in (7, 21, 50, 100, 200)}
    columns |= {"ema_12": ema(close, 12), "ema_26": ema(close, 26), "rsi_14": rsi(close, 14)}
    columns["macd"], columns["macd_signal"] = macd(close)
    return {name: None if np.isnan(column[-1]) else float(column[-1]) for name, column in columns.items()}


def test_one_row_for_each_instrument_with_a_bar_of_the_session() -> None:
    long, short, ended = bars_of(random_walk(250), "AAA"), bars_of(random_walk(30, 1), "BBB"), random_walk(200, 2)
    service = a_service(long, short, bars_of(ended, "CCC"))
    report = service(period(29), daily(CCC, AAA, BBB, AAA))
    assert (report.published, report.counts, report.missing) == (3, UpsertCount(inserted=3), ())
    assert published(service, BBB, day(29)) == expected(short)
    assert published(service, AAA, day(29)) == expected(long[:30])
    report = service(period(249), daily(AAA, BBB, CCC, Instrument("NONE")))
    assert (report.published, report.missing) == (1, tuple(daily(BBB, CCC, Instrument("NONE"))))
    assert published(service, AAA, day(249)) == expected(long)
    assert service.indicators.count() == 4


def test_what_is_not_known_yet_is_null() -> None:
    service = a_service(bars_of(random_walk(20), "AAA"))
    service(period(19), daily(AAA))
    row = published(service, AAA, day(19))
    assert {name for name, value in row.items() if value is None} == {
        *("sma_21", "sma_50", "sma_100", "sma_200"),
        *("ema_26", "macd", "macd_signal"),
    }


def test_running_again_changes_nothing() -> None:
    service = a_service(bars_of(random_walk(60), "AAA"), bars_of(random_walk(60, 1), "BBB"))
    service(period(59), daily(AAA, BBB))
    assert service(period(59), daily(AAA, BBB)).counts == UpsertCount(unchanged=2)


def test_closes_are_adjusted_as_of_the_session_and_no_later() -> None:
    walk = random_walk(250)
    walk[200:] /= 4
    bars = bars_of(walk, "AAA")
    knowing = a_service(bars, bars_of(random_walk(250, 1), "BBB"), actions=(SPLIT, DIVIDEND))
    for index in (199, 200, 219, 220, 249):
        knowing(period(index), daily(AAA, BBB))
        seen = bars[: index + 1]
        due = [action for action in (SPLIT, DIVIDEND) if action.ex_date <= day(index)]
        assert published(knowing, AAA, day(index)) == expected(adjusted(seen, due))
    # What session 199 published with the split loaded is what it published when it was the newest one.
    newest = a_service(bars[:200])
    newest(period(199), daily(AAA))
    assert published(newest, AAA, day(199)) == published(knowing, AAA, day(199))
    assert published(knowing, BBB, day(249)) == expected(bars_of(random_walk(250, 1)))


def test_instruments_beyond_one_batch_are_published_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "BATCH", 2)
    symbols = [f"S{number}" for number in range(5)]
    service = a_service(*(bars_of(random_walk(30, seed), symbol) for seed, symbol in enumerate(symbols)))
    report = service(period(29), daily(*map(Instrument, symbols)))
    assert (report.published, report.counts.inserted, report.missing) == (5, 5, ())


def test_no_more_is_read_than_the_indicators_remember() -> None:
    closes = random_walk(3 * MEMORY, 5)
    service = a_service(bars_of(closes, "AAA"), actions=(SPLIT,))
    counts: list[int] = []
    read_closes = service.bars.read_closes

    def counted(series: Sequence[Series], last: datetime, count: int) -> pa.Table:
        table = read_closes(series, last, count)
        counts.append(table.num_rows)
        return table

    service.bars.read_closes = counted  # type: ignore[method-assign]
    service(period(len(closes) - 1), daily(AAA))
    assert counts == [MEMORY]
    found = published(service, AAA, day(len(closes) - 1))
    for name, value in expected(bars_of(closes, "AAA")).items():
        assert value is not None
        assert found[name] == pytest.approx(value, rel=1e-12, abs=1e-10), name


def test_no_instruments_is_no_work() -> None:
    report = a_service()(period(0), [])
    assert (report.published, report.counts, report.missing) == (0, UpsertCount(), ())


def test_indicator_table_keeps_keys_and_order_and_has_nulls() -> None:
    table = bars_table([bars_of(random_walk(250), "AAA"), bars_of(random_walk(5, 1), "BBB")])
    found = indicator_table(table, threads=2)
    found.validate(full=True)
    assert found.schema == INDICATOR_SCHEMA
    keys = INDICATOR_SCHEMA.names[:4]
    assert found.select(keys).equals(table.select(keys))
    assert found["sma_200"].null_count == 199 + 5
    assert found.slice(250).select(INDICATORS).equals(indicator_table(table.slice(250)).select(INDICATORS))
    assert found["opened_at"][0].as_py() == datetime.combine(DAY_1, time(), UTC)
    assert indicator_table(BAR_SCHEMA.empty_table()).equals(INDICATOR_SCHEMA.empty_table())


def test_bars_out_of_order_are_no_table_of_indicators() -> None:
    table = bars_table([bars_of([1.0, 2.0, 3.0])]).take([0, 2, 1])
    with pytest.raises(ValueError, match="not in ascending order of time"):
        indicator_table(table)


def test_only_the_closes_change_by_adjusting() -> None:
    table = bars_table([bars_of(random_walk(210), "AAA"), bars_of(random_walk(210, 1), "BBB")])
    changed = with_adjusted_close(table, [SPLIT])
    assert changed.schema == BAR_SCHEMA
    assert changed.drop(["close"]).equals(table.drop(["close"]))
    np.testing.assert_allclose(changed["close"].to_numpy()[:200] * 4, table["close"].to_numpy()[:200], rtol=1e-15)
    assert changed["close"][200:].combine_chunks().equals(table["close"][200:].combine_chunks())
    assert with_adjusted_close(table, []) is table
