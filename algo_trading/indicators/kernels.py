"""The compiled loops. Importing this module loads numba, so the public functions do it late (see `compiling`)."""

from typing import Any

import numpy as np
from numba import njit, types

from algo_trading.domain.bars import Floats
from algo_trading.indicators.compiling import INTEGERS, OUT_TABLE, SERIES, compiled

SMA_WINDOWS = (7, 21, 50, 100, 200)
MACD_FAST, MACD_SLOW, MACD_SIGNAL = 12, 26, 9
RSI_WINDOW = 14

# Rows before the first value of each column of the panel.
WARMUPS = (
    *(window - 1 for window in SMA_WINDOWS),
    MACD_FAST - 1,
    MACD_SLOW - 1,
    RSI_WINDOW,
    MACD_SLOW - 1,
    MACD_SLOW + MACD_SIGNAL - 2,
)

# A tile of rows and its partial sums stay in the first-level cache, unless the rows before them are as many.
TILE = 1024

_BITS = types.Array(types.uint8, 2, "C")


@njit(nogil=True)
def _with_lead(values: Floats, low: int, lead: int, out: Floats) -> None:
    """Copy the rows from `low` on and `lead` rows before them; NaN stands for rows before the first."""
    missing = max(lead - low, 0)
    for i in range(missing):
        out[i] = np.nan
    known, copied = out[missing:], values[low - lead + missing :]
    for i in range(len(known)):
        known[i] = copied[i]


@njit(nogil=True)
def _add_neighbours(sums: Floats, span: int, out: Floats) -> None:
    """Sums over 2 * span values from sums over span values, each in the place of its first value."""
    older, newer = sums[: len(sums) - span], sums[span:]
    for i in range(len(newer)):
        out[i] = older[i] + newer[i]


@njit(nogil=True)
def _add_four(sums: Floats, span: int, out: Floats) -> None:
    """Sums over 4 * span values, added up as by going to 2 * span first."""
    oldest, older, newer, newest = sums, sums[span:], sums[2 * span :], sums[3 * span :]
    for i in range(len(newest)):
        out[i] = (oldest[i] + older[i]) + (newer[i] + newest[i])


@njit(nogil=True)
def _add_scaled(term: Floats, scale: float, fresh: bool, out: Floats) -> None:
    if fresh:
        for i in range(len(out)):
            out[i] = term[i] * scale
    else:
        for i in range(len(out)):
            out[i] = (out[i] + term[i]) * scale


@njit(nogil=True)
def _go_on(sums: Floats, span: int, digits: int, out: Floats) -> int:
    """Write the sums over the next span that a window has a digit for, or half of it; returns which."""
    if digits & (2 * span):
        _add_neighbours(sums, span, out)
        return 2 * span
    _add_four(sums, span, out)
    return 4 * span


