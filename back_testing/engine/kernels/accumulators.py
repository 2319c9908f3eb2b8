"""What is added up over one backtest, without keeping its equity: what the statistics of a sweep are made from."""

# ruff: noqa: PLR0917 - compiled functions take arrays by position

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import inlined, reordered
from back_testing.engine.kernels.account import OPEN, PNL, REASON

# A row: GROWTH is the final equity over the cash at the start; returns are those of the bars; GROSS_PROFIT and
# GROSS_LOSS are those of the closed trades over the cash at the start. PEAK and BOTTOM, the highest and the lowest
# equity over the cash at the start, are there where parts of a backtest are joined.
GROWTH, RETURNS, SQUARES, LOSSES_SQUARED, DRAWDOWN, BARS_HELD = range(6)
TRADES, WINS, GROSS_PROFIT, GROSS_LOSS, PEAK, BOTTOM = range(6, 12)
ACCUMULATORS = 12


@reordered
def add_returns(before: float, equity: Floats, row: Floats) -> None:
    """Add the returns from close to close, of which the first is from `before`; none from where nothing is left."""
    change = equity[0] / before - 1.0
    total, squares = change, change * change
    losses = squares if change < 0.0 else 0.0
    for i in range(1, len(equity)):
        change = equity[i] / equity[i - 1] - 1.0 if equity[i - 1] > 0.0 else 0.0
        square = change * change
        total += change
        squares += square
        losses += square if change < 0.0 else 0.0
    row[RETURNS] += total
    row[SQUARES] += squares
    row[LOSSES_SQUARED] += losses


@inlined
def deepest_drawdown(values: Floats, peak: float, lowest: float) -> float:
    """The least part of the highest value so far that is left at a value; `peak` and `lowest` are those before."""
    for value in values:
        peak = max(value, peak)
        if value < lowest * peak:
            lowest = value / peak
    return lowest


@inlined
def add_trades(cash: float, trades: Floats, count: int, row: Floats) -> None:
    """Add the closed ones of the first `count` trades."""
    for k in range(count):
        if trades[k, REASON] != OPEN:
            pnl = trades[k, PNL] / cash
            row[TRADES] += 1.0
            row[WINS] += pnl > 0.0
            row[GROSS_PROFIT] += max(pnl, 0.0)
            row[GROSS_LOSS] += max(-pnl, 0.0)


@inlined
def accumulate(cash: float, equity: Floats, bars_held: int, trades: Floats, count: int, row: Floats) -> None:
    """Fill the row of a backtest that began with `cash`."""
    row[:] = 0.0
    add_returns(cash, equity, row)
    row[GROWTH] = equity[-1] / cash
    row[DRAWDOWN] = deepest_drawdown(equity, cash, 1.0) - 1.0
    row[BARS_HELD] = bars_held
    add_trades(cash, trades, count, row)
