"""A small picture of closes."""

import numpy as np

from algo_trading.domain.bars import Floats
from algo_trading.notification.canvas import Canvas
from algo_trading.notification.chart import DPI, POINT, SCALE, Scale
from algo_trading.notification.score_chart import BEAR, BULL

WIDTH, HEIGHT = 300, 56  # pixels of a mail
EDGE = 3.0


def draw_sparkline(closes: Floats) -> bytes:
    """A PNG of closes, green where the last is not below the first; equal input gives equal bytes.

    Raises:
        ValueError: there are none.
    """
    if not len(closes):
        raise ValueError("there are no closes to draw")
    canvas = Canvas(SCALE * WIDTH, SCALE * HEIGHT, DPI)
    low, high = float(np.min(closes)), float(np.max(closes))
    room = 0.05 * (high - low) or 0.02 * abs(high) or 1.0
    x = Scale(0, max(len(closes) - 1, 1), EDGE, SCALE * WIDTH - EDGE)
    y = Scale(low - room, high + room, EDGE, SCALE * HEIGHT - EDGE)
    color = BULL if closes[-1] >= closes[0] else BEAR
    canvas.line(x(np.arange(len(closes))), y(closes), color, 1.5 * POINT)
    return canvas.png((color,))
