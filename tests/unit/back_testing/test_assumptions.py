"""What a report says about text and about limits that hold live alone."""

import re

import pytest

from algo_trading.domain.limits import Limits
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.event_driven import EventDriven
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.sma_cross import SmaCross
from algo_trading.strategies.volatility_drop import VolatilityDrop
from back_testing.engine.backtest import run
from back_testing.engine.rules import TradingRules
from back_testing.report.assumptions import assumptions, not_simulated
from support.bar_series import bars_of, random_walk, with_features

pytestmark = pytest.mark.unit


def told(strategy: Strategy) -> dict[str, str]:
    return dict(assumptions(run(strategy, with_features(bars_of(random_walk(60))), TradingRules())))


def test_limits_that_are_not_simulated_are_named() -> None:
    assert not_simulated(Limits()) == ""
    assert told(InfluencerMention())["Not simulated"] == (
        "Limits that hold live alone: the trade window 12:00-06:00, prices at most 96 hours old, prices that have "
        "moved by at most 2.0% since the post."
    )
    assert "Not simulated" not in told(VolatilityDrop())


def test_limits_that_are_obeyed_are_told_with_what_they_turned_down() -> None:
    said = told(InfluencerMention())["Limits"]
    assert re.fullmatch(r"Orders only from high confidence \(0\.85\) on: [1-9]\d* decisions were below\.", said)
    assert told(VolatilityDrop())["Limits"] == "At most 3 positions at a time: 0 entries were refused."


def test_text_is_told_of_where_there_is_any() -> None:
    assert told(EventDriven())["Text and figures"] == (
        "impact, pe_ratio: known at the close of the bar in which they came."
    )
    assert not {"Text and figures", "Limits", "Not simulated"} & set(told(SmaCross(2, 5, 0)))


def test_shares_that_the_strategy_suggests_are_told() -> None:
    suggested = "takes the shares that the strategy suggests, at most"
    for strategy in (VolatilityDrop(), EventDriven()):
        said = told(strategy)
        assert said["Size"] == f"An entry {suggested} all that there is for it. Whole shares only."
        assert said["Capital"].endswith(f"each entry {suggested} the whole equity")
    for plain in (SmaCross(2, 5, 0), InfluencerMention()):
        assert suggested not in " ".join(told(plain).values())
