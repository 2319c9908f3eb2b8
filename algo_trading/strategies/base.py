"""What a strategy is."""

import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.limits import Limits
from algo_trading.domain.signal import Side, StrategyId

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a strategy says at the close of each bar; all arrays have the length of the bars.

    `entries` and `exits` are flags; where both are set the exit counts. `confidence` and `size` are in [0, 1]; `size`
    is the suggested fraction of the position limit. `shares`, where a strategy thinks in shares, is the most that an
    entry buys within it; NaN: there is no such bound.
    """

    entries: Flags
    exits: Flags
    confidence: Floats
    size: Floats
    shares: Floats | None = None

    def side(self, index: int) -> Side:
        """Direction at the bar at `index`."""
        if self.exits[index]:
            return Side.SELL
        return Side.BUY if self.entries[index] else Side.HOLD


@dataclass(frozen=True)
class Strategy(ABC):
    """A frozen dataclass of parameters; a subclass checks them in `__post_init__` and raises ValueError.

    `decide` gets back-adjusted bars: in a backtest from the first stored one on, live the last `memory`. What it says
    at a bar may depend on that bar and earlier ones alone: the test suite cuts the future off and compares.

    `features` are the columns of `bars.features` that it needs (names in domain/features.py), whatever its parameters,
    and `needs` those with them. A strategy `on_posts`
    decides at each single post that mentions its instrument, whose features then stand at the last bar, instead of at
    each session's close. `limits` hold for its signals unless the configuration says otherwise.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    features: ClassVar[tuple[str, ...]] = ()
    on_posts: ClassVar[bool] = False
    limits: ClassVar[Limits] = Limits()

    @property
    @abstractmethod
    def warmup(self) -> int:
        """Bars needed before the first decision."""

    @property
    def memory(self) -> int | None:
        """How many bars its last decision and explanation need, to be the ones that it gives with all bars.

        Live evaluation reads no more than that, and the signal's `inputs_hash` covers them. None: all that are stored,
        which is right for every strategy and makes each decision dearer as history grows. Recursive averages never
        forget; `indicators.memory` says from how many bars on the rest weighs less than a rounding.
        """
        return None

    @property
    def needs(self) -> tuple[str, ...]:
        """The features that it needs with these parameters."""
        return self.features

    @abstractmethod
    def decide(self, bars: Bars) -> Decisions:
        """Decisions at the close of each of `bars`; no entry and no exit during the warm-up."""

    @abstractmethod
    def explain(self, bars: Bars, index: int) -> str:
        """One sentence on what was decided at the bar at `index`, with the figures it rests on.

        `index` counts from the end where it is negative; IndexError: there is no such bar.
        """

    @abstractmethod
    def lines(self, bars: Bars) -> dict[str, Floats]:
        """The series the strategy watches, by their names in a chart, on the scale of the price."""

    @cached_property
    def id(self) -> StrategyId:
        """Name and parameters, as signals are keyed."""
        return StrategyId(self.name, json.dumps(asdict(self), sort_keys=True, separators=(",", ":")))


def parameters_of(strategy: Strategy) -> dict[str, Any]:
    """The parameters of a strategy by name."""
    return {field.name: getattr(strategy, field.name) for field in fields(strategy)}
