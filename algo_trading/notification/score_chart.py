"""The picture of a pair's scores: its price, and the bull and bear score beneath."""

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.notification.canvas import Canvas, Point
from algo_trading.notification.chart import (
    DPI,
    END,
    FAINT,
    GRID,
    HEIGHT,
    INK,
    LEFT,
    LEGEND,
    POINT,
    PRICES,
    RIGHT,
    RULE,
    SCALE,
    TITLE,
    WIDTH,
    Scale,
    round_steps,
)
from algo_trading.notification.words import price_text

BULL, BEAR, PRICE = "#12805c", "#c62f3b", "#2563eb"
SCORES = (76.0, 225.0)  # pixels, upwards from the lower edge
PRICE_ROOM = (250.0, PRICES[1])
LABELS = 6  # of the time axis


def draw_scores(bars: Bars, bull: NDArray[np.int64], bear: NDArray[np.int64], maximum: int, threshold: int) -> bytes:
    """A PNG of the closes of `bars` with the scores at each of them; equal input gives equal bytes.

    Scores go up to `maximum`; a line marks the `threshold` from which one is called high.

    Raises:
        ValueError: there are no bars.
    """
    if not len(bars):
        raise ValueError(f"{bars.instrument}: there are no candles to draw")
    canvas = Canvas(SCALE * WIDTH, SCALE * HEIGHT, DPI)
    x = Scale(-0.5, max(len(bars) - 0.5, 0.5), LEFT, RIGHT)
    lowest, highest = float(np.min(bars.close)), float(np.max(bars.close))
    room = 0.06 * (highest - lowest) or 0.02 * abs(highest)
    y, scores = Scale(lowest - room, highest + room, *PRICE_ROOM), Scale(0, max(maximum, 1), *SCORES)
    _axis(canvas, y, [tick for tick in round_steps(y.low, y.high) if tick >= y.low])
    _axis(canvas, scores, [0.0, maximum / 2, float(maximum)])
    at = x(np.arange(len(bars)))
    canvas.line(at, y(bars.close), PRICE, 1.5 * POINT)
    if threshold <= maximum:
        canvas.line(np.array([LEFT, RIGHT]), np.repeat(scores(threshold), 2), FAINT, 0.8 * POINT)
    for values, color in ((bull, BULL), (bear, BEAR)):
        canvas.line(at, scores(values), color, 1.2 * POINT)
    _time_axis(canvas, bars, at)
    width = canvas.text((LEFT, TITLE), str(bars.instrument), INK, 12, bold=True)
    label = f"{price_text(float(bars.close[-1]))}   bull {bull[-1]} of {maximum}, bear {bear[-1]} of {maximum}"
    canvas.text((LEFT + width + 0.015 * canvas.width, TITLE), label, INK, 12)
    canvas.text((END, LEGEND), f"{bars.closed_at[-1].item():%Y-%m-%d %H:%M} UTC", FAINT, 8, across=1)
    _legend(canvas, ((LEFT + 4 * POINT, LEGEND), ("price", "bull score", "bear score")), threshold)
    return canvas.png((INK, FAINT, GRID, BULL, BEAR, PRICE))


def _axis(canvas: Canvas, y: Scale, ticks: list[float]) -> None:
    places = np.round(y(ticks))
    bottom: Floats = places - RULE / 2
    canvas.boxes(np.full(len(ticks), LEFT), np.full(len(ticks), RIGHT), bottom, bottom + RULE, GRID)
    for tick, up in zip(ticks, places.tolist(), strict=True):
        canvas.text((RIGHT + 10, up), f"{tick:,g}", FAINT, 9)


def _time_axis(canvas: Canvas, bars: Bars, at: Floats) -> None:
    """Dates where days begin, as many as there is room for; times of day where all is one day."""
    starts = np.flatnonzero(bars.sessions[1:] != bars.sessions[:-1]) + 1
    hours = len(starts) < 2
    places = np.linspace(0, len(bars) - 1, LABELS).astype(np.int64)[1:-1] if hours else starts
    chosen = np.unique(places[np.linspace(0, len(places) - 1, min(LABELS, len(places))).astype(np.int64)])
    for place in chosen.tolist():
        moment = bars.opened_at[place].item()
        label = f"{moment:%H:%M}" if hours and bars.interval.intraday else f"{moment:%d %b %Y}"
        left = float(at[place]) - canvas.text_width(label, 9) / 2
        if left >= LEFT and at[place] <= RIGHT:
            canvas.text((left, SCORES[0] - 7 * POINT), label, FAINT, 9, up=1)


def _legend(canvas: Canvas, names: tuple[Point, tuple[str, ...]], threshold: int) -> None:
    (left, up), texts = names
    for text, color in zip((*texts, f"high from {threshold}"), (PRICE, BULL, BEAR, FAINT), strict=True):
        canvas.line(np.array([left, left + 11 * POINT]), np.array([up, up]), color, 1.5 * POINT)
        left += 18 * POINT
        left += canvas.text((left, up), text, INK, 9) + 15 * POINT
