"""Bars to trade in, as the kernels of a sweep take them."""

from dataclasses import dataclass

from algo_trading.domain.bars import Bars
from back_testing.engine.checks import tradable
from back_testing.engine.kernels.params import FullyInvestedParams, Prices, fully_invested_params, prices_of
from back_testing.engine.rules import Direction, FillAt, SizeKind, TradingRules


@dataclass(frozen=True, eq=False)
class Window:
    """Bars to trade in, after `start` bars of history, with their prices as the kernels take them, and the rules."""

    bars: Bars
    start: int
    rules: TradingRules
    prices: Prices

    def __len__(self) -> int:
        return len(self.prices.closes)

    @classmethod
    def of(cls, bars: Bars, start: int, rules: TradingRules) -> "Window":
        """The bars from `start` on."""
        traded = bars[start:]
        return cls(bars, start, rules, prices_of(traded, tradable(traded.volume)))

    @property
    def fully_invested(self) -> bool:
        """Whether the whole equity goes in and out at opens, in fractions of shares, so that no cash is counted."""
        return fully_invested(self.rules) and bool(self.prices.tradable.all())

    @property
    def fully_invested_params(self) -> FullyInvestedParams:
        """The rules for a window that is `fully_invested`."""
        return fully_invested_params(self.rules)


def fully_invested(rules: TradingRules) -> bool:
    """Whether the rules put all there is in and out at opens, in fractions of shares, and have no stops."""
    return (
        rules.size.kind is SizeKind.ALL
        and rules.direction is Direction.LONG
        and rules.fill is FillAt.NEXT_OPEN
        and rules.whole_shares is False
        and rules.fills_alone
        and rules.costs.commission_fixed == 0
        and rules.stop_loss is rules.take_profit is rules.trailing_stop is None
    )
