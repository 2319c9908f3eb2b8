"""Every setting of a grid, with its account at each bar: what statistics over many trials need."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.decide import decide, read_only
from back_testing.engine.backtest import decisions_from, first_bar
from back_testing.engine.checks import require_decisions
from back_testing.engine.generic_evaluator import rejection_reason
from back_testing.engine.market import Market
from back_testing.engine.rules import TradingRules
from back_testing.engine.trading import trade
from back_testing.search.sweep import Grid


@dataclass(frozen=True, eq=False)
class Trial:
    """A setting, its equity at each close, and the shares held then, n each."""

    params: Mapping[str, Any]
    equity: Floats
    held: Floats


def trials(kind: type[Strategy], grid: Grid, bars: Bars, rules: TradingRules, first: date) -> Iterator[Trial]:
    """Trade each setting that the strategy accepts and has bars enough for, from the session `first` on."""
    start = first_bar(bars, first)
    market = Market([bars[start:]])
    bars = read_only(bars)
    for values in product(*grid.values()):
        params = dict(zip(grid, values, strict=True))
        if rejection_reason(kind, params, bars):
            continue
        strategy = kind(**params)
        decisions = decide(strategy, bars)
        require_decisions(strategy, bars, decisions)
        orders = rules.limits.ordered(strategy, decisions_from(decisions, start))
        outcome = trade(market, rules, [orders], rules.limits.of(strategy).max_positions)
        yield Trial(params, outcome.equity, outcome.held[0])
