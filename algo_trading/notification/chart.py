"""The picture in a mail: the last bars, the lines the strategy watches, and the bar it decided on."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.notification.canvas import Canvas, shade
from algo_trading.notification.words import price_text

BARS_SHOWN = 90
BOX = 0.66  # width of a bar's body and volume, of the room that it has
SLOTS = 30  # width of at least so many bars, that those of a young listing stay slim
WIDTH, HEIGHT = 600, 400  # CSS pixels; the picture has twice as many for sharp screens
SCALE, DPI = 2, 200
POINT = DPI / 72  # pixels

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
RISING, FALLING = "#a9b6c4", "#52606d"
LINES = ("#2563eb", "#e07a10", "#8b3fb8", "#0f8a8a", "#b0215e")
MARKS = {Side.BUY: ("▲", "#12805c"), Side.SELL: ("▼", "#c62f3b"), Side.HOLD: ("●", FAINT)}
HIGHLIGHT = 0.13  # opacity of the band behind the last bar

# In pixels, upwards from the lower edge.
LEFT, RIGHT = 0.02 * SCALE * WIDTH, 0.89 * SCALE * WIDTH
VOLUMES, PRICES = (56.0, 152.0), (175.0, 680.0)
TITLE, LEGEND = 0.95 * SCALE * HEIGHT, 0.885 * SCALE * HEIGHT
END = 0.975 * SCALE * WIDTH
RULE = 2.0  # thickness of grid lines, axes and ticks


@dataclass(frozen=True)
class Scale:
    """Where values lie on the canvas: `low` at pixel `bottom`, `high` at pixel `top`."""

    low: float
    high: float
    bottom: float
    top: float

    def __call__(self, values: ArrayLike) -> Floats:
        """Pixels of values; they are divided first, because the range may exceed the largest float."""
        low, high = self.low / 2, self.high / 2
        return self.bottom + (np.asarray(values, dtype=np.float64) / 2 - low) / (high - low) * (self.top - self.bottom)


def draw_chart(bars: Bars, lines: Mapping[str, Floats], side: Side, label: str) -> bytes:
    """A PNG of the last BARS_SHOWN of `bars`, 2 * WIDTH pixels wide; equal input gives equal bytes.

    `lines` are series of the length of `bars` on the scale of the price, drawn under their names. The last bar is
    marked for `side`; `label` stands beside the symbol.

    Raises:
        ValueError: there are no bars.
    """
    if not len(bars):
        raise ValueError(f"{bars.instrument}: there are no bars to draw")
    window = bars[-BARS_SHOWN:]
    # Lines that are still warming up have no value in the window.
    shown = {name: values[-BARS_SHOWN:] for name, values in lines.items() if np.isfinite(values[-BARS_SHOWN:]).any()}
    canvas = Canvas(SCALE * WIDTH, SCALE * HEIGHT, DPI)
    color = MARKS[side][1]
    x = Scale(min(-1, len(window) - SLOTS), len(window), LEFT, RIGHT)
    y = _price_scale(window, shown)
    _draw_highlight(canvas, window, x, color)
    _draw_price_axis(canvas, window, y)
    _draw_candles(canvas, window, x, y)
    for values, line_color in zip(shown.values(), _line_colors(len(shown)), strict=True):
        canvas.line(x(np.arange(len(window))), y(values), line_color, 1.5 * POINT)
    _draw_mark(canvas, window, side, x, y)
    _draw_volumes(canvas, window, x)
    _draw_time_axis(canvas, window, x)
    _draw_title(canvas, window, label, color)
    _draw_legend(canvas, list(shown))
    marks = (mark for _, mark in MARKS.values())
    return canvas.png((INK, FAINT, GRID, RISING, FALLING, *LINES, *marks), [shade(color, HIGHLIGHT)])


def _line_colors(count: int) -> list[str]:
    return [LINES[number % len(LINES)] for number in range(count)]


def _price_scale(bars: Bars, lines: Mapping[str, Floats]) -> Scale:
    """The range of bars and lines, with room for the mark above or below the last bar, also where all is flat."""
    lowest, highest = float(np.min(bars.low)), float(np.max(bars.high))
    room = 0.08 * (highest - lowest) or 0.02 * abs(highest) or 1.0
    low = min([lowest - room, *(float(np.nanmin(values)) for values in lines.values())])
    high = max([highest + room, *(float(np.nanmax(values)) for values in lines.values())])
    margin = 0.02 * (high - low)
    return Scale(low - margin, high + margin, *PRICES)


def _draw_highlight(canvas: Canvas, bars: Bars, x: Scale, color: str) -> None:
    left, right = x([len(bars) - 1.6, len(bars) - 0.4]).tolist()
    bottom, top = PRICES
    canvas.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], color, HIGHLIGHT)


def _draw_price_axis(canvas: Canvas, bars: Bars, y: Scale) -> None:
    close = float(bars.close[-1])
    covered = 0.045 * (y.high - y.low)  # by the price tag; no label looks out from under it
    ticks = round_steps(y.low, y.high)
    at = np.round(y(ticks))
    for tick, up in zip(ticks, at.tolist(), strict=True):
        if abs(tick - close) >= covered:
            canvas.text((RIGHT + 10, up), f"{tick:,g}", FAINT, 9)
    # With the axes of prices and volumes.
    bottom = np.array([*at, PRICES[0], VOLUMES[0]]) - 1
    canvas.boxes(np.full(len(bottom), LEFT), np.full(len(bottom), RIGHT), bottom, bottom + RULE, GRID)


def round_steps(low: float, high: float) -> list[float]:
    """Up to eight round values from `low` to `high`: multiples of 1, 2, 2.5 or 5 and a power of ten."""
    rough = (high - low) / 7
    if not 0 < rough < float("inf"):
        return []
    power = 10.0 ** floor(log10(rough))
    step = next((factor * power for factor in (1, 2, 2.5, 5) if factor * power >= rough), 10 * power)
    first, last = ceil(low / step), floor(high / step)
    return [number * step for number in range(first, last + 1)]


def _draw_candles(canvas: Canvas, bars: Bars, x: Scale, y: Scale) -> None:
    center, half = x(np.arange(len(bars))), _half_box(x)
    low, high = y(bars.low), y(bars.high)
    bottom, top = y(np.minimum(bars.open, bars.close)), y(np.maximum(bars.open, bars.close))
    wick, edge = 0.4 * POINT, 0.3 * POINT  # half of a line's width
    for rows, color in _by_color(bars):
        canvas.boxes(center[rows] - wick, center[rows] + wick, low[rows], high[rows], color)
        left, right = center[rows] - half, center[rows] + half
        canvas.boxes(left - edge, right + edge, bottom[rows] - edge, top[rows] + edge, color)


def _half_box(x: Scale) -> float:
    return BOX / 2 * (x.top - x.bottom) / (x.high - x.low)


def _by_color(bars: Bars) -> list[tuple[NDArray[np.bool_], str]]:
    rising = bars.close >= bars.open
    return [(rising, RISING), (~rising, FALLING)]


def _draw_mark(canvas: Canvas, bars: Bars, side: Side, x: Scale, y: Scale) -> None:
    marker, color = MARKS[side]
    at = float(x(len(bars) - 1))
    price, away = (float(bars.low[-1]), -9 * POINT) if side is Side.BUY else (float(bars.high[-1]), 9 * POINT)
    canvas.text((at, float(y(price)) + away), marker, color, 11, across=0.5)
    _draw_price_tag(canvas, price_text(float(bars.close[-1])), float(y(bars.close[-1])), color)


def _draw_price_tag(canvas: Canvas, text: str, at: float, color: str) -> None:
    pad = 0.3 * 8 * POINT
    left = RIGHT + 4 * POINT
    width, half = canvas.text_width(text, 8, bold=True), canvas.capitals(8, bold=True) / 2
    canvas.rounded_box(left - pad, left + width + pad, at - half - pad, at + half + pad, color)
    canvas.text((left, at), text, "#ffffff", 8, bold=True)


def _draw_volumes(canvas: Canvas, bars: Bars, x: Scale) -> None:
    bottom, top = VOLUMES
    y = Scale(0, (float(np.max(bars.volume)) or 1.0) * 1.05, bottom, top)
    center, half, height = x(np.arange(len(bars))), _half_box(x), y(bars.volume)
    for rows, color in _by_color(bars):
        floor_of = np.full(int(rows.sum()), bottom)
        canvas.boxes(center[rows] - half, center[rows] + half, floor_of, height[rows], color)


def _draw_time_axis(canvas: Canvas, bars: Bars, x: Scale) -> None:
    months = bars.sessions.astype("datetime64[M]")
    bottom, tick = VOLUMES[0], 3 * POINT
    starts = np.flatnonzero(months[1:] != months[:-1]) + 1
    places = np.round(x(starts))
    for start, at in zip(starts.tolist(), places.tolist(), strict=True):
        day = bars.session(start)
        label = f"{day:%b %Y}" if day.month == 1 else f"{day:%b}"
        canvas.text((at, bottom - 2.2 * tick), label, FAINT, 9, across=0.5, up=1)
    canvas.boxes(
        places - 1, places - 1 + RULE, np.full(len(starts), bottom - tick), np.full(len(starts), bottom), FAINT
    )


def _draw_title(canvas: Canvas, bars: Bars, label: str, color: str) -> None:
    width = canvas.text((LEFT, TITLE), str(bars.instrument), INK, 12, bold=True)
    canvas.text((LEFT + width + 0.015 * canvas.width, TITLE), label, color, 12, bold=True)
    canvas.text((END, TITLE), str(bars.session(-1)), FAINT, 9, across=1)


def _draw_legend(canvas: Canvas, names: list[str]) -> None:
    at = LEFT + 4 * POINT
    for name, color in zip(names, _line_colors(len(names)), strict=True):
        canvas.line(np.array([at, at + 11 * POINT]), np.array([LEGEND, LEGEND]), color, 1.5 * POINT)
        at += 18 * POINT
        at += canvas.text((at, LEGEND), name, INK, 9) + 15 * POINT
