"""Signals and the session log in memory."""

from collections.abc import Sequence
from datetime import date, datetime

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.repositories.signals import Stage


class FakeSignals:
    """Implements SignalRepository."""

    def __init__(self) -> None:
        self._signals: dict[str, Signal] = {}

    def add(self, signals: Sequence[Signal]) -> int:
        new = {signal.key: signal for signal in reversed(signals) if signal.key not in self._signals}
        self._signals.update(new)
        return len(new)

    def of_session(self, venue: str, session: date) -> list[Signal]:
        found = [s for s in self._of(venue) if s.session == session and not s.post]
        return sorted(found, key=lambda s: (s.strategy, s.instrument.symbol))

    def on_posts(self, venue: str, after: datetime, before: datetime) -> list[Signal]:
        found = [(s.available_at, s) for s in self._of(venue) if s.available_at and after <= s.available_at < before]
        found.sort(key=lambda pair: (pair[0], pair[1].post, pair[1].strategy, pair[1].instrument.symbol))
        return [signal for _, signal in found]

    def decided(self, strategy: StrategyId, mention: Mention) -> bool:
        """Whether there is a signal on the mention, for FakeMentions."""
        return any(
            (s.strategy, s.instrument, s.post) == (strategy, mention.instrument, str(mention.post))
            for s in self._signals.values()
        )

    def _of(self, venue: str) -> list[Signal]:
        return [signal for signal in self._signals.values() if signal.instrument.venue == venue]

    def instruments(self) -> list[Instrument]:
        found = {signal.instrument for signal in self._signals.values()}
        return sorted(found, key=lambda i: (i.venue, i.symbol))

    def of_instrument(self, instrument: Instrument) -> list[Signal]:
        found = [signal for signal in self._signals.values() if signal.instrument == instrument]
        return sorted(found, key=lambda s: (s.session, s.strategy, s.post))

    def find(self, key: str) -> Signal | None:
        return self._signals.get(key)

    def newest(self, limit: int) -> list[Signal]:
        found = [signal for signal in self._signals.values() if signal.side is not Side.HOLD]
        found.sort(key=lambda s: (-s.session.toordinal(), s.strategy, s.instrument.symbol, s.post))
        return found[:limit]

    def count(self) -> int:
        return len(self._signals)


class FakeSessionLog:
    """Implements SessionLog."""

    def __init__(self) -> None:
        self._reached: set[tuple[str, date, Stage]] = set()

    def mark(self, venue: str, session: date, stage: Stage) -> None:
        self._reached.add((venue, session, stage))

    def reached(self, venue: str, session: date, stage: Stage) -> bool:
        return (venue, session, stage) in self._reached

    def newest(self, stage: Stage) -> date | None:
        return max((session for _, session, reached in self._reached if reached is stage), default=None)