@njit(nogil=True)
def scratch_of(windows: Any) -> Floats:  # noqa: ANN401 - a tuple
    """Room for `means` to work in; longer windows have longer tiles, because the rows before a tile are added too."""
    lead = max(windows)
    return np.empty((2, (max(TILE, 4 * lead) + lead + 7) // 8 * 8))


@njit(nogil=True)
def means(  # noqa: PLR0917 - compiled functions take arrays by position
    values: Floats,
    first: int,
    end: int,
    windows: Any,  # noqa: ANN401 - a tuple
    columns: Floats,
    at: int,
    scratch: Floats,
) -> None:
    """Write the mean of the last windows[k] values, for the values first..end, into columns[k, at:], for every k.

    Sums of 2, 4, 8 ... neighbours are added up by the binary digits of the window. So a mean depends on the values of
    its window alone: nothing drifts, a NaN or a huge value is forgotten when it leaves, and no loop carries a value
    from row to row (SIMD). A window of 0 leaves its column as it is. `scratch` is that of `scratch_of`.
    """
    lead, digits = max(windows), 0
    for window in windows:
        digits |= window
    tile = (scratch.shape[1] - lead) // 8 * 8
    for low in range(first, end, tile):
        rows = min(tile, end - low)
        sums, next_sums = scratch[0][: lead + rows], scratch[1][: lead + rows]
        _with_lead(values, low, lead, sums)
        span = 1
        while span <= lead:
            _add_digit(sums, span, windows, columns, at + low - first, rows)
            if 2 * span > lead:
                break
            span = _go_on(sums, span, digits, next_sums)
            sums, next_sums = next_sums, sums


@njit(nogil=True)
def _add_digit(sums: Floats, span: int, windows: Any, columns: Floats, at: int, rows: int) -> None:  # noqa: ANN401, PLR0917
    """Add the sums over `span` values to the windows that have this binary digit; the last one makes it a mean."""
    lead = max(windows)
    for k in range(len(windows)):
        if windows[k] & span:
            digits = windows[k] & (2 * span - 1)  # up to this one; the lower ones have added the values after it
            term = sums[lead + 1 - digits :]
            scale = 1.0 / windows[k] if windows[k] < 2 * span else 1.0
            _add_scaled(term[:rows], scale, digits == span, columns[k][at : at + rows])


@njit(nogil=True)
def _first_number(values: Floats) -> int:
    for i in range(len(values)):
        if not np.isnan(values[i]):
            return i
    return len(values)


@njit(nogil=True)
def _exponential(values: Floats, window: int, out: Floats) -> None:
    start = _first_number(values)
    seed = min(start + window, len(values))
    out[:seed] = np.nan
    if seed < start + window:
        return
    average = 0.0
    for i in range(start, seed):
        average += values[i]
    average /= window
    out[seed - 1] = average
    gain = 2.0 / (window + 1.0)
    for i in range(seed, len(values)):
        average = (1.0 - gain) * average + gain * values[i]
        out[i] = average


@njit(nogil=True)
def _strength(gain: float, loss: float) -> float:
    total = gain + loss
    return 100.0 * (gain / total) if total != 0.0 else 50.0


@njit(nogil=True)
def _relative_strength(values: Floats, window: int, out: Floats) -> tuple[float, float]:
    """Write the RSI; returns the averages of gains and losses after the last value."""
    start = _first_number(values)
    seed = min(start + window, len(values))
    out[:seed] = np.nan
    gain, loss = 0.0, 0.0
    for i in range(start + 1, len(values)):
        change = values[i] - values[i - 1]
        up = max(0.0, change)
        if i < seed:
            gain += up
            loss += up - change
        elif i == seed:
            gain = (gain + up) / window
            loss = (loss + (up - change)) / window
        else:
            gain = (1.0 - 1.0 / window) * gain + 1.0 / window * up
            loss = (1.0 - 1.0 / window) * loss + 1.0 / window * (up - change)
        if i >= seed:
            out[i] = _strength(gain, loss)
    return gain, loss


@njit(nogil=True)
def _recursions(values: Floats, columns: Floats, rows: slice) -> None:
    """Write both EMAs, RSI, MACD line and its signal in one pass, bit for bit as the single functions do.

    The five recursions wait for their own last value, not for each other, and run side by side.
    """
    k = len(SMA_WINDOWS)
    fast, slow, rsi, line, signal = (
        columns[k][rows],
        columns[k + 1][rows],
        columns[k + 2][rows],
        columns[k + 3][rows],
        columns[k + 4][rows],
    )
    head = min(_first_number(values) + max(MACD_SLOW + MACD_SIGNAL, RSI_WINDOW) + 1, len(values))
    _exponential(values[:head], MACD_FAST, fast[:head])
    _exponential(values[:head], MACD_SLOW, slow[:head])
    for i in range(head):
        line[i] = fast[i] - slow[i]
    _exponential(line[:head], MACD_SIGNAL, signal[:head])
    gain, loss = _relative_strength(values[:head], RSI_WINDOW, rsi[:head])
    if head == len(values):
        return
    short, long, smooth, last = fast[head - 1], slow[head - 1], signal[head - 1], values[head - 1]
    a, b, c, d = 2.0 / (MACD_FAST + 1.0), 2.0 / (MACD_SLOW + 1.0), 2.0 / (MACD_SIGNAL + 1.0), 1.0 / RSI_WINDOW
    for i in range(head, len(values)):
        change = values[i] - last
        last = values[i]
        up = max(0.0, change)
        short = (1.0 - a) * short + a * last
        long = (1.0 - b) * long + b * last
        difference = short - long
        smooth = (1.0 - c) * smooth + c * difference
        gain = (1.0 - d) * gain + d * up
        loss = (1.0 - d) * loss + d * (up - change)
        fast[i], slow[i], line[i], signal[i] = short, long, difference, smooth
        rsi[i] = _strength(gain, loss)


@compiled(types.float64[::1](SERIES, types.int64))
def sma(values: Floats, window: int) -> Floats:
    """As `moving_averages.sma`, for one window."""
    out = np.empty((1, len(values)))
    if len(values) < window:
        out[:] = np.nan
    else:
        means(values, 0, len(values), (window,), out, 0, scratch_of((window,)))
    averages: Floats = out[0]
    return averages


@compiled(types.float64[::1](SERIES, types.int64))
def ema(values: Floats, window: int) -> Floats:
    """As `moving_averages.ema`, for one window."""
    out = np.empty(len(values))
    _exponential(values, window, out)
    return out


@compiled(types.float64[::1](SERIES, types.int64))
def rsi(values: Floats, window: int) -> Floats:
    """As `oscillators.rsi`, for one window."""
    out = np.empty(len(values))
    _relative_strength(values, window, out)
    return out


@compiled(types.void(SERIES, INTEGERS, OUT_TABLE))
def panel(closes: Floats, starts: Any, columns: Floats) -> None:  # noqa: ANN401 - an int64 array
    """Fill the columns of the instruments whose first rows are `starts`; the last element of `starts` ends the last."""
    scratch = scratch_of(SMA_WINDOWS)
    for k in range(len(starts) - 1):
        rows = slice(starts[k], starts[k + 1])
        means(closes[rows], 0, starts[k + 1] - starts[k], SMA_WINDOWS, columns, starts[k], scratch)
        _recursions(closes[rows], columns, rows)


@compiled(types.void(SERIES, INTEGERS, OUT_TABLE, _BITS))
def clear_missing(closes: Floats, starts: Any, columns: Floats, bits: Any) -> None:  # noqa: ANN401 - int64, uint8 arrays
    """Clear the bits of NaN in bitmaps full of ones: in the warm-ups, and everywhere if a close is no finite number.

    Such a close stays in the MACD's signal as a NaN for ever, so the last signal (and the first close) tell.
    """
    for k in range(len(starts) - 1):
        first, end = starts[k], starts[k + 1]
        if first == end:
            continue
        clean = not (np.isnan(closes[first]) or np.isnan(columns[len(WARMUPS) - 1][end - 1]))
        for column in range(len(WARMUPS)):
            values = columns[column]
            stop = min(end, first + WARMUPS[column]) if clean else end
            for i in range(first, stop):
                if np.isnan(values[i]):
                    bits[column, i >> 3] &= np.uint8(255 - (1 << (i & 7)))
