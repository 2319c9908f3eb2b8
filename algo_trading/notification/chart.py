"""The picture in a mail: the last bars, the lines the strategy watches, and the bar it decided on."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.notification.words import price_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

BARS_SHOWN = 90
BOX = 0.66  # width of a bar's body and volume, of the room that it has
SLOTS = 30  # width of at least so many bars, that those of a young listing stay slim
WIDTH, HEIGHT = 600, 400  # CSS pixels; the picture has twice as many for sharp screens
INCH = 100  # CSS pixels
LEFT = 0.02

INK, FAINT, GRID = "#1f2933", "#7b8794", "#e4e7eb"
RISING, FALLING = "#a9b6c4", "#52606d"
LINES = ("#2563eb", "#e07a10", "#8b3fb8", "#0f8a8a", "#b0215e")
MARKS = {Side.BUY: ("▲", "#12805c"), Side.SELL: ("▼", "#c62f3b"), Side.HOLD: ("●", FAINT)}

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # a $ in a symbol is a $
    "axes.edgecolor": GRID,
    "axes.labelcolor": FAINT,
    "axes.spines.left": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.borderpad": 0,
    "legend.handlelength": 1.2,
    "legend.columnspacing": 1.6,
    "path.simplify": False,
}


def draw_chart(bars: Bars, lines: Mapping[str, Floats], side: Side, label: str) -> bytes:
    """A PNG of the last BARS_SHOWN of `bars`, 2 * WIDTH pixels wide; equal input gives equal bytes.

    `lines` are series of the length of `bars` on the scale of the price, drawn under their names. The last bar is
    marked for `side`; `label` stands beside the symbol.

    Raises:
        ValueError: there are no bars.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    if not len(bars):
        raise ValueError(f"{bars.instrument}: there are no bars to draw")
    window = bars[-BARS_SHOWN:]
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        figure = Figure(figsize=(WIDTH / INCH, HEIGHT / INCH), dpi=2 * INCH, facecolor="white")
        panes = figure.add_gridspec(
            2, 1, height_ratios=(5, 1), hspace=0.06, left=LEFT, right=0.89, top=0.85, bottom=0.07
        )
        prices = figure.add_subplot(panes[0])
        volumes = figure.add_subplot(panes[1], sharex=prices)
        _draw_candles(prices, window)
        drawn = _draw_lines(prices, {name: values[-BARS_SHOWN:] for name, values in lines.items()})
        _draw_mark(prices, window, side)
        _draw_volumes(volumes, window)
        _draw_time_axis(volumes, window)
        prices.tick_params(bottom=False, labelbottom=False)
        name = figure.text(LEFT, 0.95, str(bars.instrument), fontsize=12, fontweight="bold", va="center")
        beside = name.get_window_extent().transformed(figure.transFigure.inverted()).x1 + 0.015
        color = MARKS[side][1]
        figure.text(beside, 0.95, label, color=color, fontsize=12, fontweight="bold", va="center")
        end = str(window.session(-1))
        figure.text(0.975, 0.95, end, color=FAINT, va="center", ha="right")
        figure.legend(handles=drawn, loc="center left", bbox_to_anchor=(LEFT, 0.885), ncols=len(LINES))
        picture = BytesIO()
        figure.savefig(picture, format="png", metadata={"Software": None})
        figure.clear()  # axes and figure refer to each other; cleared, they go at once
    return picture.getvalue()


def _draw_candles(axes: "Axes", bars: Bars) -> None:
    x, colors = np.arange(len(bars)), _colors(bars)
    axes.vlines(x, bars.low, bars.high, colors=colors, linewidth=0.8)
    low, high = np.minimum(bars.open, bars.close), np.maximum(bars.open, bars.close)
    _draw_boxes(axes, low, high, colors, edge=0.6)
    # Room for the mark above or below the last bar, also where the series is flat.
    lowest, highest = float(np.min(bars.low)), float(np.max(bars.high))
    room = 0.08 * (highest - lowest) or 0.02 * abs(highest) or 1.0
    axes.update_datalim([(0, lowest - room), (0, highest + room)])
    axes.margins(y=0.02)
    axes.set_xlim(min(-1, len(bars) - SLOTS), len(bars))
    axes.yaxis.tick_right()
    axes.grid(axis="y")


def _draw_lines(axes: "Axes", lines: Mapping[str, Floats]) -> "list[Line2D]":
    """The lines that have a value in the window; the others are still warming up."""
    drawn: list[Line2D] = []
    for name, values in lines.items():
        if np.isfinite(values).any():
            color = LINES[len(drawn) % len(LINES)]
            drawn += axes.plot(np.arange(len(values)), values, color=color, linewidth=1.5, label=name)
    return drawn


def _draw_mark(axes: "Axes", bars: Bars, side: Side) -> None:
    marker, color = MARKS[side]
    last, close = len(bars) - 1, float(bars.close[-1])
    price, away = (float(bars.low[-1]), -9) if side is Side.BUY else (float(bars.high[-1]), 9)
    axes.axvspan(last - 0.6, last + 0.6, color=color, alpha=0.13, linewidth=0, zorder=0)
    axes.annotate(
        marker,
        (last, price),
        xytext=(0, away),
        textcoords="offset points",
        ha="center",
        va="center",
        color=color,
        fontsize=11,
    )
    low, high = axes.get_ylim()
    covered = 0.045 * (high - low)  # by the price tag; no tick label looks out from under it
    axes.yaxis.set_major_formatter(lambda value, _: "" if abs(value - close) < covered else f"{value:,g}")
    axes.annotate(
        price_text(close),
        (1, close),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        color="white",
        fontweight="bold",
        fontsize=8,
        bbox={"boxstyle": "round,pad=0.3", "facecolor": color, "edgecolor": "none"},
        annotation_clip=False,
    )


def _draw_volumes(axes: "Axes", bars: Bars) -> None:
    _draw_boxes(axes, np.zeros(len(bars)), bars.volume, _colors(bars))
    axes.set_ylim(0, (float(np.max(bars.volume)) or 1.0) * 1.05)
    axes.set_yticks([])


def _draw_boxes(axes: "Axes", bottom: Floats, top: Floats, colors: list[str], edge: float = 0.0) -> None:
    """A box for each bar, its edge so many points wide: one collection, where Axes.bar makes a patch of each."""
    from matplotlib.collections import PolyCollection

    left = np.arange(len(bottom)) - BOX / 2
    right = left + BOX
    corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top)]).transpose(2, 0, 1)
    edges = colors if edge else "none"
    axes.add_collection(
        PolyCollection(list(corners), facecolors=colors, edgecolors=edges, linewidths=edge, joinstyle="miter")
    )


def _draw_time_axis(axes: "Axes", bars: Bars) -> None:
    months = bars.sessions.astype("datetime64[M]")
    starts = (np.flatnonzero(months[1:] != months[:-1]) + 1).tolist()
    firsts = [bars.session(start) for start in starts]
    axes.set_xticks(starts, [f"{day:%b %Y}" if day.month == 1 else f"{day:%b}" for day in firsts])


def _colors(bars: Bars) -> list[str]:
    return [RISING if up else FALLING for up in bars.close >= bars.open]
