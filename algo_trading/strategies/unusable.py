"""What stands for a strategy that cannot be built, so that it fails where it is asked and nobody else does."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.signal import StrategyId
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.registry import strategy_of


@dataclass(frozen=True)
class UnusableStrategy(Strategy):
    """Its package is gone, cannot be imported, or knows its parameters no more: `error` says which."""

    name: ClassVar[str] = "unusable"
    summary: ClassVar[str] = "stands for a strategy that cannot be built"

    wanted: StrategyId
    error: str

    @cached_property
    def id(self) -> StrategyId:
        """That of the strategy it stands for."""
        return self.wanted

    @property
    def warmup(self) -> int:
        """It asks for nothing."""
        return 0

    @property
    def memory(self) -> int:
        """It reads nothing."""
        return 1

    def decide(self, bars: Bars) -> Decisions:  # noqa: ARG002 - it never looks
        """Raise ConfigError with what is wrong."""
        raise ConfigError(self.error)

    def explain(self, bars: Bars, index: int) -> str:  # noqa: ARG002 - it never looks
        """Raise ConfigError with what is wrong."""
        raise ConfigError(self.error)

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it never looks
        """Raise ConfigError with what is wrong."""
        raise ConfigError(self.error)


def strategy_to_ask(identity: StrategyId) -> Strategy:
    """The strategy that an id names; where it cannot be built, one that says so when it is asked to decide."""
    try:
        return strategy_of(identity)
    except AlgoTradingError as error:
        return UnusableStrategy(identity, str(error))
