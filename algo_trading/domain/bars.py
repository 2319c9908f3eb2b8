"""A series of bars of one instrument, as columns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import Interval, moment_of, period_key

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

COLUMNS = ("open", "high", "low", "close", "volume")
# What some venues say beside a bar: the value traded in the quote asset, the number of trades, and of volume and value
# the part in which the buyer took the liquidity.
TURNOVER = ("quote_volume", "trades", "taker_volume", "taker_quote_volume")


@dataclass(frozen=True, eq=False)
class Bars:
    """Bars in ascending time, all arrays of the same length n.

    `opened_at` and `closed_at` are datetime64[us] in UTC. A daily bar's `opened_at` is 00:00 of its session date,
    a label; `closed_at` is the session's true close. Prices are per share, `volume` in shares. `features` holds
    further columns of length n, as they were known at each bar's close.

    Raises:
        ValueError: the arrays differ in length or the times do not ascend.
    """

    instrument: Instrument
    interval: Interval
    opened_at: Times
    closed_at: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    features: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.opened_at)
        columns = {name: getattr(self, name) for name in ("closed_at", *COLUMNS)}
        for name, values in (*columns.items(), *self.features.items()):
            if len(values) != n:
                raise ValueError(f"{self.instrument}: {name} has {len(values)} values for {n} bars")
        if n > 1 and not bool(np.all(self.opened_at[1:] > self.opened_at[:-1])):
            raise ValueError(f"{self.instrument}: bars are not in ascending order of time, or one is there twice")

    def __len__(self) -> int:
        return len(self.opened_at)

    @property
    def series(self) -> Series:
        """What they are bars of."""
        return Series(self.instrument, self.interval)

    def period(self, index: int) -> str:
        """The key of the period of the bar at `index` (domain/time.py)."""
        return period_key(self.interval, moment_of(self.opened_at[index]))

    @property
    def sessions(self) -> Times:
        """Dates on which the bars opened, of daily ones those of the sessions, datetime64[D]."""
        return self.opened_at.astype("datetime64[D]")

    def session(self, index: int) -> date:
        """Date on which the bar at `index` opened."""
        value = self.sessions[index].item()
        assert isinstance(value, date)
        return value

    def __getitem__(self, window: slice) -> "Bars":
        """The bars of a slice of positions, as views."""
        return replace(
            self,
            opened_at=self.opened_at[window],
            closed_at=self.closed_at[window],
            **{name: getattr(self, name)[window] for name in COLUMNS},
            features={name: values[window] for name, values in self.features.items()},
        )
