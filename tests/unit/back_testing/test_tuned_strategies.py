"""Candle ranks with tuned thresholds: point in time, the same live and in backtests."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.scores import TunedThresholds, parse_timeframes
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Interval, Period, moment_of
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import bars_table
from algo_trading.services.evaluate import EvaluateStrategies
from algo_trading.services.features import JoinFeatures
from algo_trading.services.larger_candles import larger_candles
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.candle_rank import CandleRank
from back_testing.engine.backtest import run
from back_testing.engine.missing_features import unknown_features
from back_testing.engine.rules import TradingRules
from fakes.assignments import FakeAssignments, assigned, strategies_among
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.signals import FakeSignals
from support.candles import candles
from support.factories import joining
from support.strategy_checks import check_explanations, check_memory

pytestmark = pytest.mark.unit

FRAMES = "1h,4h,1d"
HISTORY = 510
BARS = candles(900, Interval.HOUR_1, seed=5, first="2022-01-01T00:00")
NUMBERS = CandleRank(bull=6, bear=6, timeframes=FRAMES, history=HISTORY)
TUNED = CandleRank(bull="ml", bear="ml", timeframes=FRAMES, history=HISTORY)


def tuned(index: int, bull: int | None = 6, bear: int | None = 6, objection: str = "") -> TunedThresholds:
    """What counts from the close of the bar at `index` on."""
    at = moment_of(BARS.closed_at[index])
    return TunedThresholds(
        BARS.instrument, parse_timeframes(FRAMES), at - timedelta(hours=1), bull, bear, 18, 256, 0.1, 0.0, 0.97,
        objection, usable_from=at,
    )  # fmt: skip


def join_of(*found: TunedThresholds) -> JoinFeatures:
    join = joining()
    for one in found:
        join.thresholds.store(one)
    return join


def sides(strategy: CandleRank, join: JoinFeatures) -> list[Side]:
    decided = strategy.decide(join(BARS, strategy.needs))
    return [decided.side(index) for index in range(len(BARS))]


def live(strategy: Strategy, join: JoinFeatures, first: int, *stored: Bars) -> list[Signal]:
    """The signals of each period from the bar `first` on, as they are decided when it has closed."""
    bars, signals = FakeBars(), FakeSignals()
    bars.upsert(bars_table([BARS, *stored]), "test")
    pair = (strategy, BARS.instrument)
    assignments = FakeAssignments(assigned(pair, interval=Interval.HOUR_1))
    build = strategies_among(pair)
    decide = EvaluateStrategies(bars, FakeCorporateActions(), join, signals, assignments, build)
    opens: list[datetime] = [moment_of(moment) for moment in BARS.opened_at[first:]]
    hour = timedelta(hours=1)
    decide.over([Period(Interval.HOUR_1, at, at, at + hour) for at in opens], [BARS.series])
    return [signals.of_period("BINANCE", Interval.HOUR_1, at)[0] for at in opens]


def test_a_tuned_threshold_decides_as_a_number_does() -> None:
    assert sides(TUNED, join_of(tuned(0))) == sides(NUMBERS, join_of())
    assert {Side.BUY, Side.SELL} <= set(sides(NUMBERS, join_of())[600:])
    mixed = replace(TUNED, bear=6)
    assert sides(mixed, join_of(tuned(0, bear=9))) == sides(NUMBERS, join_of())


def test_no_threshold_counts_before_it_was_tuned() -> None:
    found, expected = sides(TUNED, join_of(tuned(700))), sides(NUMBERS, join_of())
    assert set(found[:700]) == {Side.HOLD}
    assert found[701:] == expected[701:]  # at 700 a stay above the threshold may begin that it was in before
    assert sides(replace(TUNED, bull=6), join_of(tuned(700)))[:700] == [Side.HOLD] * 700


def test_where_none_survives_nothing_is_said_with_the_reason() -> None:
    join = join_of(tuned(550), tuned(600, objection="too few trades"), tuned(700, None, None, "none bought"))
    found = sides(TUNED, join)
    assert set(found[600:]) == {Side.HOLD}
    assert Side.BUY in found[:600]
    bars = join(BARS, TUNED.needs)
    assert TUNED.explain(bars, 599).startswith(("the bull score", "the bear score"))
    assert TUNED.explain(bars, 600).startswith("no threshold survived tuning (`algo-trading tune` says why; the bull")
    assert TUNED.explain(bars, 549).startswith(f"no threshold was tuned on {FRAMES} by then")
    check_explanations(TUNED, bars, range(0, len(bars), 61))
    check_memory(TUNED, bars, [*range(545, 560), *range(595, 605), len(bars)])


def test_live_it_decides_as_in_a_backtest() -> None:
    """Larger candles that are stored are not looked at: they would tell how the running one ends."""
    join = join_of(tuned(0), tuned(780, 4, 7), tuned(840, objection="none"))
    larger = [
        larger_candles(BARS, interval, trading_calendar("BINANCE")) for interval in (Interval.HOUR_4, Interval.DAY)
    ]
    signals = live(TUNED, join, 750, *larger)
    assert [signal.side for signal in signals] == sides(TUNED, join)[750:]
    assert {Side.BUY, Side.SELL} <= {signal.side for signal in signals[:90]}
    assert signals[-1].reason.startswith("no threshold survived")
    assert "reached 4" in " ".join(signal.reason for signal in signals[30:90])


def test_a_candle_of_four_hours_counts_as_it_stood_until_it_closes() -> None:
    """A fall in its second hour is known at that hour's close, and what follows in the candle is not."""
    opened = int(np.flatnonzero(BARS.opened_at == np.datetime64("2022-02-05T12:00"))[0])
    strategy = CandleRank(bull=6, bear=6, timeframes="4h", history=HISTORY)

    def shaped(*closes: float) -> Bars:
        """The hours of that candle with these closes against its open; every hour opens where the last one closed."""
        bars = BARS[: opened + 4]
        close, start = bars.close.copy(), float(bars.close[opened - 1])
        close[opened:] = [start * factor for factor in closes]
        open_ = np.append(bars.open[:1], close[:-1])
        return replace(
            bars, open=open_, close=close, high=np.maximum(bars.high, np.maximum(open_, close)),
            low=np.minimum(open_, close),
        )  # fmt: skip

    falls = strategy.decide(shaped(1.0, 0.5, 0.5, 0.5))
    assert falls.entries[opened - 1 :].tolist() == [False, False, True, False, False]
    recovers = strategy.decide(shaped(1.0, 0.5, 1.5, 1.5))
    assert recovers.entries[: opened + 2].tolist() == falls.entries[: opened + 2].tolist()
    assert recovers.exits[opened + 2]
    late = strategy.decide(shaped(1.0, 1.0, 1.0, 0.5))
    assert late.entries[opened - 1 :].tolist() == [False, False, False, False, True]


