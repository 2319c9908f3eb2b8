"""Recommendations: something for a pattern that can be traded, nothing for luck."""

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from algo_trading.domain.bars import Bars
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.strategies.buy_and_hold import BuyAndHold
from algo_trading.strategies.momentum import Momentum
from algo_trading.strategies.registry import build_strategy, strategy_class, strategy_names
from algo_trading.strategies.rsi_reversion import RsiReversion
from algo_trading.strategies.sma_cross import SmaCross
from back_testing.analysis.deflated_sharpe import expected_best_sharpe, probabilistic_sharpe
from back_testing.analysis.excess_returns import excess_returns, market_returns
from back_testing.analysis.recommend import Review, candidates, default_grid, recommend, spread
from back_testing.analysis.review import review_notes
from back_testing.engine.rules import TradingRules
from back_testing.search.walk_forward import Plan
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.unit

PLAN = Plan(in_sample=250, out_of_sample=125)
QUICK = ["sma_cross", "donchian_breakout", "momentum"]


def swings(n: int = 1000) -> Bars:
    """Prices that rise and fall for months on end, with noise: a trend follower's dream, and no gain in holding."""
    noise = np.random.default_rng(2).normal(0, 0.004, n)
    return bars_of(100 * np.exp(0.4 * np.sin(np.arange(n) / 30) + np.cumsum(noise) / 10), "SWING")


@pytest.fixture(scope="module")
def found() -> Review:
    return recommend(swings(), TradingRules(), PLAN)


def test_a_pattern_that_can_be_traded_is_recommended(found: Review) -> None:
    outcome = found.recommendation
    assert outcome.strategy is not None
    assert outcome.strategy == outcome.candidates[0].strategy
    assert build_strategy(outcome.strategy.name, json.loads(outcome.strategy.params)).id == outcome.strategy
    assert outcome.reason.startswith("best of 6 strategies out of sample, ")
    assert f"after {outcome.trials} settings tried" in outcome.reason
    assert "of the market (deflated Sharpe ratio of the excess " in outcome.reason
    assert outcome.reason.endswith("probability of overfitting 0%")
    assert outcome.candidates[0].objection == ""
    assert (outcome.session, str(outcome.instrument)) == (swings().session(-1), "SWING")


def test_every_candidate_is_listed_best_first_with_its_record(found: Review) -> None:
    listed = found.recommendation.candidates
    assert (
        {candidate.strategy.name for candidate in listed}
        == set(candidates(intraday=False))
        == {name for name in strategy_names() if not strategy_class(name).features}
        - {"buy_and_hold", "candle_rank", "scalping", "top_momentum"}
    )
    survived = [candidate.objection == "" for candidate in listed]
    assert survived == sorted(survived, reverse=True)
    assert len(found.walks) == len(listed)
    for candidate, walk in zip(listed, found.walks, strict=True):
        assert candidate.strategy == walk.result.strategy.id
        assert (candidate.first, candidate.last) == (swings().session(250), swings().session(-1))
        assert candidate.statistics["n_trades"] == walk.result.statistics.n_trades
        json.dumps(dict(candidate.statistics), allow_nan=False)


def test_the_deflated_sharpe_ratio_counts_every_setting(found: Review) -> None:
    """Of what each walk earned above holding as much of the market all the time."""
    outcome, bars = found.recommendation, swings()
    luck = expected_best_sharpe(found.deviation, outcome.trials)
    assert luck > 0
    for candidate, walk in zip(outcome.candidates, found.walks, strict=True):
        result = walk.result
        market = market_returns(bars, result.history)
        excess = excess_returns(result.equity, result.rules.cash, result.positions[0], result.bars.close, market)
        assert candidate.deflated_sharpe == pytest.approx(probabilistic_sharpe(excess, luck))
        year = np.sqrt(result.periods_per_year)
        assert candidate.statistics["excess_sharpe"] == pytest.approx(excess.mean() / excess.std(ddof=1) * year)
    assert 60 < outcome.trials < 120


@pytest.mark.parametrize("seed", range(4))
def test_luck_is_not_recommended(seed: int) -> None:
    outcome = recommend(bars_of(random_walk(900, seed)), TradingRules(), PLAN, QUICK).recommendation
    assert outcome.strategy is None
    assert outcome.reason.startswith(
        "none of 3 strategies survives out of sample, 2000-09-09 to 2002-06-20; the best, "
    )
    assert all(candidate.objection for candidate in outcome.candidates)


