"""Rules of trading with limits."""

from dataclasses import replace

from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level, Levels
from algo_trading.strategies.base import Strategy
from back_testing.engine.rules import TradingRules
from back_testing.engine.signal_limits import PACKAGED, SignalLimits

SURE = Limits(order_from=Level.HIGH)


def limited(rules: TradingRules, strategy: Strategy, limits: Limits, levels: Levels = PACKAGED) -> TradingRules:
    return replace(rules, limits=SignalLimits(levels, {strategy.id: limits}))
