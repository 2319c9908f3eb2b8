"""Trades that come out where they went in: a run, a sweep and many symbols count them alike, as no win."""

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.engine.backtest import run
from back_testing.engine.rules import TradingRules
from back_testing.search.sweep import sweep
from back_testing.search.symbols import run_symbols
from reference.trade_figures import RoundTrip, profit_factor, win_rate
from support.bar_series import bars_of

pytestmark = pytest.mark.unit


def ticks(seed: int) -> Bars:
    """Prices that move by a tick or not at all, so that many trades end at the price they began at."""
    steps = np.random.default_rng(seed).integers(-1, 2, 300) * 0.1
    return bars_of(np.round(np.maximum(20 + np.cumsum(steps), 5), 2))


@pytest.mark.parametrize("whole_shares", [True, False])
@pytest.mark.parametrize("commission", [0.0, 0.001])
@pytest.mark.parametrize("seed", range(6))
def test_win_rate_and_profit_factor_are_the_same_everywhere(seed: int, commission: float, whole_shares: bool) -> None:
    bars, rules = ticks(seed), TradingRules(costs=Costs.of(commission), whole_shares=whole_shares)
    for block in sweep(SmaCross, {"fast": [2, 3], "slow": [4, 5, 7]}, bars, rules, fixed={"trend": 0}):
        for row in range(len(block)):
            strategy = SmaCross(int(block.params["fast"][row]), int(block.params["slow"][row]), 0)
            result = run(strategy, bars, rules)
            trips = [RoundTrip(trade.entry_price, trade.exit_price) for trade in result.trades]
            assert result.statistics.win_rate == pytest.approx(win_rate(trips, commission), abs=1e-12)
            alone = run_symbols(strategy, [bars], rules)
            for name in ("win_rate", "profit_factor"):
                expected = pytest.approx(getattr(result.statistics, name), rel=1e-9, nan_ok=True)
                assert block.statistics[name][row] == expected
                assert alone[name][0] == expected
            if not whole_shares:
                expected = pytest.approx(profit_factor(trips, commission), rel=1e-9, nan_ok=True)
                assert result.statistics.profit_factor == expected
