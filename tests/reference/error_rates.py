"""How often `recommend` is wrong: recommendations on series without any edge, and on series with a planted one.

    .venv/bin/python tests/reference/error_rates.py --walks 100

prints a table. The series without an edge drift, have fat tails or volatility in clusters, or are real days in another
order; nothing can be known of their next day but its drift, so every recommendation is an error.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from numpy.random import Generator

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.costs import Costs
from back_testing.analysis.recommend import recommend
from back_testing.engine.rules import TradingRules
from back_testing.search.walk_forward import Plan
from support.bar_series import bars_of, sample_closes

BARS = 2_500
DAILY = 0.013  # standard deviation of a day's return
YEAR = 252
PLAN = Plan()
USUAL, FREE = TradingRules(), TradingRules(costs=Costs.of(0))
EDGE = 0.0021  # a day's expected return in a good regime, less it in a bad one
REGIME = 60  # days that a regime lasts on average


def normal(chance: Generator, n: int) -> Floats:
    """Independent normal shocks of variance 1."""
    shocks: Floats = chance.normal(0, 1, n)
    return shocks


def student(chance: Generator, n: int) -> Floats:
    """Independent shocks of Student's t with three degrees of freedom, of variance 1."""
    shocks: Floats = chance.standard_t(3, n) / np.sqrt(3)
    return shocks


def garch(chance: Generator, n: int) -> Floats:
    """GARCH(1,1) with 0.08 and 0.90, of variance 1: calm and wild months, and nothing to know of the sign."""
    shocks, variance, found = chance.normal(0, 1, n), 1.0, np.empty(n)
    for day in range(n):
        found[day] = shocks[day] * np.sqrt(variance)
        variance = 0.02 + 0.08 * found[day] ** 2 + 0.90 * variance
    return found


SHOCKS: dict[str, Callable[[Generator, int], Floats]] = {"normal": normal, "t(3)": student, "GARCH": garch}


def walk(kind: str, sharpe: float, seed: int, n: int = BARS) -> Bars:
    """A random walk whose holder has this annual Sharpe ratio."""
    chance = np.random.default_rng(seed)
    drift = sharpe * DAILY / np.sqrt(YEAR)
    return bars_from(np.maximum(drift + DAILY * SHOCKS[kind](chance, n), -0.5), chance)


def shuffled(symbol: str, seed: int) -> Bars:
    """The days of a real stock in another order."""
    closes = sample_closes()[symbol]
    chance = np.random.default_rng(seed)
    return bars_from(chance.permutation(closes[1:] / closes[:-1] - 1), chance)


def planted(seed: int, n: int = BARS, edge: float = EDGE) -> Bars:
    """Regimes of some months that rise and fall in turn: whoever follows them earns, and whoever holds does not."""
    chance = np.random.default_rng(seed)
    turns = chance.random(n) < 1 / REGIME
    side = np.where((np.cumsum(turns) + seed) % 2 == 0, 1.0, -1.0)
    return bars_from(edge * side + 0.6 * DAILY * chance.normal(0, 1, n), chance)


def bars_from(returns: Floats, chance: Generator) -> Bars:
    """Bars with these returns from close to close; a fifth of a day's variance is the gap to the open."""
    closes = 100 * np.cumprod(1 + returns)
    before = np.append(100.0, closes[:-1])
    # A bridge from close to close, so that the gap says nothing about the rest of the day.
    noise = np.std(returns) * np.sqrt(0.2 * 0.8) * chance.normal(0, 1, len(returns))
    opens: Floats = before * np.exp(0.2 * np.log(closes / before) + noise)
    high, low = np.maximum(opens, closes) * 1.002, np.minimum(opens, closes) / 1.002
    return replace(bars_of(closes), open=opens, high=high, low=low)


def cells() -> Iterator[tuple[str, Callable[[int], Bars], TradingRules]]:
    """Every kind of series, how one is made from a seed, and the rules."""
    for kind in SHOCKS:
        for sharpe in (0.0, 1.0, 1.5, 2.5):
            yield f"{kind}, Sharpe {sharpe:g}", partial(walk, kind, sharpe), USUAL
    for sharpe in (0.0, 1.5):
        yield f"normal, Sharpe {sharpe:g}, no costs", partial(walk, "normal", sharpe), FREE
    for symbol in ("AAPL", "IBM"):
        yield f"{symbol} shuffled", partial(shuffled, symbol), USUAL
    yield "AAPL shuffled, no costs", partial(shuffled, "AAPL"), FREE
    yield "planted edge", planted, USUAL


def recommended(bars: Bars, rules: TradingRules, names: list[str] | None = None) -> bool:
    """Whether anything is recommended."""
    return recommend(bars, rules, PLAN, names).recommendation.strategy is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walks", type=int, default=100, help="series of each kind")
    parser.add_argument("--only", default="", help="kinds whose name contains this")
    chosen = parser.parse_args()
    for name, make, rules in cells():
        if chosen.only in name:
            found = sum(recommended(make(1_000 + seed), rules) for seed in range(chosen.walks))
            print(f"| {name} | {found} of {chosen.walks} | {found / chosen.walks:.0%} |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
