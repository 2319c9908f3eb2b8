"""Names of strategies and keys of signals."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.quality import QualityResult
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, midnight

pytestmark = pytest.mark.unit

SESSION = date(2013, 2, 27)
IBM = Instrument("IBM")


def a_signal(strategy: StrategyId, instrument: Instrument = IBM, session: date = SESSION) -> Signal:
    return Signal(strategy, Series(instrument), midnight(session), Side.BUY, 0.5, 1.0, 202.33, "it rises", "0f3c")


@pytest.mark.parametrize(
    ("params", "text"),
    [("{}", "cross()"), ('{"fast":8}', "cross(fast=8)"), ('{"fast":8,"slow":21.5}', "cross(fast=8, slow=21.5)"),
     ('{"mode":"strict","on":true}', "cross(mode=strict, on=true)")],
)  # fmt: skip
def test_a_strategy_reads_as_a_call(params: str, text: str) -> None:
    assert str(StrategyId("cross", params)) == text


def test_a_key_names_what_makes_a_signal_unique() -> None:
    signal = a_signal(StrategyId("ema_cross", '{"fast":8,"slow":21}'))
    assert signal.key == '["ema_cross","{\\"fast\\":8,\\"slow\\":21}","IBM","XNYS","1d","2013-02-27"]'


def test_two_candles_of_a_day_have_two_keys() -> None:
    candle = replace(
        a_signal(StrategyId("cross", "{}")),
        series=Series(Instrument("INJUSDT", "BINANCE"), Interval.HOUR_4),
        opened_at=datetime(2026, 11, 20, 4, tzinfo=UTC),
    )
    assert candle.key == '["cross","{}","INJUSDT","BINANCE","4h","2026-11-20T04:00Z"]'
    assert replace(candle, opened_at=datetime(2026, 11, 20, 8, tzinfo=UTC)).key != candle.key
    assert str(candle.series) == "INJUSDT_4h"


PARTS = st.tuples(st.text(), st.text(), st.text(), st.text(), st.dates())


@given(PARTS, PARTS)
def test_signals_have_one_key_only_if_they_are_one(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    def of(parts: tuple[str, ...]) -> Signal:
        name, params, symbol, venue, session = parts
        return a_signal(StrategyId(name, params), Instrument(symbol, venue), session)  # type: ignore[arg-type]  # the last one is a date

    assert (of(first).key == of(second).key) is (first == second)
    assert of(first).key.isascii()
    assert json.loads(of(first).key)[:4] == list(first[:4])


def test_what_is_said_does_not_change_the_key() -> None:
    signal = a_signal(StrategyId("cross", "{}"))
    other = replace(signal, side=Side.SELL, confidence=0.9, size=0.1, close=1.0, reason="it falls", inputs_hash="1")
    assert other.key == signal.key


@pytest.mark.parametrize(("evaluated", "passed", "success"), [(5, 5, True), (5, 4, False), (0, 0, True)])
def test_a_batch_succeeds_if_every_row_passed(*, evaluated: int, passed: int, success: bool) -> None:
    assert QualityResult("bars", "sample", "b", evaluated, passed, {}).success is success
