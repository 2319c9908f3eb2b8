"""Tuning the thresholds of bull and bear scores on history.

Every pair of thresholds is tried. To judge them, pairs are chosen on the past alone and traded on the bars after it
(Pardo, The Evaluation and Optimization of Trading Strategies, 2nd ed. 2008, chapter 11).
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.costs import Costs
from algo_trading.domain.financing import YEAR
from algo_trading.domain.time import moment_of
from algo_trading.errors import ConfigError
from algo_trading.indicators.candle_ranks import Integers
from algo_trading.strategies.score_history import ScoreHistory

LOWEST = 2  # threshold
IN_SAMPLE, OUT_OF_SAMPLE = timedelta(days=180), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which bull score the coin is sold, and from which bear score it is bought."""

    bull: int
    bear: int


@dataclass(frozen=True, slots=True)
class ThresholdFigures:
    """What one unit of money would have become.

    `coin` is what was held last and `most_coin` the most that ever was, both against buying at the first open; `equity`
    counts a coin that is held at its price. `win_rate` is NaN without a closed trade.
    """

    thresholds: Thresholds
    coin: float
    most_coin: float
    equity: float
    trades: int
    win_rate: float
    sharpe: float  # of a bar, not of a year


@dataclass(frozen=True)
class ThresholdTrade:
    """Bars at whose opens it began and ended (None: still held), and its gain after costs."""

    entry: int
    exit: int | None
    gain: float


@dataclass(frozen=True)
class ThresholdFold:
    """A step of the walk-forward: chosen on the bars before `start`, traded up to `end`."""

    start: datetime
    end: datetime
    chosen: Thresholds
    gain: float
    hold: float


@dataclass(frozen=True)
class ThresholdWalk:
    """All steps, and the account that traded them: its equity at each close from the bar `first` on."""

    folds: tuple[ThresholdFold, ...]
    first: int
    equity: Floats
    trades: tuple[ThresholdTrade, ...]
    hold: float


