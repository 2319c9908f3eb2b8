"""Candles of a longer interval made of shorter ones."""

import numpy as np

from algo_trading.calendars import TradingCalendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.time import Interval


def larger_candles(bars: Bars, interval: Interval, calendar: TradingCalendar) -> Bars:
    """The candles of `interval` that `bars` add up to, by the venue's calendar; the last one may still be running.

    A period without bars has no candle. The first candle begins with the first bar, also where that is in its middle.

    Raises:
        ConfigError: the venue has no candles of this length.
    """
    periods, candle = calendar.spans(interval, bars.interval, bars.opened_at)
    if not len(bars):
        return Bars(bars.instrument, interval, *(bars.opened_at,) * 2, *(bars.open,) * 5)
    changes = np.flatnonzero(candle[1:] != candle[:-1])
    first, last = np.append(0, changes + 1), np.append(changes, len(candle) - 1)
    return Bars(
        bars.instrument,
        interval,
        periods.opened_at,
        periods.closed_at,
        bars.open[first],
        np.maximum.reduceat(bars.high, first),
        np.minimum.reduceat(bars.low, first),
        bars.close[last],
        np.add.reduceat(bars.volume, first),
    )
