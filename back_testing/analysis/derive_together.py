"""Signals of strategies that weigh instruments against each other, derived again."""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import CorporateAction, actions_by_instrument
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Signal, StrategyId
from algo_trading.domain.time import array_time
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.signals import SignalRepository
from algo_trading.services.evaluate_together import decide_section
from algo_trading.strategies.cross_section import CrossSection


@dataclass
class DeriveTogether:
    """Derives a period's signals of a strategy at once, and keeps them for the series that are asked about next.

    What was weighed is what has a stored signal of the strategy and the period: everything with a bar got one.
    """

    bars: BarRepository
    actions: CorporateActionRepository
    signals: SignalRepository
    _bars: dict[Series, Bars] = field(default_factory=dict)
    _actions: dict[Instrument, list[CorporateAction]] = field(default_factory=dict)
    _derived: dict[tuple[StrategyId, str, datetime], dict[Series, Signal]] = field(default_factory=dict)

    def __call__(self, strategy: CrossSection, signal: Signal) -> Signal | None:
        """The signal as it would be decided now; None where its period has no bar any more."""
        series = signal.series
        key = (signal.strategy, f"{series.venue} {series.interval}", signal.opened_at)
        if key not in self._derived:
            stored = self.signals.of_period(series.venue, series.interval, signal.opened_at)
            weighed = sorted({one.series for one in stored if one.strategy == signal.strategy})
            self._read([one for one in weighed if one not in self._bars])
            parts = {one: part for one in weighed if (part := self._until(one, signal.opened_at)) is not None}
            self._derived[key] = decide_section(strategy, parts, self._actions)
        return self._derived[key].get(series)

    def _read(self, series: list[Series]) -> None:
        if series:
            self._bars |= split_by_series(self.bars.read(series, None, None))
            instruments = sorted({one.instrument for one in series})
            last = max((self._bars[one].session(-1) for one in series if one in self._bars), default=None)
            if last is not None:
                self._actions |= actions_by_instrument(self.actions.read(instruments, last))

    def _until(self, series: Series, opened_at: datetime) -> Bars | None:
        bars = self._bars.get(series)
        if bars is None:
            return None
        end = int(np.searchsorted(bars.opened_at, array_time(opened_at), side="right"))
        return bars[:end] if end and bars.opened_at[end - 1] == array_time(opened_at) else None
