"""Lengths of candles as Binance has them, and where each candle opens (UTC)."""

import numpy as np
from numpy.typing import NDArray

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
# Weeks begin on Monday (1970-01-05). Binance counts three days from each pair's listing; here it is those of BTCUSDT,
# which was listed on 2017-08-17, for all pairs.
SHIFTS = {"1w": 4 * DAY, "3d": DAY}

# The month has no fixed length; its entry is the longest it can be.
LENGTHS = {
    "1s": SECOND,
    "1m": MINUTE,
    "3m": 3 * MINUTE,
    "5m": 5 * MINUTE,
    "15m": 15 * MINUTE,
    "30m": 30 * MINUTE,
    "1h": HOUR,
    "2h": 2 * HOUR,
    "4h": 4 * HOUR,
    "6h": 6 * HOUR,
    "8h": 8 * HOUR,
    "12h": 12 * HOUR,
    "1d": DAY,
    "3d": 3 * DAY,
    "1w": WEEK,
    "1M": 31 * DAY,
}

Times = NDArray[np.int64]


def opens(interval: str, times: Times) -> Times:
    """Opening times of the candles that the moments fall into (ms)."""
    if interval == "1M":
        months = times.astype("datetime64[ms]").astype("datetime64[M]")
        return months.astype("datetime64[ms]").astype(np.int64)
    length = LENGTHS[interval]
    shift = SHIFTS.get(interval, 0)
    return (times - shift) // length * length + shift


def opened(interval: str, time: int) -> int:
    """Opening time of the candle that the moment falls into (ms)."""
    if interval == "1M":
        return int(opens(interval, np.array([time], np.int64))[0])
    shift = SHIFTS.get(interval, 0)
    return (time - shift) // LENGTHS[interval] * LENGTHS[interval] + shift


def closes(interval: str, open_time: int) -> int:
    """Opening time of the candle after the one that opens at `open_time` (ms)."""
    if interval == "1M":
        month = np.datetime64(open_time, "ms").astype("datetime64[M]") + 1
        return int(month.astype("datetime64[ms]").astype(np.int64))
    return open_time + LENGTHS[interval]


__all__ = ["DAY", "HOUR", "LENGTHS", "MINUTE", "SECOND", "Times", "closes", "opened", "opens"]
