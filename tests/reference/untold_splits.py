"""How often the rule of untold splits is wrong, on the real series in ../shared/data.

    .venv/bin/python tests/reference/untold_splits.py

prints, for each source, how many known splits are held where they are withheld, and how many other steps of a third and
more (crashes, rises, bad quotes, spin-offs) are. Known are the splits by which the adjusted closes of a crawl change
against the closes (pystock), and those of the sample. Splits are planted, too: at random days of long real series the
later prices are divided and the later volumes multiplied by each usual ratio.
"""

import csv
import io
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pyarrow as pa
from numpy.random import Generator, default_rng

from algo_trading.adapters.bar_files import read_bar_files
from algo_trading.domain.bars import Floats, Times
from algo_trading.domain.time import Interval
from algo_trading.quality.parse import parse_rows
from algo_trading.quality.untold_splits import STEP, Steps, untold_splits
from support.shared_data import SHARED_DATA

DAILY = SHARED_DATA / "daily_ohlcv"
LONG = ("stocknet_2012_2017", "huge_stock_1962_2017", "recent_25_stocks")
PLANTED = (1.5, 2.0, 3.0, 4.0, 7.0, 10.0, 20.0, 50.0, 1 / 2, 1 / 4, 1 / 5, 1 / 10, 1 / 25)
CHANGED = log(1.2)  # of adjusted close to close: from here on it was a split


@dataclass(frozen=True, eq=False)
class Known:
    """Daily bars of one symbol, and the rows before which it split."""

    name: str
    session: Times
    opened: Floats
    close: Floats
    volume: Floats
    splits: frozenset[int] = frozenset()

    def found(self) -> set[int]:
        """The rows before which the rule sees a split that nobody told."""
        rows = len(self.close)
        zeros = np.zeros(rows)
        steps = Steps(
            zeros.astype(np.int64),
            self.session,
            np.log(self.opened),
            np.log(self.close),
            self.volume,
            zeros > 0,
            zeros,
        )
        return {step.row for step in untold_splits(steps).values()}

    def steps(self) -> set[int]:
        """The rows that are a third and more away from the one before."""
        return set((np.flatnonzero(np.abs(np.diff(np.log(self.close))) >= STEP) + 1).tolist())

    def split(self, row: int, ratio: float) -> "Known":
        """The same, had it split before a row."""
        factors = np.where(np.arange(len(self.close)) >= row, ratio, 1.0)
        opened, close, volume = self.opened / factors, self.close / factors, self.volume * factors
        return Known(self.name, self.session, opened, close, volume, frozenset({row}))


@dataclass
class Tally:
    """Known splits and other steps, and how many of each are held."""

    splits: int = 0
    held_splits: int = 0
    others: int = 0
    held_others: int = 0

    def add(self, bars: Known) -> None:
        """Count one series."""
        found, others = bars.found(), bars.steps() - bars.splits
        self.splits += len(bars.splits)
        self.held_splits += len(bars.splits & found)
        self.others += len(others)
        self.held_others += len(others & found)


def crawled() -> Iterator[Known]:
    """Some 6,000 symbols over 50 sessions, as they were first crawled; only splits that the crawl told of are known."""
    rows: dict[str, dict[str, list[float]]] = {}
    splits: dict[str, set[str]] = {}
    for path in sorted((DAILY / "pystock_vintages").glob("*.tar.gz")):
        with tarfile.open(path) as archive:
            member = archive.extractfile("prices.csv")
            assert member is not None
            text = io.StringIO(member.read().decode("utf-8", "replace"))
            before: tuple[str, str, float] | None = None
            for symbol, day, *cells in sorted(line for line in csv.reader(text) if len(line) == 8):
                if symbol == "symbol" or float(cells[3]) <= 0 or float(cells[0]) <= 0 or float(cells[5]) <= 0:
                    continue
                numbers = [float(cell) for cell in cells]
                factor = log(numbers[5] / numbers[3])
                if before is not None and before[0] == symbol and abs(factor - before[2]) > CHANGED:
                    splits.setdefault(symbol, set()).add(day)
                before = (symbol, day, factor)
                rows.setdefault(symbol, {}).setdefault(day, numbers)
    for symbol, days in rows.items():
        ordered = sorted(days)
        values = np.array([days[day] for day in ordered])
        known = frozenset(at for at, day in enumerate(ordered) if at and day in splits.get(symbol, ()))
        yield Known(symbol, np.array(ordered, "datetime64[us]"), values[:, 0], values[:, 3], values[:, 4], known)


def from_files(*folders: str) -> Iterator[Known]:
    """Long series, adjusted for their splits by the source: none of their steps is one."""
    for folder in folders:
        for file in read_bar_files(sorted((DAILY / folder).iterdir()), None):
            for table in file.tables:
                yield from _of_table(table.rows())


def _of_table(rows: pa.Table) -> Iterator[Known]:
    parsed = parse_rows(rows, Interval.DAY)
    opened, close, volume = (parsed.numbers[name] for name in ("open", "close", "volume"))
    good = (opened > 0) & (close > 0) & (volume >= 0) & ~np.isnat(parsed.opened_at)
    for symbol in sorted(set(parsed.symbol[good].tolist())):
        own = np.flatnonzero(good & (parsed.symbol == symbol))
        own = own[np.argsort(parsed.opened_at[own], kind="stable")]
        yield Known(symbol, parsed.opened_at[own], opened[own], close[own], volume[own])


SAMPLE_SPLITS = {"AAPL": ("2000-06-21", "2005-02-28"), "MSFT": ("2003-02-18",)}


def sampled() -> Iterator[Known]:
    """The five symbols of the sample as traded, with their three splits."""
    for bars in from_files("../sample"):
        days = {str(day): row for row, day in enumerate(bars.session.astype("datetime64[D]"))}
        known = frozenset(days[day] for day in SAMPLE_SPLITS.get(bars.name, ()))
        yield Known(bars.name, bars.session, bars.opened, bars.close, bars.volume, known)


def planted(chance: Generator, each: int, *folders: str) -> Iterator[tuple[float, Known]]:
    """Real series that split at a random day: each of them `each` times by every ratio."""
    for bars in from_files(*folders):
        if len(bars.close) < 60:
            continue
        for ratio in PLANTED:
            for row in chance.integers(20, len(bars.close) - 6, each).tolist():
                yield ratio, bars.split(row, ratio)


def tally(series: Iterator[Known]) -> Tally:
    """What the rule does with all of them."""
    counted = Tally()
    for bars in series:
        counted.add(bars)
    return counted


def main() -> None:
    """Print a line for each source."""
    sources = [
        ("pystock, 50 sessions of 2015", tally(crawled())),
        ("sample 2000-2013", tally(sampled())),
        ("long series", tally(from_files(*LONG))),
    ]
    by_ratio = {ratio: Tally() for ratio in PLANTED}
    for ratio, bars in planted(default_rng(5), 5, *LONG):
        by_ratio[ratio].add(bars)
    shown = [(f"planted {ratio:g}" if ratio > 1 else f"planted 1/{1 / ratio:g}", by_ratio[ratio]) for ratio in PLANTED]
    for name, found in [*sources, *shown]:
        print(  # noqa: T201 - what it is for
            f"{name}: {found.held_splits} of {found.splits} splits held, {found.held_others} of {found.others} others"
        )


if __name__ == "__main__":
    main()
