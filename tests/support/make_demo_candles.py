"""Makes the candles of the demonstration's made-up market: `python tests/support/make_demo_candles.py`.

A seeded random walk in steps of five minutes with trends that come and go, and a volume that grows with the moves. The
candles of four hours are made of the same steps, so the two intervals agree.
"""

import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

FIRST, END = datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 3, 2, tzinfo=UTC)
STEP = timedelta(minutes=5)
COINS = {"NOVAUSDT": 24.0, "ORBUSDT": 0.85, "ZEPHUSDT": 310.0}  # made up, with their first prices
INTERVALS = {"1h": 12, "4h": 48}  # steps in a candle
DIGITS = {"NOVAUSDT": 3, "ORBUSDT": 5, "ZEPHUSDT": 2}


def files() -> Iterator[tuple[str, bytes]]:
    """The name and the content of each file."""
    count = (END - FIRST) // STEP
    for seed, (coin, price) in enumerate(COINS.items(), start=1):
        chance = np.random.default_rng(seed)
        trend = 2e-4 * np.sin(np.arange(count) / 900 + seed) + 1e-4 * np.sin(np.arange(count) / 170)
        moves = trend + 0.0016 * chance.standard_t(4, count)
        path = price * np.exp(np.cumsum(moves))
        volume = np.abs(moves) * 4e4 * chance.gamma(2.0, 1.0, count)
        for interval, steps in INTERVALS.items():
            yield f"{coin}_{interval}.csv.gz", gzip.compress(_csv(coin, path, volume, steps).encode(), 9, mtime=0)


def _csv(coin: str, path: np.ndarray, volume: np.ndarray, steps: int) -> str:
    digits = DIGITS[coin]
    text = io.StringIO()
    text.write("symbol,timestamp,open,high,low,close,volume\n")
    for start in range(0, len(path), steps):
        opened = FIRST + start * STEP
        within = path[max(start - 1, 0) : start + steps]  # a candle opens where the one before closed
        prices = [within[0], within.max(), within.min(), within[-1]]
        cells = [f"{value:.{digits}f}" for value in prices]
        text.write(f"{coin},{opened:%Y-%m-%dT%H:%M}Z,{','.join(cells)},{volume[start : start + steps].sum():.4f}\n")
    return text.getvalue()


if __name__ == "__main__":
    folder = Path(__file__).resolve().parents[2] / "algo_trading" / "data" / "demo_candles"
    for name, content in files():
        (folder / name).write_bytes(content)
        print(folder / name, len(content))  # noqa: T201 - a script for people
