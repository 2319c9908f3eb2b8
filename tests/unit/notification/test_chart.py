"""The picture in a mail."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from algo_trading.domain.bars import COLUMNS, Bars, Floats
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side
from algo_trading.notification.chart import (
    BARS_SHOWN,
    FAINT,
    FALLING,
    GRID,
    HEIGHT,
    INK,
    LINES,
    MARKS,
    RISING,
    WIDTH,
    draw_chart,
)
from algo_trading.strategies.ema_cross import EmaCross
from support.mail_examples import ibm_bars

pytestmark = pytest.mark.unit


def ibm_chart(bars: Bars, side: Side = Side.BUY) -> bytes:
    return draw_chart(bars, EmaCross().lines(bars), side, f"{side.upper()} at {bars.close[-1]:.2f}")


def pixels(png: bytes) -> Floats:
    values: Floats = np.asarray(Image.open(BytesIO(png)).convert("RGB")) / 255
    return values


def has_color(png: bytes, color: str) -> bool:
    wanted = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return bool((np.abs(pixels(png) - wanted) < 1 / 255).all(axis=2).any())


def test_twice_the_css_size_and_equal_bytes_every_time() -> None:
    first = ibm_chart(ibm_bars())
    assert pixels(first).shape == (2 * HEIGHT, 2 * WIDTH, 3)
    assert ibm_chart(ibm_bars()) == first
    assert b"atplotlib" not in first


def test_only_the_last_bars_are_shown() -> None:
    bars = ibm_bars()
    lines = EmaCross().lines(bars)
    tails = {name: values[-BARS_SHOWN:] for name, values in lines.items()}
    assert draw_chart(bars[-BARS_SHOWN:], tails, Side.BUY, "x") == draw_chart(bars, lines, Side.BUY, "x")
    changed = replace(bars, close=np.where(np.arange(len(bars)) == len(bars) - BARS_SHOWN, 205.0, bars.close))
    assert draw_chart(changed, lines, Side.BUY, "x") != draw_chart(bars, lines, Side.BUY, "x")


@pytest.mark.parametrize("side", list(Side))
def test_the_mark_has_the_color_of_its_side(side: Side) -> None:
    png = ibm_chart(ibm_bars(), side)
    assert [has_color(png, MARKS[other][1]) for other in (Side.BUY, Side.SELL)] == [
        side is Side.BUY,
        side is Side.SELL,
    ]


@pytest.mark.parametrize("color", ["#ffffff", INK, FAINT, GRID, RISING, FALLING])
def test_the_palette_keeps_every_color_as_it_is(color: str) -> None:
    for side in Side:
        assert has_color(ibm_chart(ibm_bars(), side), color)


def test_a_line_for_each_series_that_has_values() -> None:
    bars = ibm_bars()[-30:]
    warming = np.full(len(bars), np.nan)
    png = draw_chart(bars, {"first": bars.close, "warming up": warming, "second": bars.close - 5}, Side.SELL, "x")
    assert [has_color(png, color) for color in LINES[:3]] == [True, True, False]


def test_a_setting_of_the_user_changes_nothing() -> None:
    import matplotlib as mpl

    expected = ibm_chart(ibm_bars())
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "savefig.dpi": 10}):
        assert ibm_chart(ibm_bars()) == expected
        assert mpl.rcParams["font.size"] == 30


def flat(bars: Bars, price: float) -> Bars:
    columns: dict[str, Any] = {name: np.full(len(bars), price) for name in COLUMNS}
    return replace(bars, **columns)


@pytest.mark.parametrize(
    "bars",
    [
        ibm_bars()[-1:],
        ibm_bars()[-2:],
        flat(ibm_bars()[-50:], 12.5),
        flat(ibm_bars()[-50:], 0.0),
        replace(ibm_bars()[-50:], volume=np.zeros(50)),
        replace(flat(ibm_bars()[-50:], 1e6), instrument=Instrument("A$B_{x}$C <&>")),
    ],
    ids=["one bar", "two bars", "flat", "zero", "no volume", "odd symbol"],
)
def test_every_series_can_be_drawn(bars: Bars) -> None:
    for side in Side:
        assert pixels(ibm_chart(bars, side)).std() > 0


def test_without_bars_there_is_no_picture() -> None:
    with pytest.raises(ValueError, match="IBM: there are no bars to draw"):
        draw_chart(ibm_bars()[:0], {}, Side.BUY, "x")
