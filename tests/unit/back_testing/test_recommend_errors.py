"""How often a recommendation is wrong; `tests/reference/error_rates.py` asks the same of many more series."""

from collections.abc import Callable

import pytest

from algo_trading.domain.bars import Bars
from back_testing.engine.rules import TradingRules
from reference.error_rates import FREE, USUAL, planted, recommended, shuffled, walk
from support.fuzz import examples

pytestmark = pytest.mark.unit

NAMES = ["sma_cross", "ema_cross", "donchian_breakout"]
SERIES = examples(3)  # of each kind

NO_EDGE: dict[str, tuple[Callable[[int], Bars], TradingRules]] = {
    "drift": (lambda seed: walk("normal", 2.5, seed), FREE),
    "fat tails": (lambda seed: walk("t(3)", 1.5, seed), USUAL),
    "clusters of volatility": (lambda seed: walk("GARCH", 1.5, seed), FREE),
    "a stock's days in another order": (lambda seed: shuffled("AAPL", seed), FREE),
}


@pytest.mark.parametrize("kind", NO_EDGE)
def test_drift_fat_tails_and_luck_are_not_recommended(kind: str) -> None:
    make, rules = NO_EDGE[kind]
    assert sum(recommended(make(seed), rules, NAMES) for seed in range(SERIES)) == 0


def test_an_edge_is_found() -> None:
    assert sum(recommended(planted(seed), USUAL) for seed in range(SERIES)) >= SERIES * 2 / 3
