"""Backtests of candles shorter than a day: several timeframes without look-ahead, fractions of coins, a year's bars."""

from dataclasses import replace

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.strategies.candle_rank import CandleRank
from algo_trading.strategies.scalping import LAST_TRADE, PREVIOUS_MESSAGE, Scalping
from back_testing.engine.backtest import run
from back_testing.engine.rules import Size, SizeKind, TradingRules
from reference import candle_ranks as reference
from support.candles import candles, real_candles, rows_of
from support.shared_data import needs_shared_data
from support.strategy_checks import check_explanations, check_memory, check_no_lookahead

pytestmark = pytest.mark.unit

FRAMES = "1h,4h,1d"
DAYS_21 = 21 * 24


def sides(strategy: CandleRank | Scalping, bars: Bars) -> list[Side]:
    decided = strategy.decide(bars)
    return [decided.side(i) for i in range(len(bars))]


def test_candle_rank_follows_the_scores_of_the_definition() -> None:
    bars = candles(1500, Interval.HOUR_1, seed=3, first="2021-01-01T00:00")
    strategy = CandleRank(bull=8, bear=9, timeframes=FRAMES, history=10_000)
    scores = reference.scores(rows_of(bars), FRAMES.split(","))
    levels = []
    for i, (bull, bear) in enumerate(scores):
        high = (bull >= 8, bear >= 9)
        side = Side.HOLD
        if i >= DAYS_21 and high != (True, True):
            if high[0] and bull > bear:
                side = Side.SELL
            elif high[1] and bear > bull:
                side = Side.BUY
        levels.append(side)
    before = [Side.HOLD, *levels[:-1]]
    expected = [now if now is not was else Side.HOLD for was, now in zip(before, levels, strict=True)]
    found = sides(strategy, bars)
    assert found == expected
    assert {Side.BUY, Side.SELL} <= set(found)


def test_nothing_is_known_before_it_happened() -> None:
    """A candle of 4 hours counts from its close on; until then it is what it has come to."""
    bars = candles(1200, Interval.HOUR_1, seed=5, missing=0.05)
    strategy = CandleRank(bull=6, bear=6, timeframes=FRAMES, history=800)
    check_no_lookahead(strategy, bars, [*range(780, 830), 1000, len(bars)])
    shaken = replace(bars, high=bars.high.copy())
    shaken.high[901:] *= 5
    np.testing.assert_array_equal(strategy.decide(bars).entries[:901], strategy.decide(shaken).entries[:901])


@pytest.mark.parametrize("history", [510, 600, 733])
def test_the_last_candles_are_enough(history: int) -> None:
    """Windows that cut days and weeks, or begin in a gap."""
    bars = candles(1500, Interval.HOUR_1, seed=6, missing=0.08, first="2021-01-05T13:00")
    strategy = CandleRank(bull=6, bear=6, timeframes="1h 4h 1d 3d 1w", history=history)
    found = sides(strategy, bars)
    acted = [i + 1 for i, side in enumerate(found) if side is not Side.HOLD]
    assert len(acted) > 10
    check_memory(strategy, bars, [*range(history - 3, history + 60), *acted, len(bars)])
    check_explanations(strategy, bars, range(0, len(bars), 97))


def test_a_window_shorter_than_three_weeks_never_speaks() -> None:
    bars = candles(1500, Interval.HOUR_1, seed=6)
    assert set(sides(CandleRank(bull=1, bear=1, timeframes=FRAMES, history=400), bars)) == {Side.HOLD}


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"bull": 0}, "bull must be a number from 1"),
        ({"timeframes": "3h"}, "'3h' is not an interval"),
        ({"timeframes": 4}, "timeframes and points are texts, not 4"),
        ({"points": "5:1 4:2"}, "points fall as ranks rise"),
        ({"history": 1}, "history must be a whole number from 2"),
    ],
)
def test_parameters_that_make_no_sense(params: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        CandleRank(**params)  # type: ignore[arg-type]


def test_bars_longer_than_every_timeframe_are_refused() -> None:
    with pytest.raises(ConfigError, match="has no timeframe for 1d bars"):
        CandleRank(timeframes="1h,4h").decide(candles(30, Interval.DAY))


@needs_shared_data
def test_a_backtest_on_real_hours() -> None:
    bars = real_candles("BTCUSDT", Interval.HOUR_1)[:20_000]
    strategy = CandleRank(bull=14, bear=14, history=8_760)
    rules = TradingRules(whole_shares=None, allow_gaps=True).for_bars([bars])
    result = run(strategy, bars, rules)
    assert result.periods_per_year == 8_760
    assert result.statistics.n_trades > 5
    assert any(trade.size % 1 for trade in result.trades)


def test_coins_are_bought_in_fractions_and_shares_as_the_venue_has_it() -> None:
    coins = candles(10)
    shares = replace(coins, instrument=Instrument("IBM", "XNYS"))
    unsaid = TradingRules(whole_shares=None)
    assert unsaid.for_bars([coins]).whole_shares is False
    assert unsaid.for_bars([shares]).whole_shares is True
    assert unsaid.for_bars([coins, shares]).whole_shares is True
    assert TradingRules(whole_shares=True).for_bars([coins]).whole_shares is True
    half = TradingRules(whole_shares=None, size=Size(SizeKind.SHARES, 1.5))
    assert half.for_bars([coins]).size.amount == 1.5
    with pytest.raises(ConfigError, match="no whole number of shares"):
        half.for_bars([shares])


def prices(*closes: float) -> Bars:
    bars = candles(len(closes))
    values = np.array(closes)
    return replace(bars, open=values, high=values, low=values, close=values)


def test_scalping_compares_with_the_close_before() -> None:
    bars = prices(100, 99, 99.5, 98.5, 99.4, 100.5, 100.5)
    assert sides(Scalping(), bars) == [
        Side.HOLD, Side.BUY, Side.HOLD, Side.BUY, Side.HOLD, Side.SELL, Side.HOLD,
    ]  # fmt: skip
    assert sides(Scalping(reference=PREVIOUS_MESSAGE), bars) == sides(Scalping(), bars)
    assert "is -1.000 % from the close before (100), a fall of 1 % or more" in Scalping().explain(bars, 1)


def test_scalping_compares_with_its_last_trade() -> None:
    """Small steps add up; it sells what it bought and buys again below that sale."""
    bars = prices(100, 98.9, 99.3, 99.6, 99.9, 100.5, 99.6, 99.4, 99.0)
    strategy = Scalping(reference=LAST_TRADE)
    assert sides(strategy, bars) == [
        Side.HOLD, Side.BUY, Side.HOLD, Side.HOLD, Side.SELL, Side.HOLD, Side.HOLD, Side.HOLD, Side.HOLD,
    ]  # fmt: skip
    assert sides(strategy, prices(100, 98.9, 99.9, 98.9, 99.9)) == [
        Side.HOLD, Side.BUY, Side.SELL, Side.BUY, Side.SELL,
    ]  # fmt: skip
    assert strategy.memory is None
    check_no_lookahead(strategy, bars, range(len(bars) + 1))


def test_scalping_takes_the_part_that_it_is_told() -> None:
    decided = Scalping(size=0.25, threshold=0.5).decide(prices(100, 99.5, 100))
    assert decided.size.tolist() == [0.25] * 3
    assert decided.entries.tolist() == [False, True, False]
    for params, sentence in (({"reference": "open"}, "reference is previous_close"), ({"threshold": 0}, "threshold")):
        with pytest.raises(ValueError, match=sentence):
            Scalping(**params)