def test_a_backtest_without_tuned_thresholds_says_what_is_missing() -> None:
    bars = join_of()(BARS, TUNED.needs)
    (sentence,) = unknown_features(TUNED, [bars])
    assert "candle_rank needs tuned_bull:1h,4h,1d and tuned_bear:1h,4h,1d, unknown for BTCUSDT" in sentence
    assert "`algo-trading tune PAIR --at MOMENT`" in sentence
    rules = TradingRules(whole_shares=None, allow_gaps=True).for_bars([bars])
    assert run(TUNED, bars, rules).statistics.n_trades == 0
    assert run(TUNED, join_of(tuned(0))(BARS, TUNED.needs), rules).statistics.n_trades > 0
    with pytest.raises(ConfigError, match=r"needs tuned_bull:1h,4h,1d, .*: run or compare it on symbols"):
        run(TUNED, BARS, rules)


def test_with_ml_every_timeframe_counts() -> None:
    strategy = replace(TUNED, timeframes="5m,1h,4h")
    with pytest.raises(ConfigError, match="with ml every timeframe counts, and 1h bars of BINANCE do not make 5m"):
        strategy.decide(join_of()(BARS, strategy.needs))
    with pytest.raises(ValueError, match="bull is a number or ml, not 'ai'"):
        CandleRank(bull="ai")
    assert NUMBERS.needs == ()
