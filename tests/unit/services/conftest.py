"""Charts of mails are drawn once for all tests that mail the same: drawing is half of what many of them would do."""

import hashlib
import pickle
from collections.abc import Iterator, Mapping

import pytest

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import Side
from algo_trading.notification import signal as signal_module
from algo_trading.notification.chart import draw_chart


@pytest.fixture(scope="session", autouse=True)
def _drawn_once() -> Iterator[None]:
    """Equal input gives equal bytes, as the tests of charts show."""
    drawn: dict[bytes, bytes] = {}

    def draw(bars: Bars, lines: Mapping[str, Floats], side: Side, label: str) -> bytes:
        key = hashlib.sha256(pickle.dumps((bars, lines, side, label))).digest()
        if key not in drawn:
            drawn[key] = draw_chart(bars, lines, side, label)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal_module, "draw_chart", draw)
        yield
