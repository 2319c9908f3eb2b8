"""From Yahoo's split-adjusted numbers back to the ones that were traded.

Yahoo divides every price (and dividend) by the ratios of all splits after it, as known when it is asked, multiplies the
volume by them, and sends prices as the decimal form of a 32-bit float.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from math import prod

import numpy as np

from algo_trading.domain.bars import Floats

SINGLE_DIGITS = 9  # significant digits that tell any two 32-bit floats apart
DOUBLE_DIGITS = 12  # significant digits that survive a multiplication in 64 bits


def later_splits(sessions: Sequence[date], splits: Mapping[date, float]) -> Floats:
    """For each session the product of the ratios of the splits after it: its ex-date already trades in new shares."""
    ex_dates = np.array(sorted(splits), dtype="datetime64[D]")
    ratios = [splits[day] for day in sorted(splits)]
    products = np.array([prod(ratios[i:]) for i in range(len(ratios) + 1)])
    return products[np.searchsorted(ex_dates, np.array(sessions, dtype="datetime64[D]"), side="right")]


def traded_prices(prices: Floats, factors: Floats) -> Floats:
    """`prices` (NaN where there is none) multiplied by `factors`, without the noise of 32-bit floats.

    Yahoo's 75.0875015258789 before a split of 4:1 stands for 300.35 rather than 300.3500061035156: of all prices that
    Yahoo would have sent as the same number it is the one with the fewest digits. A revision of the last sessions after
    a split then gives the very prices stored before it. Numbers that are no 32-bit floats are multiplied and rounded.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore", divide="ignore"):
        exact = prices * factors
        sent = prices.astype(np.float32)
        single = sent.astype(np.float64) == prices
        traded = _rounded(exact, DOUBLE_DIGITS)
        for digits in range(SINGLE_DIGITS, 0, -1):
            candidate = _rounded(exact, digits)
            traded = np.where(single & ((candidate / factors).astype(np.float32) == sent), candidate, traded)
    return traded


def _rounded(values: Floats, digits: int) -> Floats:
    """`values` to significant digits. Powers of ten above one are exact, so the results are the nearest doubles."""
    magnitudes = np.floor(np.log10(np.abs(values), where=values != 0, out=np.zeros_like(values)))
    shift = digits - 1 - np.nan_to_num(magnitudes, posinf=0, neginf=0)
    up, down = 10.0 ** np.maximum(shift, 0), 10.0 ** np.maximum(-shift, 0)
    rounded: Floats = np.round(values * up / down) * down / up
    return rounded
