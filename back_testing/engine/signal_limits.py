"""The limits of a strategy's signals that a backtest obeys: from which level on there are orders, and positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level, Levels
from algo_trading.domain.signal import StrategyId
from algo_trading.strategies.base import Decisions, Strategy

PACKAGED = Levels(0.6, 0.85)  # as algo_trading/config/defaults.toml has them


@dataclass(frozen=True, slots=True)
class SignalLimits:
    """Which limits hold for a strategy, and where the levels of its confidence begin.

    `configured` are those that the configuration leads to, by name and parameters. They hold for other parameters of
    the same name too, the first ones where there are several; any other strategy has its own.
    """

    levels: Levels = PACKAGED
    configured: Mapping[StrategyId, Limits] = field(default_factory=dict)

    def of(self, strategy: Strategy) -> Limits:
        """The limits for the signals of a strategy."""
        named = self._named(type(strategy))
        return named.get(strategy.id, next(iter(named.values()))) if named else strategy.limits

    def ordered(self, strategy: Strategy, decisions: Decisions) -> Decisions:
        """The decisions without those, exits too, whose confidence is below the level that orders need."""
        level = self.of(strategy).order_from
        if level is Level.LOW:
            return decisions
        reached = decisions.confidence >= self.levels.least(level)
        return replace(decisions, entries=decisions.entries & reached, exits=decisions.exits & reached)

    def ordered_alone(self, strategy: Strategy, decisions: Decisions) -> Decisions:
        """As `ordered`, where one instrument is traded by itself: none at all where no position may be opened."""
        if self.of(strategy).max_positions != 0:
            return self.ordered(strategy, decisions)
        nothing = np.zeros(len(decisions.entries), dtype=np.bool_)
        return replace(decisions, entries=nothing, exits=nothing)

    def hold_for(self, kind: type[Strategy]) -> bool:
        """Whether they may keep a setting of a strategy from trading an instrument by itself."""
        found = self._named(kind).values() or [kind.limits]
        return any(limits.order_from is not Level.LOW or limits.max_positions == 0 for limits in found)

    def clauses(self, limits: Limits) -> tuple[str, str]:
        """What limits do in a backtest, in words, to confidence and to positions; empty where nothing."""
        level, most = limits.order_from, limits.max_positions
        orders = f"orders only from {level} confidence ({self.levels.least(level):g}) on"
        return "" if level is Level.LOW else orders, "" if most is None else f"at most {most} positions at a time"

    def notes(self, strategies: Iterable[Strategy | type[Strategy]]) -> tuple[str, ...]:
        """A sentence on each strategy whose decisions they may keep from trading, of a class on any setting of it."""
        found: dict[str, None] = {}
        for strategy in strategies:
            if isinstance(strategy, type):
                every = [*self._named(strategy).values()] or [strategy.limits]
            else:
                every = [self.of(strategy)]
            for limits in every:
                said = " and ".join(filter(None, self.clauses(limits)))
                found |= {f"{strategy.name}: {said}": None} if said else {}
        return tuple(found)

    def _named(self, kind: type[Strategy]) -> dict[StrategyId, Limits]:
        return {known: limits for known, limits in self.configured.items() if known.name == kind.name}
