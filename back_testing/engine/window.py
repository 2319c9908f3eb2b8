"""Bars to trade in, as the kernels of a sweep take them."""

from dataclasses import dataclass

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.strategies.base import Flags
from back_testing.engine.checks import tradable
from back_testing.engine.rules import Direction, FillAt, SizeKind, TradingRules

AllInTerms = tuple[float, float, bool]

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, eq=False)
class Window:
    """Bars to trade in, after `start` bars of history, as the kernels take them, and the rules."""

    bars: Bars
    start: int
    rules: TradingRules
    opens: Floats
    highs: Floats
    lows: Floats
    closes: Floats
    tradable: Flags

    def __len__(self) -> int:
        return len(self.closes)

    @classmethod
    def of(cls, bars: Bars, start: int, rules: TradingRules) -> "Window":
        """The bars from `start` on."""
        opens, highs, lows, closes = (
            np.ascontiguousarray(getattr(bars, name)[start:], dtype=np.float64) for name in PRICES
        )
        return cls(bars, start, rules, opens, highs, lows, closes, tradable(bars.volume[start:]))

    @property
    def all_in(self) -> bool:
        """Whether all there is goes in and out at opens, in fractions of shares: then no cash needs to be counted."""
        return all_in(self.rules) and bool(self.tradable.all())

    @property
    def all_in_terms(self) -> AllInTerms:
        """The rules for a window that is `all_in`."""
        return all_in_terms(self.rules)


def all_in(rules: TradingRules) -> bool:
    """Whether the rules put all there is in and out at opens, in fractions of shares, and have no stops."""
    return (
        rules.size.kind is SizeKind.ALL
        and rules.direction is Direction.LONG
        and rules.fill is FillAt.NEXT_OPEN
        and not rules.whole_shares
        and rules.costs.commission_fixed == 0
        and rules.stop_loss is rules.take_profit is rules.trailing_stop is None
    )


def all_in_terms(rules: TradingRules) -> AllInTerms:
    """A buy's and a sell's price with its costs over the open, and whether the last position stays open."""
    slippage, commission = rules.costs.slippage, rules.costs.commission
    return (1 + slippage) * (1 + commission), (1 - slippage) * (1 - commission), rules.keep_open
