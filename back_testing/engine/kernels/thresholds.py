"""The compiled loops that try pairs of score thresholds. Importing this module loads numba."""

from typing import Any

import numpy as np
from numba import njit, types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import INTEGERS, OUT_SERIES, SERIES, compiled

# Columns of the figures of a pair of thresholds, a row for each.
COIN, MOST_COIN, EQUITY, TRADES, WINS, RETURNS, SQUARES = range(7)
FIGURES = 7

_FIGURES = types.Array(types.float64, 3, "C")


@njit(nogil=True)
def _sums(prices: Floats) -> tuple[Floats, Floats]:
    """Sums of the returns from price to price up to each bar, and of their squares."""
    returns, squares = np.zeros(len(prices)), np.zeros(len(prices))
    for i in range(1, len(prices)):
        change = prices[i] / prices[i - 1] - 1.0
        returns[i], squares[i] = returns[i - 1] + change, squares[i - 1] + change * change
    return returns, squares


@compiled(
    types.void(
        SERIES,
        SERIES,
        SERIES,
        INTEGERS,
        INTEGERS,
        types.int64,
        types.float64,
        types.float64,
        types.int64,
        types.int64,
        _FIGURES,
    )
)
def threshold_grid(  # noqa: C901, PLR0912, PLR0917 - one loop over bars, whose state stays in the cache
    opens: Floats,
    closes: Floats,
    worth: Floats,
    bull: Any,  # noqa: ANN401 - int64 arrays
    bear: Any,  # noqa: ANN401
    lowest: int,
    bought_for: float,
    sold_for: float,
    row: int,
    rows: int,
    figures: Floats,
) -> None:
    """Write the FIGURES of every `rows`-th bear threshold from lowest + row on, with each bull threshold from `lowest`.

    figures[r, b] are those of the bear threshold lowest + r and the bull threshold lowest + b, for one unit of money. A
    bear score that reaches its threshold buys the coin with all of it, a bull score sells it, at the next bar's open:
    a buy pays `bought_for` times the price of what comes in, a sale brings `sold_for` times. Where both reach theirs,
    or one that is not the larger one does, nothing happens. A coin that is held at the end is worth the last close.
    Cash grows with `worth`, what one unit of money from before the first bar has become at the open of each.
    """
    n, kinds = len(closes), figures.shape[1]
    returns, squares = _sums(closes)
    earned, earned_squares = _sums(worth)
    cash, coin = np.ones((kinds, kinds)), np.zeros((kinds, kinds))
    idle = np.zeros((kinds, kinds), np.int64)  # the bar at whose open it was sold
    since = np.full((kinds, kinds), -1)  # the bar at whose open it was bought; -1: nothing is held
    for i in range(n - 1):
        up, down = bull[i] - lowest, bear[i] - lowest  # the highest thresholds that they reach
        if i and bull[i] == bull[i - 1] and bear[i] == bear[i - 1]:
            continue  # who would act now has acted before
        fill = i + 1
        if down >= 0 and down > up:
            paid = opens[fill] * bought_for
            first_return = closes[fill] / paid * worth[fill] / worth[i] - 1.0
            for r in range(row, min(down + 1, kinds), rows):
                for b in range(max(up + 1, 0), kinds):
                    if since[r, b] < 0:
                        since[r, b] = fill
                        sold = idle[r, b]
                        cash[r, b] *= worth[fill] / worth[sold]
                        figures[r, b, RETURNS] += earned[i] - earned[sold]
                        figures[r, b, SQUARES] += earned_squares[i] - earned_squares[sold]
                        coin[r, b] = cash[r, b] / paid
                        figures[r, b, MOST_COIN] = max(figures[r, b, MOST_COIN], coin[r, b])
                        figures[r, b, RETURNS] += first_return
                        figures[r, b, SQUARES] += first_return * first_return
        elif up >= 0 and up > down:
            got = opens[fill] * sold_for
            last_return = got / closes[i] - 1.0
            above = max(down + 1, 0)
            for r in range(above + (row - above) % rows, kinds, rows):
                for b in range(min(up + 1, kinds)):
                    bought = since[r, b]
                    if bought >= 0:
                        money = coin[r, b] * got
                        figures[r, b, TRADES] += 1.0
                        figures[r, b, WINS] += money > cash[r, b]
                        figures[r, b, RETURNS] += returns[i] - returns[bought] + last_return
                        figures[r, b, SQUARES] += squares[i] - squares[bought] + last_return * last_return
                        cash[r, b], since[r, b], idle[r, b] = money, -1, fill
    for r in range(row, kinds, rows):
        for b in range(kinds):
            figures[r, b, COIN], sold = coin[r, b], idle[r, b]
            bought = since[r, b]
            if bought >= 0:
                figures[r, b, EQUITY] = coin[r, b] * closes[n - 1]
                figures[r, b, RETURNS] += returns[n - 1] - returns[bought]
                figures[r, b, SQUARES] += squares[n - 1] - squares[bought]
            else:
                figures[r, b, EQUITY] = cash[r, b] * worth[n - 1] / worth[sold]
                figures[r, b, RETURNS] += earned[n - 1] - earned[sold]
                figures[r, b, SQUARES] += earned_squares[n - 1] - earned_squares[sold]


@compiled(
    types.int64(
        SERIES, SERIES, SERIES, INTEGERS, INTEGERS, INTEGERS, INTEGERS, types.float64, types.float64, OUT_SERIES,
        types.Array(types.int64, 2, "C"), types.Array(types.float64, 1, "C"),
    )
)  # fmt: skip
def threshold_account(  # noqa: PLR0917
    opens: Floats,
    closes: Floats,
    worth: Floats,
    bull: Any,  # noqa: ANN401
    bear: Any,  # noqa: ANN401
    bull_from: Any,  # noqa: ANN401
    bear_from: Any,  # noqa: ANN401
    bought_for: float,
    sold_for: float,
    equity: Floats,
    trades: Any,  # noqa: ANN401
    gains: Floats,
) -> int:
    """As `threshold_grid` for one pair of thresholds, which may change from bar to bar: the equity at each close.

    Writes the bars at whose opens each trade began and ended (-1: it is still held) and its gain; returns their number.
    """
    cash, coin, count, order = 1.0, 0.0, 0, 0
    for i in range(len(closes)):
        if i > 0 and coin == 0.0:
            cash *= worth[i] / worth[i - 1]
        if order > 0:
            coin = cash / (opens[i] * bought_for)
            trades[count, 0], trades[count, 1] = i, -1
        elif order < 0:
            money = coin * opens[i] * sold_for
            trades[count, 1], gains[count] = i, money / cash - 1.0
            cash, coin, count = money, 0.0, count + 1
        equity[i] = coin * closes[i] if coin > 0.0 else cash
        high_bull, high_bear = bull[i] >= bull_from[i], bear[i] >= bear_from[i]
        order = 0
        if coin == 0.0 and high_bear and not high_bull and bear[i] > bull[i]:
            order = 1
        elif coin > 0.0 and high_bull and not high_bear and bull[i] > bear[i]:
            order = -1
    if coin > 0.0:
        gains[count] = equity[len(closes) - 1] / cash - 1.0
        count += 1
    return count
