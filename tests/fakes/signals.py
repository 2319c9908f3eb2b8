"""Signals in memory."""

from collections.abc import Sequence
from datetime import datetime

from algo_trading.domain.instrument import Series
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval
from algo_trading.queries.selection import Selection


class FakeSignals:
    """Implements SignalRepository."""

    def __init__(self) -> None:
        self._signals: dict[str, Signal] = {}

    def add(self, signals: Sequence[Signal]) -> int:
        new = {signal.key: signal for signal in reversed(signals) if signal.key not in self._signals}
        self._signals.update(new)
        return len(new)

    def of_period(self, venue: str, interval: Interval, opened_at: datetime) -> list[Signal]:
        found = [s for s in self._of(venue, interval) if s.opened_at == opened_at and not s.post]
        return sorted(found, key=lambda s: (s.strategy, s.instrument.symbol))

    def on_posts(self, venue: str, interval: Interval, after: datetime, before: datetime) -> list[Signal]:
        of_venue = self._of(venue, interval)
        found = [(s.available_at, s) for s in of_venue if s.available_at and after <= s.available_at < before]
        found.sort(key=lambda pair: (pair[0], pair[1].post, pair[1].strategy, pair[1].instrument.symbol))
        return [signal for _, signal in found]

    def decided(self, strategy: StrategyId, interval: Interval, mention: Mention) -> bool:
        """Whether there is a signal on the mention, for FakeMentions."""
        wanted = (strategy, Series(mention.instrument, interval), str(mention.post))
        return any((s.strategy, s.series, s.post) == wanted for s in self._signals.values())

    def _of(self, venue: str, interval: Interval) -> list[Signal]:
        return [s for s in self._signals.values() if (s.series.venue, s.series.interval) == (venue, interval)]

    def series(self) -> list[Series]:
        return sorted({signal.series for signal in self._signals.values()})

    def of_series(self, series: Series) -> list[Signal]:
        found = [signal for signal in self._signals.values() if signal.series == series]
        return sorted(found, key=lambda s: (s.opened_at, s.strategy, s.post))

    def find(self, key: str) -> Signal | None:
        return self._signals.get(key)

    def newest(self, limit: int) -> list[Signal]:
        found = [signal for signal in self._signals.values() if signal.side is not Side.HOLD]
        found.sort(key=lambda s: (-s.opened_at.timestamp(), s.strategy, s.instrument.symbol, s.post))
        return found[:limit]

    def count(self) -> int:
        return len(self._signals)


class FakeSignalList:
    """Implements SignalList."""

    def __init__(self, signals: FakeSignals) -> None:
        self._signals = signals

    def listed(self, selection: Selection, limit: int) -> list[Signal]:
        return [
            one
            for one in self._signals.newest(self._signals.count())
            if selection.symbol in {None, one.series.symbol}
            and selection.strategy in {None, one.strategy.name}
            and (selection.opened_from is None or one.opened_at >= selection.opened_from)
            and (selection.opened_before is None or one.opened_at < selection.opened_before)
        ][:limit]
