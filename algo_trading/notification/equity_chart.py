"""The picture of an account's equity."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from algo_trading.notification.canvas import Canvas
from algo_trading.notification.chart import (
    DPI,
    FAINT,
    GRID,
    HEIGHT,
    INK,
    LEFT,
    POINT,
    RIGHT,
    RULE,
    SCALE,
    TITLE,
    WIDTH,
    Scale,
    round_steps,
)

LINE = "#2563eb"
ROOM = (76.0, TITLE - 24.0)  # pixels, upwards from the lower edge
LABELS = 6  # of the time axis


def draw_equity(title: str, moments: Sequence[datetime], equity: Sequence[float]) -> bytes:
    """A PNG of equity over time; equal input gives equal bytes.

    Raises:
        ValueError: there are no points.
    """
    if not moments:
        raise ValueError(f"{title}: there is no equity to draw")
    values = np.array(equity, dtype=np.float64)
    canvas = Canvas(SCALE * WIDTH, SCALE * HEIGHT, DPI)
    x = Scale(-0.5, max(len(values) - 0.5, 0.5), LEFT, RIGHT)
    lowest, highest = float(np.min(values)), float(np.max(values))
    room = 0.06 * (highest - lowest) or 0.02 * abs(highest) or 1.0
    y = Scale(lowest - room, highest + room, *ROOM)
    ticks = [tick for tick in round_steps(y.low, y.high) if tick >= y.low]
    places = np.round(y(ticks))
    canvas.boxes(np.full(len(ticks), LEFT), np.full(len(ticks), RIGHT), places - RULE / 2, places + RULE / 2, GRID)
    for tick, up in zip(ticks, places.tolist(), strict=True):
        canvas.text((RIGHT + 10, up), f"{tick:,g}", FAINT, 9)
    canvas.line(x(np.arange(len(values))), y(values), LINE, 1.5 * POINT)
    for place in sorted({round(place) for place in np.linspace(0, len(values) - 1, LABELS)})[1:-1]:
        canvas.text((float(x(place)), ROOM[0] - 7 * POINT), f"{moments[place]:%d %b %Y}", FAINT, 9, across=0.5, up=1)
    canvas.text((LEFT, TITLE), title, INK, 12, bold=True)
    return canvas.png((INK, FAINT, GRID, LINE))