def test_no_trade_is_no_merit() -> None:
    outcome = recommend(bars_of([10.0] * 600), TradingRules(), PLAN, ["sma_cross", "rsi_reversion"]).recommendation
    assert outcome.strategy is None
    assert {candidate.objection for candidate in outcome.candidates} == {"it did not trade"}
    assert outcome.deflated_sharpe is None


def test_a_strategy_without_enough_bars_is_left_out_and_none_at_all_is_one_sentence() -> None:
    bars = bars_of(random_walk(240, 1))
    plan = Plan(120, 60)
    listed = recommend(bars, TradingRules(), plan, ["momentum", "sma_cross"]).recommendation.candidates
    assert [candidate.strategy.name for candidate in listed] == ["sma_cross"]
    with pytest.raises(
        ConfigError, match=r"no strategy can be reviewed: .* momentum\(lookback=126, .*\) needs 127 bars"
    ):
        recommend(bars, TradingRules(), plan, ["momentum"])
    with pytest.raises(ConfigError, match="no strategy can be reviewed: TEST has 240 bars, and 756 are needed"):
        recommend(bars, TradingRules(), Plan())
    with pytest.raises(UnknownNameError, match="there is no strategy 'luck'"):
        recommend(bars, TradingRules(), plan, ["luck"])


def test_the_spread_of_trials_is_theirs_as_far_as_it_can_be_luck() -> None:
    assert spread(np.array([0.01, 0.02]), 1000) == pytest.approx(np.std([0.01, 0.02], ddof=1))
    assert spread(np.array([-0.5, 0.5]), 401) == pytest.approx(0.05)
    assert spread(np.array([0.1]), 1000) == spread(np.array([0.1, 0.2]), 1) == 0


@dataclass(frozen=True)
class Mixed(SmaCross):
    name: ClassVar[str] = "mixed"

    share: float = 0.5
    strict: bool = True
    word: str = "x"
    least: int = 1


def test_the_grid_lies_around_the_defaults() -> None:
    assert default_grid(SmaCross) == {"fast": [4, 7, 14], "slow": [10, 21, 42], "trend": [25, 50, 100]}
    assert default_grid(RsiReversion)["oversold"] == [15, 30, 60]
    assert default_grid(Momentum) == {"lookback": [126, 252, 504], "skip": [10, 21, 42]}
    assert default_grid(BuyAndHold) == {}
    mixed = default_grid(Mixed)
    assert mixed["share"] == [0.25, 0.5, 1.0]
    assert mixed["least"] == [1, 2]
    assert {"strict", "word"}.isdisjoint(mixed)


def test_progress_names_what_is_reviewed() -> None:
    told: list[tuple[int, int, str]] = []
    recommend(
        bars_of(random_walk(500, 1)), TradingRules(), PLAN, ["sma_cross", "sma_cross", "ema_cross"],
        lambda *now: told.append(now),
    )  # fmt: skip
    assert told == [(0, 2, "sma_cross"), (1, 2, "ema_cross")]


def test_the_report_says_what_was_tested(found: Review) -> None:
    notes = dict(review_notes(found))
    assert notes["Trials"] == "6 strategies in 89 settings, all over the same bars out of sample."
    assert "above holding 49% of the market all the time" in notes["Test of the excess"]
    assert "luck of the best of 89 settings; 0.95 is needed" in notes["Test of the excess"]
    best = found.recommendation.candidates[0].statistics
    interval = f"by {best['sharpe_difference_low']:.2f} to {best['sharpe_difference_high']:.2f}"
    assert interval in notes["Test of the Sharpe ratio"]
    assert "afterwards in 0% of the ways" in notes["Test of overfitting"]
    idle = recommend(bars_of([10.0] * 600), TradingRules(), PLAN, ["sma_cross"])
    assert dict(review_notes(idle))["Trials"].endswith("The best did not trade.")


def test_what_holding_would_have_earned_too_is_no_merit() -> None:
    """A market that only rises: every strategy gains, and none by its timing."""
    rises = bars_of(100 * np.cumprod(1 + np.abs(np.random.default_rng(4).normal(0.001, 0.01, 900))))
    outcome = recommend(rises, TradingRules(), PLAN, QUICK).recommendation
    assert outcome.strategy is None
    gained = outcome.candidates[0].statistics["total_return"]
    assert isinstance(gained, float)
    assert gained > 0
