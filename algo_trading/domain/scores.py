"""How unusual the candles of a pair are: metrics and ranks of each timeframe, and the scores made of the ranks."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import nan
from typing import Self

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side
from algo_trading.domain.time import Interval

METRICS = ("change", "amplitude", "max_up", "max_down")  # of a candle, in this order wherever they are rows
SCORED = tuple(map(Interval, ("1h", "4h", "12h", "1d", "3d", "1w")))  # timeframes unless others are asked for
THRESHOLD = 25  # points from which a score is called high
ML = "ml"  # in the place of a threshold: the tuned one


@dataclass(frozen=True, slots=True)
class PointsTable:
    """Points of a rank in per cent: those of the first bound that the rank is not above, else none.

    `bounds` ascend and `points` descend.

    Raises:
        ValueError: they do not, or a bound is not in (0, 100], or points are not whole numbers from 1 to 100.
    """

    bounds: tuple[float, ...]
    points: tuple[int, ...]

    def __post_init__(self) -> None:
        rows = list(zip(self.bounds, self.points, strict=True))
        if not rows:
            raise ValueError("a table of points has at least one row")
        for bound, points in rows:
            if not 0 < bound <= 100:
                raise ValueError(f"a rank is above 0 and up to 100 per cent, not {bound:g}")
            if not 1 <= points <= 100:
                raise ValueError(f"points are whole numbers from 1 to 100, not {points}")
        for (bound, points), (next_bound, fewer) in pairwise(rows):
            if next_bound <= bound or fewer >= points:
                raise ValueError(
                    f"points fall as ranks rise: {next_bound:g}:{fewer} must not come after {bound:g}:{points}"
                )

    @classmethod
    def parse(cls, text: str) -> Self:
        """The table written as `str` writes it: `2.5:6 5:5 10:4`, parted by blanks or commas.

        Raises:
            ValueError: it is written in another way, or is no such table.
        """
        rows = [part.partition(":") for part in re.split(r"[,\s]+", text.strip())]
        try:
            return cls(tuple(float(bound) for bound, _, _ in rows), tuple(int(points) for _, _, points in rows))
        except ValueError as error:
            if "convert" not in str(error) and "invalid literal" not in str(error):
                raise
            raise ValueError(f"{text!r} is not a table of points; write rank:points, like {DEFAULT_POINTS}") from error

    def __str__(self) -> str:
        return " ".join(f"{bound:g}:{points}" for bound, points in zip(self.bounds, self.points, strict=True))

    @property
    def most(self) -> int:
        """Points of the lowest rank: what one timeframe adds to a score at most."""
        return self.points[0]

    def of(self, rank: float) -> int:
        """Points of a rank; none for NaN."""
        return next(
            (points for bound, points in zip(self.bounds, self.points, strict=True) if rank <= bound),
            0,
        )


DEFAULT_POINTS = PointsTable((2.5, 5.0, 10.0, 15.0, 20.0, 25.0), (6, 5, 4, 3, 2, 1))


def parse_timeframes(text: str) -> tuple[Interval, ...]:
    """The intervals written like `1h,4h` (parted by commas or blanks), from short to long.

    Raises:
        ValueError: one is unknown or there twice, or there is none.
    """
    found = [Interval.parse(part) for part in re.split(r"[,\s]+", text.strip()) if part]
    if not found:
        raise ValueError("name at least one timeframe, like 1h,4h")
    if len(set(found)) < len(found):
        raise ValueError(f"a timeframe is there twice in {text!r}")
    return tuple(sorted(found, key=lambda interval: interval.order))


@dataclass(frozen=True, slots=True)
class CandleRank:
    """A timeframe's candle as it stood at a moment, in per cent, and its ranks among the `closed` candles before it.

    Small ranks are extreme: a rank of 3 says that three of a hundred closed candles went as far. `rank_max_up` and
    `rank_max_down` place the candle's change among the highs and lows of the others; NaN where the sign does not fit.
    The averages are those of the closed candles, in per cent. Ranks and averages are NaN without a closed candle.
    """

    change: float
    amplitude: float
    max_up: float
    max_down: float
    rank_change: float
    rank_amplitude: float
    rank_max_up: float
    rank_max_down: float
    bull_points: int
    bear_points: int
    closed: int
    average_change: float = nan
    average_amplitude: float = nan
    average_max_up: float = nan
    average_max_down: float = nan


@dataclass(frozen=True, slots=True)
class PairScore:
    """The scores of a pair at a moment, from short timeframes to long ones; `maximum` is the highest that one can be.

    `at` is the close of the newest candle that had closed by then, and `price` its close.
    """

    instrument: Instrument
    at: datetime
    price: float
    bull: int
    bear: int
    maximum: int
    timeframes: Mapping[Interval, CandleRank]

    def without(self, timeframes: Collection[Interval]) -> Self:
        """The score on the timeframes that are left."""
        left = {interval: rank for interval, rank in self.timeframes.items() if interval not in timeframes}
        bull, bear = sum_of_points(left.values())
        maximum = self.maximum // max(len(self.timeframes), 1) * len(left)
        return replace(self, bull=bull, bear=bear, maximum=maximum, timeframes=left)


@dataclass(frozen=True, slots=True)
class TunedThresholds:
    """What tuning on a pair's history up to a moment recommends for some timeframes.

    `bull` and `bear` are the best pair of thresholds on all history, None where none ever bought; `objection` says why
    they are not to be used and is empty where they are. `trials` pairs were tried. `gain` is that of choosing on the
    past and trading after it, `hold` that of the coin in the same time, both fractions; `deflated_sharpe` the
    probability that the gain is better than luck, NaN where it cannot be told.

    They rest on candles up to `tuned_at` and count from `usable_from` on, which is later (`usable_after`).
    """

    instrument: Instrument
    timeframes: tuple[Interval, ...]
    tuned_at: datetime
    bull: int | None
    bear: int | None
    maximum: int
    trials: int
    gain: float
    hold: float
    deflated_sharpe: float
    objection: str
    usable_from: datetime

    @property
    def survives(self) -> bool:
        """Whether there are thresholds to use."""
        return not self.objection and self.bull is not None and self.bear is not None


def usable_after(moment: datetime) -> datetime:
    """From when on thresholds found at `moment` count: the next full hour, so that they change hourly at most."""
    return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def score_side(bull: float, bear: float, bull_threshold: float, bear_threshold: float) -> Side:
    """What two scores say: sell after an unusual rise, buy after an unusual fall, nothing where both are high."""
    if bull >= bull_threshold and bear >= bear_threshold:
        return Side.HOLD
    if bull >= bull_threshold and bull > bear:
        return Side.SELL
    return Side.BUY if bear >= bear_threshold and bear > bull else Side.HOLD


def sum_of_points(ranks: Iterable[CandleRank]) -> tuple[int, int]:
    """Bull and bear score of a pair's timeframes."""
    listed = list(ranks)
    return sum(rank.bull_points for rank in listed), sum(rank.bear_points for rank in listed)
