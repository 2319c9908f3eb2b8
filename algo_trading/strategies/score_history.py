"""The score history of a series of bars: what candle strategies, plots and the tuning of thresholds look at."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from algo_trading.calendars import TradingCalendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.scores import PointsTable
from algo_trading.domain.time import DAY, Interval
from algo_trading.indicators.candle_ranks import Integers
from algo_trading.indicators.candle_scores import score_history
from algo_trading.strategies.base import Flags

SETTLING = 21 * DAY  # until so much history is there, ranks say little


@dataclass(frozen=True)
class ScoreHistory:
    """Bull and bear score at each bar's close as they stood then; 0 until there is history enough (`settled`).

    `maximum` is the highest that a score can be.
    """

    bull: Integers
    bear: Integers
    settled: Flags
    maximum: int

    def after(self, start: int) -> "ScoreHistory":
        """The scores from the bar `start` on."""
        return ScoreHistory(self.bull[start:], self.bear[start:], self.settled[start:], self.maximum)

    def before(self, end: int) -> "ScoreHistory":
        """The scores before the bar `end`."""
        return ScoreHistory(self.bull[:end], self.bear[:end], self.settled[:end], self.maximum)


def scores_of(
    bars: Bars,
    timeframes: Sequence[Interval],
    points: PointsTable,
    calendar: TradingCalendar,
    *,
    window: int = 0,
    threads: int = 1,
) -> ScoreHistory:
    """The scores of `bars` on timeframes that are not shorter than theirs.

    With a `window` the score at a bar rests on the last `window` bars alone, that one included, so that those bars give
    the same: a candle counts if it began within them, and one that the window cuts does not.

    Raises:
        ConfigError: the venue has no candles of a timeframe.
    """
    n = len(bars)
    first = np.maximum(np.arange(n) - window + 1, 0) if window else np.zeros(n, np.int64)
    settled: Flags = bars.opened_at - bars.opened_at[first] >= np.timedelta64(SETTLING, "us")

    def candles_of(timeframe: Interval) -> tuple[Integers, Integers]:
        """The number of each bar's candle, and that of the first candle that it is compared with."""
        periods, candle = calendar.spans(timeframe, bars.interval, bars.opened_at)
        if not window:
            return candle, first
        begins = periods.starts_at if bars.interval.intraday else periods.opened_at
        counted = candle[first] + (begins[candle[first]] != bars.opened_at[first])  # without the one that is cut
        counted[: window - 1] = 0  # all that there is
        return candle, counted

    if threads == 1:
        found = [candles_of(timeframe) for timeframe in timeframes]
    else:
        with ThreadPoolExecutor(threads) as pool:
            found = list(pool.map(candles_of, timeframes))
    for candle, counted in found if window else ():
        settled &= counted <= candle
    candles, oldest = [candle for candle, _ in found], [counted for _, counted in found]
    prices = bars.open, bars.high, bars.low, bars.close
    scores = score_history(prices, candles, points, oldest=oldest, threads=threads)
    bull, bear = np.where(settled, scores, 0)
    return ScoreHistory(bull, bear, settled, points.most * len(candles))
