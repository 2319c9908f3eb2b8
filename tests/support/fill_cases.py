"""A few bars, the rules, and the trades that must come of them."""

from dataclasses import dataclass, replace

import pytest

from algo_trading.domain.costs import Costs
from back_testing.engine.rules import Direction, FillAt, TradingRules
from support.candle_table import trade_lines, traded

FREE = TradingRules(cash=1000, costs=Costs.of(0))
SHORT = replace(FREE, direction=Direction.LONG_SHORT)
CLOSE = replace(FREE, fill=FillAt.CLOSE)


@dataclass(frozen=True)
class Case:
    """Lines of the table: day, decision at the close (B buy, S sell, X both), open, high, low, close, volume."""

    name: str
    rules: TradingRules
    table: str
    trades: tuple[str, ...]
    equity: float
    refused: int = 0


def check_case(case: Case) -> None:
    """Trade the table by the rules of a case."""
    result = traded(case.table, case.rules)
    assert trade_lines(result) == list(case.trades)
    assert result.equity[-1] == pytest.approx(case.equity)
    assert result.statistics.final_equity == result.equity[-1]
    assert result.refused == case.refused
