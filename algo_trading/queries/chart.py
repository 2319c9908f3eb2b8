"""Candles of a series with averages, cut and merged to what a screen can show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.corporate_actions import adjusted
from algo_trading.domain.instrument import Series
from algo_trading.domain.time import moment_of
from algo_trading.indicators.plain import plain_sma
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series

WINDOWS = (7, 21, 50, 200)
MOST_CANDLES = 1_500
FUTURE = timedelta(days=3650)


@dataclass(frozen=True, eq=False)
class CandleChart:
    """Candles in ascending time, back-adjusted as of the series' newest bar; arrays have one length.

    `times` are when they opened, in seconds since 1970 (UTC). Where there are more bars than candles, each candle is
    `merged` bars: their first open, highest high, lowest low, last close and the sum of their volumes. `averages` are
    simple ones of the closes of single bars, NaN where there are too few before. `bars` are there in all.
    """

    times: NDArray[np.int64]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    averages: Mapping[str, Floats]
    merged: int
    bars: int


@dataclass(frozen=True)
class ReadChart:
    """Read the candles of a series."""

    bars: BarRepository
    actions: CorporateActionRepository

    def __call__(
        self, series: Series, first: datetime | None = None, last: datetime | None = None, newest: int | None = None
    ) -> CandleChart:
        """Those that opened in first..last (None: unbounded), or of these the `newest`; averages know those before."""
        if newest is not None and first is None and last is None:
            now = datetime.now(tz=None).astimezone() + FUTURE
            table = self.bars.read_last([series], now, newest + max(WINDOWS))
        else:
            table = self.bars.read([series], None, last)
        found = split_by_series(table).get(series)
        if found is None:
            return _chart(None, slice(0), 1)
        since = int(np.searchsorted(found.opened_at, np.datetime64(first.replace(tzinfo=None)))) if first else 0
        if newest is not None:
            since = max(since, len(found) - newest)
        latest = moment_of(found.opened_at[-1]).date()
        actions = (
            self.actions.read([series.instrument], latest, found.session(0)) if not series.interval.intraday else []
        )
        shown = len(found) - since
        merged = -(-shown // MOST_CANDLES) if shown else 1
        return _chart(adjusted(found, actions), slice(since, len(found)), merged)


def _chart(bars: Bars | None, shown: slice, merged: int) -> CandleChart:
    if bars is None:
        nothing = np.empty(0)
        return CandleChart(np.empty(0, np.int64), *(nothing,) * 5, averages={}, merged=1, bars=0)
    averages = {f"sma_{window}": plain_sma(bars.close, window)[shown] for window in WINDOWS if len(bars) >= window}
    cut = bars[shown]
    starts = np.arange(0, len(cut), merged)
    ends = np.minimum(starts + merged, len(cut)) - 1
    seconds = cut.opened_at.astype("datetime64[s]").astype(np.int64)
    return CandleChart(
        times=seconds[starts],
        open=cut.open[starts],
        high=np.maximum.reduceat(cut.high, starts) if len(starts) else cut.high,
        low=np.minimum.reduceat(cut.low, starts) if len(starts) else cut.low,
        close=cut.close[ends],
        volume=np.add.reduceat(cut.volume, starts) if len(starts) else cut.volume,
        averages={name: values[ends] for name, values in averages.items()},
        merged=merged,
        bars=len(cut),
    )
