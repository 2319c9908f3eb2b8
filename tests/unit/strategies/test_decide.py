"""What a strategy is given cannot be changed by it."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

from algo_trading.domain.bars import Bars, Floats
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions, Strategy
from algo_trading.strategies.decide import decide, read_only
from algo_trading.strategies.registry import build_strategy, strategy_names
from support.bar_series import bars_of, random_walk, with_features

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Careless(Strategy):
    """Buys above the mean, after something was done to the bars."""

    name: ClassVar[str] = "careless"
    summary: ClassVar[str] = "works in place"
    warmup: ClassVar[int] = 1

    work: str

    def decide(self, bars: Bars) -> Decisions:
        WORK[self.work](bars)
        up = bars.close > np.mean(bars.close)
        return Decisions(up, ~up, np.ones(len(bars)), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        return f"it is {bars.close[index]:.2f}"

    def lines(self, bars: Bars) -> dict[str, Floats]:
        return {"close": bars.close}


def divides(bars: Bars) -> None:
    close = bars.close
    close /= close.mean()


def assigns(bars: Bars) -> None:
    bars.open[:] = bars.low


def sorts(bars: Bars) -> None:
    bars.volume.sort()


def fills_features(bars: Bars) -> None:
    bars.features["sentiment"][:] = 1.0


def shifts_time(bars: Bars) -> None:
    bars.opened_at[0] -= np.timedelta64(1, "D")


def raises(bars: Bars) -> None:
    raise ValueError(f"{len(bars)} bars do not suit me")


WORK = {work.__name__: work for work in (divides, assigns, sorts, fills_features, shifts_time, raises)}


@pytest.mark.parametrize("work", ["divides", "assigns", "sorts", "fills_features", "shifts_time"])
def test_a_write_is_an_error_that_names_the_strategy(work: str) -> None:
    bars = with_features(bars_of(random_walk(50, 1)))
    before = replace(bars, close=bars.close.copy(), volume=bars.volume.copy())
    with pytest.raises(ConfigError, match=r"^careless.* writes into the bars .*read-only.*bars\.close\.copy\(\)"):
        decide(Careless(work), bars)
    np.testing.assert_array_equal(bars.close, before.close)
    np.testing.assert_array_equal(bars.volume, before.volume)


def test_other_errors_of_a_strategy_stay_what_they_are() -> None:
    with pytest.raises(ValueError, match=r"^50 bars do not suit me$"):
        decide(Careless("raises"), bars_of(random_walk(50, 1)))


def test_the_caller_may_still_write_and_frozen_bars_are_not_copied_again() -> None:
    bars = with_features(bars_of(random_walk(50, 1)))
    frozen = read_only(bars)
    assert frozen is not bars
    assert read_only(frozen) is frozen
    bars.close[0] = 1.0
    assert frozen.close[0] == 1.0


@pytest.mark.parametrize("name", strategy_names())
def test_the_strategies_that_come_with_the_program_do_not_write(name: str) -> None:
    bars = with_features(bars_of(random_walk(400, 3)))
    strategy = build_strategy(name, {})
    ours, theirs = decide(strategy, bars), strategy.decide(bars)
    np.testing.assert_array_equal(ours.entries, theirs.entries)