@dataclass(frozen=True)
class ThresholdGrid:
    """Pairs of thresholds over a score history; `threads` share the work."""

    bars: Bars
    scores: ScoreHistory
    costs: Costs
    threads: int = 2

    @property
    def kinds(self) -> int:
        """Thresholds of each score: from LOWEST to one below the highest score."""
        return self.scores.maximum - LOWEST

    @property
    def trials(self) -> int:
        """Pairs that are tried."""
        return self.kinds**2

    def figures(self, first: int = 0, end: int | None = None) -> Floats:
        """Figures (columns: `kernels.thresholds`) of every pair over some bars: (bear thresholds, bull thresholds, 7).

        Raises:
            ConfigError: a score cannot reach two thresholds.
        """
        from back_testing.engine.kernels import thresholds as kernels

        if self.kinds < 1:
            raise ConfigError("there is no threshold to choose: a score can be 2 at most")
        window = slice(first, end)
        figures = np.zeros((self.kinds, self.kinds, kernels.FIGURES))
        columns = (self.bars.open, self.bars.close, self.worth, self.scores.bull, self.scores.bear)
        opens, closes, worth, bull, bear = (np.ascontiguousarray(values[window]) for values in columns)

        def share(row: int) -> None:
            kernels.threshold_grid(opens, closes, worth, bull, bear, LOWEST, *self._factors, row, self.threads, figures)

        with ThreadPoolExecutor(self.threads) as pool:  # the compiled loops release the interpreter's lock
            list(pool.map(share, range(self.threads)))
        return figures

    def best(self, figures: Floats, first: int = 0, end: int | None = None) -> ThresholdFigures | None:
        """The pair that held the most coin in the end; None where none bought.

        Of equals it is the one with the highest thresholds. `figures` are those of the same bars.
        """
        from back_testing.engine.kernels import thresholds as kernels

        coin = figures[::-1, ::-1, kernels.COIN]
        row, column = np.unravel_index(int(np.argmax(coin)), coin.shape)
        if coin[row, column] == 0:
            return None
        place = self.kinds - 1 - int(row), self.kinds - 1 - int(column)
        return self._figures_of(figures, place, first, end)

    def sharpes(self, figures: Floats, bars: int) -> Floats:
        """Sharpe ratio of a bar of each pair that bought at all."""
        from back_testing.engine.kernels import thresholds as kernels

        ratios = _sharpe(figures[..., kernels.RETURNS], figures[..., kernels.SQUARES], bars)
        return ratios[figures[..., kernels.COIN] > 0]

    def trade(self, bull: Integers, bear: Integers, first: int = 0) -> tuple[Floats, tuple[ThresholdTrade, ...]]:
        """Equity at each close from the bar `first` on, and the trades, of thresholds that are given bar by bar."""
        from back_testing.engine.kernels import thresholds as kernels

        n = len(self.bars) - first
        equity, trades, gains = np.empty(n), np.zeros((n // 2 + 1, 2), np.int64), np.zeros(n // 2 + 1)
        arrays = (self.bars.open, self.bars.close, self.worth, self.scores.bull, self.scores.bear, bull, bear)
        columns = (np.ascontiguousarray(values[first:]) for values in arrays)
        count = kernels.threshold_account(*columns, *self._factors, equity, trades, gains)
        return equity, tuple(
            ThresholdTrade(first + entry, None if exit_ < 0 else first + exit_, gain)
            for (entry, exit_), gain in zip(trades[:count].tolist(), gains[:count].tolist(), strict=True)
        )

    def walk(self, in_sample: timedelta = IN_SAMPLE, out_of_sample: timedelta = OUT_OF_SAMPLE) -> ThresholdWalk:
        """Choose on `in_sample`, trade `out_of_sample`, and so on; while no pair bought in sample nothing is traded.

        Raises:
            ConfigError: there is no more history than is chosen on.
        """
        steps = list(_steps(self.bars.opened_at, in_sample, out_of_sample))
        if not steps:
            raise ConfigError(
                f"{self.bars.instrument} has {_days(self.bars)} days of scored candles, and the first "
                f"{in_sample.days} are there to choose on"
            )
        never = self.scores.maximum + 1
        bull, bear = (np.full(len(self.bars), never, np.int64) for _ in range(2))
        chosen = []
        for begin, start, end in steps:
            best = self.best(self.figures(begin, start), begin, start)
            found = best.thresholds if best else Thresholds(never, never)
            bull[start:end], bear[start:end] = found.bull, found.bear
            chosen.append(found)
        first = steps[0][1]
        equity, trades = self.trade(bull, bear, first)
        folds = []
        for (_, start, end), thresholds in zip(steps, chosen, strict=True):
            before = 1.0 if start == first else float(equity[start - first - 1])
            hold = float(self.bars.close[end - 1] / self.bars.open[start]) - 1
            period = moment_of(self.bars.opened_at[start]), moment_of(self.bars.closed_at[end - 1])
            folds.append(ThresholdFold(*period, thresholds, float(equity[end - first - 1]) / before - 1, hold))
        held = float(self.bars.close[-1] / (self.bars.open[first] * self._factors[0])) - 1
        return ThresholdWalk(tuple(folds), first, equity, trades, held)

    @cached_property
    def worth(self) -> Floats:
        """What one unit of cash has become by the open of each bar: interest is paid at each change of the UTC date."""
        days = self.bars.opened_at.astype("datetime64[D]").astype(np.int64)
        nights = np.diff(days, prepend=days[:1]).astype(np.float64)
        grown: Floats = np.cumprod(1.0 + nights * (float(self.costs.interest) / YEAR), dtype=np.float64)
        return grown

    @property
    def _factors(self) -> tuple[float, float]:
        """What a buy pays and a sale brings for a coin at a price of 1."""
        fee, slip = float(self.costs.commission), float(self.costs.slippage)
        return (1 + slip) / (1 - fee), (1 - slip) * (1 - fee)

    def _figures_of(
        self, figures: Floats, place: tuple[int, int], first: int = 0, end: int | None = None
    ) -> ThresholdFigures:
        coin, most, equity, trades, wins, returns, squares = figures[place].tolist()
        bars = len(self.bars.close[first:end])
        price = float(self.bars.open[first])
        ratio = float(_sharpe(np.array(returns), np.array(squares), bars))
        return ThresholdFigures(
            Thresholds(bull=LOWEST + place[1], bear=LOWEST + place[0]),
            coin * price,
            most * price,
            equity,
            int(trades),
            wins / trades if trades else float("nan"),
            ratio,
        )


def _sharpe(returns: Floats, squares: Floats, bars: int) -> Floats:
    """Mean over sample deviation from the sums of returns; 0 without any deviation."""
    mean = returns / bars
    variance = np.maximum(squares - returns * mean, 0.0) / max(bars - 1, 1)
    ratio: Floats = np.divide(mean, np.sqrt(variance), out=np.zeros_like(mean), where=variance > 0)
    return ratio


def _steps(opened_at: Times, in_sample: timedelta, out_of_sample: timedelta) -> Iterator[tuple[int, int, int]]:
    """First bar to choose on, first bar to trade, and the bar after the last, by time."""
    inside, outside = np.timedelta64(in_sample, "us"), np.timedelta64(out_of_sample, "us")
    moment = opened_at[0] + inside
    while moment <= opened_at[-1]:
        begin, start, end = np.searchsorted(opened_at, [moment - inside, moment, moment + outside]).tolist()
        if begin < start < end:
            yield begin, start, end
        moment += outside


def _days(bars: Bars) -> int:
    return (moment_of(bars.closed_at[-1]) - moment_of(bars.opened_at[0])).days if len(bars) else 0
