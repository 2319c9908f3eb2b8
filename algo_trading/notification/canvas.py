"""A drawing surface: shapes by matplotlib's Agg renderer, texts by Pillow. Figures would take ten times as long.

The font comes with matplotlib, so the picture is the same on every machine.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Floats

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

SHADES = 9  # between a colour and white: the edges of letters and lines
APART = 24  # of two palette entries, in steps of red, green and blue together
COMPRESSION = 3  # of PNG; more takes twice as long for a tenth less

Point = tuple[float, float]
Rgb = tuple[int, int, int]


class Canvas:
    """Pixels on which lines, boxes and texts are drawn; y goes upwards from the lower edge, widths are in pixels.

    A thread draws one at a time: the next one of the same size takes the memory of the one before.
    """

    def __init__(self, width: int, height: int, dpi: float) -> None:
        self.width, self.height = width, height
        self._point = dpi / 72
        self._renderer = _renderer(width, height, dpi)
        self._texts: list[tuple[tuple[int, int], str, str, FreeTypeFont]] = []
        np.asarray(self._renderer.buffer_rgba())[:] = 255

    def polygon(self, corners: Sequence[Point], color: str, alpha: float = 1.0) -> None:
        """A filled shape."""
        self._path(np.array([*corners, corners[0]]), None, color, 0.0, alpha)

    def boxes(self, left: Floats, right: Floats, bottom: Floats, top: Floats, color: str) -> None:
        """Filled boxes of one colour, one for each row of the arrays."""
        from matplotlib.path import Path as Shape

        if not len(left):
            return
        corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
        codes = np.array([Shape.MOVETO, *[Shape.LINETO] * 3, Shape.CLOSEPOLY], dtype=np.uint8)
        self._path(corners.transpose(2, 0, 1).reshape(-1, 2), np.tile(codes, len(left)), color, 0.0)

    def rounded_box(self, left: float, right: float, bottom: float, top: float, color: str) -> None:
        """A filled box whose corners are arcs of a fifth of its height."""
        radius = 0.2 * (top - bottom)
        turn = np.linspace(0, np.pi / 2, 7)
        arc = radius * np.column_stack((np.cos(turn), np.sin(turn)))
        corners: list[Point] = []
        centers = [(right - radius, top - radius), (left + radius, top - radius)]
        centers += [(left + radius, bottom + radius), (right - radius, bottom + radius)]
        for x, y in centers:
            corners += [(x + across, y + up) for across, up in arc.tolist()]
            arc = np.column_stack((-arc[:, 1], arc[:, 0]))  # a quarter turn
        self.polygon(corners, color)

    def line(self, x: Floats, y: Floats, color: str, width: float) -> None:
        """A line through the points; it is interrupted where one is not finite."""
        self._path(np.column_stack((x, y)), None, color, width)

    def text(
        self, at: Point, text: str, color: str, size: float, *, bold: bool = False, across: float = 0, up: float = 0.5
    ) -> float:
        """Write `size` points high; `across` of the text is left of `at`, `up` of the capitals' height below it.

        Texts lie above all shapes. Returns the width in pixels.
        """
        font = self._font(size, bold=bold)
        width = font.getlength(text)
        x, y = at[0] - across * width, at[1] - up * self.capitals(size, bold=bold)
        self._texts.append(((round(x), round(self.height - y)), text, color, font))
        return width

    def text_width(self, text: str, size: float, *, bold: bool = False) -> float:
        """How wide `text` would be, in pixels."""
        return self._font(size, bold=bold).getlength(text)

    def capitals(self, size: float, *, bold: bool = False) -> float:
        """The height of capital letters in pixels."""
        return -self._font(size, bold=bold).getbbox("X", anchor="ls")[1]

    def _font(self, size: float, *, bold: bool) -> "FreeTypeFont":
        return _font(size * self._point, bold=bold)

    def png(self, colors: Iterable[str], tints: Iterable[Rgb] = ()) -> bytes:
        """The picture in a palette of these colours, their shades on white, and `tints`."""
        from PIL.Image import Dither, frombytes

        size = (self.width, self.height)
        picture = frombytes("RGB", size, self._renderer.buffer_rgba(), "raw", "RGBX")
        for (x, y), text, color, font in self._texts:
            mask, left, top = _written(text, font)
            picture.paste(color, (x + left, y + top), mask)
        file = BytesIO()
        picture.quantize(palette=_palette(tuple(dict.fromkeys(colors)), tuple(tints)), dither=Dither.NONE).save(
            file, "PNG", compress_level=COMPRESSION
        )
        return file.getvalue()

    def _path(
        self, vertices: Floats, codes: NDArray[np.uint8] | None, color: str, width: float, alpha: float = 1.0
    ) -> None:
        from matplotlib.path import Path as Shape
        from matplotlib.transforms import IdentityTransform

        path = Shape(vertices, codes)
        path.should_simplify = False
        with self._drawing(color, alpha) as pen:
            pen.set_linewidth(width / self._point)  # in points
            pen.set_joinstyle("round")
            fill = None if width else pen.get_rgb()
            self._renderer.draw_path(pen, path, IdentityTransform(), fill)

    @contextmanager
    def _drawing(self, color: str, alpha: float = 1.0) -> Iterator[Any]:
        pen = self._renderer.new_gc()
        pen.set_foreground(_rgba(color, alpha), isRGBA=True)
        pen.set_antialiased(True)
        try:
            yield pen
        finally:
            pen.restore()


_kept = threading.local()


def _renderer(width: int, height: int, dpi: float) -> Any:  # noqa: ANN401 - matplotlib's is without types
    from matplotlib.backends import backend_agg

    size = (width, height, dpi)
    if getattr(_kept, "size", None) != size:
        make: Any = backend_agg.RendererAgg
        _kept.size, _kept.renderer = size, make(*size)
    return _kept.renderer


@lru_cache(maxsize=32)
def _font(pixels: float, *, bold: bool) -> "FreeTypeFont":
    import matplotlib as mpl
    from PIL.ImageFont import Layout, truetype

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return truetype(Path(mpl.get_data_path(), "fonts", "ttf", name), pixels, layout_engine=Layout.BASIC)


@lru_cache(maxsize=256)
def _written(text: str, font: "FreeTypeFont") -> "tuple[Image, int, int]":
    """The text as a mask, and where its left upper corner is seen from the beginning of its baseline."""
    from PIL.Image import new
    from PIL.ImageDraw import Draw

    left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor="ls"))
    mask = new("L", (max(right - left, 1), max(bottom - top, 1)))
    Draw(mask).text((-left, -top), text, 255, font, anchor="ls")
    return mask, left, top


@lru_cache(maxsize=64)
def _rgba(color: str, alpha: float) -> tuple[float, float, float, float]:
    red, green, blue = (part / 255 for part in _parts(color))
    return red, green, blue, alpha


def _parts(color: str) -> Rgb:
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue


def shade(color: str, opacity: float) -> Rgb:
    """The colour on white."""
    red, green, blue = (round(255 - (255 - part) * opacity) for part in _parts(color))
    return red, green, blue


@lru_cache(maxsize=8)
def _palette(colors: tuple[str, ...], tints: tuple[Rgb, ...]) -> "Image":
    """White, the colours and tints, and their shades as far as a palette of 256 has room for them.

    Pillow looks for the nearest entry of a whole neighbourhood, so a shade that is nearly another entry is left out: it
    would stand for that one as well.
    """
    from PIL.Image import new

    entries: list[Rgb] = [(255, 255, 255), *map(_parts, colors), *tints]
    for opacity, color in product((1 - step / SHADES for step in range(1, SHADES)), colors):
        new_entry = shade(color, opacity)
        if all(sum(abs(a - b) for a, b in zip(new_entry, entry, strict=True)) >= APART for entry in entries):
            entries.append(new_entry)
    image = new("P", (1, 1))
    image.putpalette([part for entry in entries[:256] for part in entry])
    return image
