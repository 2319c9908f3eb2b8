"""Which limits hold for a strategy, and that every way to run it obeys them."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.costs import Costs
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level, Levels
from algo_trading.errors import ConfigError
from algo_trading.settings import load_settings
from algo_trading.strategies.base import Decisions
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.analysis.compare import compare
from back_testing.analysis.lookahead import check_lookahead
from back_testing.analysis.lookahead_cuts import ask
from back_testing.engine.backtest import run
from back_testing.engine.rules import TradingRules
from back_testing.engine.signal_limits import PACKAGED, SignalLimits
from back_testing.search.sweep import sweep
from back_testing.search.symbols import run_symbols
from back_testing.search.walk_forward import Plan, walk_forward
from support.bar_series import bars_of, random_walk
from support.limited_rules import SURE, limited

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Careful(SmaCross):
    """Has limits of its own."""

    name: ClassVar[str] = "careful"
    limits: ClassVar[Limits] = SURE


class Hasty(SmaCross):
    """Forgets a confidence."""

    def decide(self, bars: Bars) -> Decisions:
        decisions = super().decide(bars)
        return replace(decisions, confidence=decisions.confidence[1:])


def test_the_configuration_goes_before_the_strategy() -> None:
    fast, slow, other = SmaCross(2, 5), SmaCross(20, 50), Careful(2, 5)
    none, one, two = Limits(), Limits(max_positions=1), Limits(max_positions=2)
    assert (SignalLimits().of(fast), SignalLimits().of(other)) == (none, SURE)
    both = SignalLimits(configured={fast.id: one, slow.id: two})
    assert (both.of(fast), both.of(slow), both.of(SmaCross(3, 5)), both.of(other)) == (one, two, one, SURE)
    assert SignalLimits(configured={other.id: none}).of(other) == none


@pytest.mark.parametrize(
    ("limits", "hold"),
    [(Limits(), False), (SURE, True), (Limits(max_positions=1), False), (Limits(max_positions=0), True)],
)
def test_quick_ways_are_left_only_where_a_limit_can_matter(limits: Limits, hold: bool) -> None:
    found = SignalLimits(configured={SmaCross(2, 5).id: limits})
    assert found.hold_for(SmaCross) == hold
    assert found.hold_for(Careful)


def test_levels_are_the_packaged_ones(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    sentiment = load_settings().sentiment
    assert Levels(sentiment.medium, sentiment.high) == PACKAGED


@given(*(st.floats(0, 1),) * 3, st.sampled_from(Level))
def test_the_least_confidence_of_a_level_reaches_it(one: float, other: float, confidence: float, level: Level) -> None:
    levels = Levels(min(one, other), max(one, other))
    assert levels.of(confidence).reaches(level) == (confidence >= levels.least(level))
    assert levels.of(levels.least(level)).reaches(level)


def test_a_strategy_owes_a_confidence_for_each_bar() -> None:
    bars = bars_of(random_walk(60))
    short = Hasty(3, 8, 0)
    for rules in (WHOLE, limited(WHOLE, short, SURE)):
        with pytest.raises(ConfigError, match="decisions about 60 bars"):
            run(short, bars, rules)
    with pytest.raises(ConfigError, match="decisions about 60 bars"):
        list(sweep(Hasty, {"fast": [3]}, bars, limited(WHOLE, short, SURE), fixed={"slow": 8, "trend": 0}))


BARS = bars_of(random_walk(400, 3))


ALL_IN = TradingRules(costs=Costs.of(0.001), whole_shares=False)


WHOLE = TradingRules(costs=Costs.of(0.001), stop_loss=0.05)


CROSS = SmaCross(3, 8, 0)


def half() -> Levels:
    """Levels of which about half of the decisions reach the high one."""
    decided = CROSS.decide(BARS)
    median = float(np.median(decided.confidence[decided.entries | decided.exits]))
    return Levels(0.0, median)


@pytest.mark.parametrize("rules", [ALL_IN, WHOLE], ids=["all in", "with stops"])
@pytest.mark.parametrize("limits", [SURE, Limits(max_positions=0), Limits(max_positions=1)])
def test_all_ways_come_to_the_same(rules: TradingRules, limits: Limits) -> None:
    strict = limited(rules, CROSS, limits, half())
    single = run(CROSS, BARS, strict).statistics
    (block,) = sweep(SmaCross, {"fast": [3], "slow": [8]}, BARS, strict, fixed={"trend": 0})
    swept = {name: values[0] for name, values in block.statistics.items()}
    alone = {name: values[0] for name, values in run_symbols(CROSS, [BARS], strict).items()}
    (compared,) = compare([CROSS], [BARS], strict)
    assert compared.statistics == single
    for name, value in swept.items():
        assert value == pytest.approx(getattr(single, name), nan_ok=True), name
        assert alone[name] == pytest.approx(value, nan_ok=True), name
    free = run(CROSS, BARS, rules).statistics
    assert (single == free) == (limits.max_positions == 1)


def test_walking_forward_obeys_them_and_stands_where_the_newest_order_led() -> None:
    grid = {"fast": [3], "slow": [8], "trend": [0]}
    strict = limited(WHOLE, CROSS, SURE, half())
    walk = walk_forward("sma_cross", grid, BARS, strict, Plan(100, 50))
    kept = strict.limits.ordered(CROSS, CROSS.decide(BARS))
    result = walk.result
    assert result.below_order_level > 0
    spoken = np.flatnonzero(kept.entries[:101] | kept.exits[:101])
    begun = kept.entries[spoken[-1]]
    assert (result.positions[0][1] != 0) == begun
    for fold, start in zip(walk.folds, range(100, 400, 50), strict=True):
        assert fold.traded[0] == BARS.session(start)
        newest = np.flatnonzero(kept.entries[: start + 1] | kept.exits[: start + 1])[-1]
        if not kept.entries[newest]:
            assert result.positions[0][start - 100 + 1] == 0


def test_lookahead_is_asked_about_the_orders_alone() -> None:
    (report,) = check_lookahead(CROSS, [BARS], limited(WHOLE, CROSS, SURE, half()), ask=ask)
    (everything,) = check_lookahead(CROSS, [BARS], WHOLE, ask=ask)
    assert report.proven
    assert everything.fills > report.fills
    (unsure,) = check_lookahead(
        CROSS, [BARS], limited(WHOLE, CROSS, SURE, Levels(1, 1)), first=BARS.session(380), ask=ask
    )
    assert unsure.idle.endswith("are below high confidence")
    (refused,) = check_lookahead(CROSS, [BARS], limited(WHOLE, CROSS, Limits(max_positions=0)), ask=ask)
    assert refused.idle.endswith("came at the limit of 0")
