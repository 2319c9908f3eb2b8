"""The surface on which charts are drawn."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from algo_trading.notification.canvas import Canvas
from algo_trading.notification.chart import round_steps

pytestmark = pytest.mark.unit

RED, GREY = "#c62f3b", "#7b8794"


def pixels(canvas: Canvas) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = Image.open(BytesIO(canvas.png([RED, GREY])))
    assert picture.mode == "P"
    return np.asarray(picture.convert("RGB"))


def test_a_box_lies_where_it_should_in_its_very_colour_on_pure_white() -> None:
    canvas = Canvas(100, 50, 72)
    canvas.boxes(np.array([10.0]), np.array([20.0]), np.array([5.0]), np.array([15.0]), RED)
    found = pixels(canvas)
    assert (found[35:45, 10:20] == (0xC6, 0x2F, 0x3B)).all()
    found = found.copy()
    found[35:45, 10:20] = 255
    assert (found == 255).all()


def test_a_new_canvas_is_empty() -> None:
    Canvas(60, 60, 72).polygon([(0, 0), (60, 0), (60, 60)], RED)
    assert (pixels(Canvas(60, 60, 72)) == 255).all()


def test_text_is_as_wide_as_it_says_and_stands_where_it_should() -> None:
    canvas = Canvas(200, 60, 144)
    width = canvas.text((190, 30), "202.33", RED, 9, across=1)
    assert width == canvas.text_width("202.33", 9)
    down, right = np.nonzero((pixels(canvas) != 255).any(axis=2))
    assert abs(right.min() - (190 - width)) < 3
    assert right.max() <= 190
    assert abs((down.min() + down.max()) / 2 - 30) < 1.5


def test_a_line_is_interrupted_where_there_is_no_value() -> None:
    canvas = Canvas(100, 20, 72)
    canvas.line(np.arange(0.0, 101, 10), np.where(np.arange(11) == 5, np.nan, 10.0), RED, 4)
    columns = (pixels(canvas) != 255).any(axis=(0, 2))
    assert columns[1:39].all()
    assert not columns[43:57].any()
    assert columns[61:99].all()


def test_threads_do_not_draw_on_each_other() -> None:
    def draw(left: float) -> bytes:
        canvas = Canvas(400, 400, 72)
        canvas.boxes(np.array([left]), np.array([left + 9]), np.array([5.0]), np.array([15.0]), RED)
        return canvas.png([RED])

    alone = [draw(float(left)) for left in range(20)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(draw, map(float, range(20)))) == alone


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (184, 212, [185, 190, 195, 200, 205, 210]),
        (0.9, 1.1, [0.9, 0.95, 1.0, 1.05, 1.1]),
        (-1, 1, [-1, -0.5, 0, 0.5, 1]),
        (12.4, 12.4, []),
        (0, float("inf"), []),
    ],
)
def test_steps_are_round(low: float, high: float, expected: list[float]) -> None:
    assert round_steps(low, high) == pytest.approx(expected)
