"""What each of several strategies contributed to a backtest on one account."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from algo_trading.strategies.base import Strategy, parameters_of
from back_testing.engine import metrics
from back_testing.engine.market import Outcome
from back_testing.engine.trade import ExitReason, Trade


@dataclass(frozen=True, slots=True)
class StrategyShare:
    """The part of a result that one strategy made.

    `profit` is that of its trades, in money and after costs, open ones at the last close; interest belongs to nobody.
    `exposure` is the part of closes with a position of it. The counts are those of the result, of its own orders.
    """

    strategy: Strategy
    profit: float
    n_trades: int
    win_rate: float
    costs_paid: float
    exposure: float
    refused: int
    below_order_level: int
    at_position_limit: int
    above_cap: int

    def as_json(self) -> dict[str, Any]:
        """JSON's own types, null for the win rate of no trade."""
        return {
            "strategy": self.strategy.id.name,
            "params": parameters_of(self.strategy),
            "profit": self.profit,
            "n_trades": self.n_trades,
            "win_rate": None if math.isnan(self.win_rate) else self.win_rate,
            "costs_paid": self.costs_paid,
            "exposure": self.exposure,
            "refused": self.refused,
            "below_order_level": self.below_order_level,
            "at_position_limit": self.at_position_limit,
            "above_cap": self.above_cap,
        }


def strategy_shares(
    strategies: Sequence[Strategy], outcome: Outcome, trades: Sequence[Trade], below: Sequence[int]
) -> tuple[StrategyShare, ...]:
    """The shares of strategies in an outcome of theirs; `below` counts decisions of each that led to no order."""
    from back_testing.engine.kernels.shared_account import ABOVE_CAP, AT_LIMIT, NOT_AFFORDED

    shares = []
    rows = len(outcome.held) // len(strategies)
    for number, strategy in enumerate(strategies):
        sleeves = slice(number * rows, (number + 1) * rows)
        own = [trade for trade in trades if trade.strategy == strategy]
        closed = [trade for trade in own if trade.reason is not ExitReason.OPEN]
        counts = outcome.counts[sleeves].sum(axis=0)
        shares.append(
            StrategyShare(
                strategy=strategy,
                profit=sum(trade.pnl for trade in own),
                n_trades=len(closed),
                win_rate=metrics.win_rate(np.array([trade.pnl for trade in closed])),
                costs_paid=sum(trade.costs for trade in own),
                exposure=metrics.exposure((outcome.held[sleeves] != 0).any(axis=0)),
                refused=int(counts[NOT_AFFORDED]),
                below_order_level=below[number],
                at_position_limit=int(counts[AT_LIMIT]),
                above_cap=int(counts[ABOVE_CAP]),
            )
        )
    return tuple(shares)
