"""Candles that have not ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Series
from algo_trading.errors import SourceError


@dataclass(frozen=True, slots=True)
class RunningCandles:
    """The newest candles of series at a moment of the source's clock, the last of each as it stands.

    They are never stored as history. `errors` has the series that could not be had.
    """

    at: datetime
    bars: Mapping[Series, Bars]
    errors: Mapping[Series, SourceError] = field(default_factory=dict)


@runtime_checkable
class RunningSource(Protocol):
    """A source of bars that shows candles before they end."""

    def running(self, wanted: Mapping[Series, datetime]) -> RunningCandles:
        """The candles of each series that opened at the given moment or later, one that has not ended included.

        A series without such a candle is left out.

        Raises:
            SourceError: the source as a whole cannot be reached.
        """
        ...
