"""The picture of scores: drawn for any candles, and the same for the same input."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from algo_trading.domain.bars import Bars
from algo_trading.domain.time import Interval
from algo_trading.notification.chart import FAINT
from algo_trading.notification.score_chart import BEAR, BULL, PRICE, draw_scores
from support.candles import candles

pytestmark = pytest.mark.unit


def picture(bars: Bars, bull: int = 0, bear: int = 0, maximum: int = 36, threshold: int = 25) -> Image.Image:
    """A picture of scores that rise once."""
    rises = np.arange(len(bars)) >= len(bars) // 2
    drawn = draw_scores(bars, np.where(rises, bull, 0), np.where(rises, bear, 0), maximum, threshold)
    return Image.open(BytesIO(drawn)).convert("RGB")


def rows_with(image: Image.Image, color: str) -> list[int]:
    """The rows of the chart's right half, without its legend and axis, that hold a colour."""
    wanted = tuple(bytes.fromhex(color[1:]))
    pixels = np.asarray(image)[130:, 650:1040]
    return np.flatnonzero((pixels == wanted).all(axis=2).any(axis=1)).tolist()


@pytest.mark.parametrize("n", [1, 2, 30, 3000])
@pytest.mark.parametrize("interval", [Interval.MINUTE_5, Interval.DAY])
def test_any_number_of_candles(n: int, interval: Interval) -> None:
    image = picture(candles(n, interval), 10, 20)
    assert image.size == (1200, 800)


def test_a_flat_price_is_drawn() -> None:
    bars = candles(50)
    level = np.full(50, 0.00001)
    assert rows_with(picture(replace(bars, open=level, high=level, low=level, close=level)), PRICE)


def test_higher_scores_lie_higher_and_the_threshold_between() -> None:
    image = picture(candles(400), bull=30, bear=10)
    highest = {name: min(rows_with(image, color)) for name, color in (("bull", BULL), ("bear", BEAR), ("line", FAINT))}
    assert highest["bull"] < highest["line"] < highest["bear"]
    assert max(rows_with(image, PRICE)) < highest["bull"]


def test_equal_input_gives_equal_bytes() -> None:
    bars, zeros = candles(300), np.zeros(300, np.int64)
    assert draw_scores(bars, zeros, zeros, 12, 25) == draw_scores(bars, zeros, zeros, 12, 25)
    with pytest.raises(ValueError, match="BTCUSDT: there are no candles to draw"):
        draw_scores(bars[:0], zeros[:0], zeros[:0], 12, 25)
