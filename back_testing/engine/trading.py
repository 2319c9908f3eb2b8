"""One strategy's trading on a market, by the quickest kernel that knows what the rules ask for."""

from collections.abc import Sequence

from algo_trading.strategies.base import Decisions
from back_testing.engine.market import Market, Outcome
from back_testing.engine.rules import TradingRules
from back_testing.engine.shared_account import trade_together


def trade(
    market: Market,
    rules: TradingRules,
    decisions: Sequence[Decisions],
    max_positions: int | None = None,
    *,
    among: int | None = None,
) -> Outcome:
    """Trade on the decisions about each bar of each instrument, with at most so many positions (None: no bound).

    The whole equity is shared `among` so many positions, one of each instrument unless given.
    """
    if rules.fills_alone:
        return market.trade(rules, decisions, max_positions, among=among)
    return trade_together(market, rules, [decisions], [max_positions], among=among)
