"""Influencer mentions, event-driven buys and gloomy drops: when they speak, how much they ask for, what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.features import IMPACT, INFLUENCER_CONFIDENCE, INFLUENCER_SENTIMENT, PE_RATIO, SENTIMENT
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level
from algo_trading.domain.signal import Side
from algo_trading.strategies.base import Strategy
from algo_trading.strategies.event_driven import EventDriven
from algo_trading.strategies.influencer_mention import InfluencerMention
from algo_trading.strategies.inputs import held_for
from algo_trading.strategies.volatility_drop import VolatilityDrop
from support.bar_series import bars_of, random_walk

pytestmark = pytest.mark.unit

NAN = float("nan")


def knowing(closes: Sequence[float], **features: Sequence[float]) -> Bars:
    """Bars that know these features."""
    return replace(bars_of(closes), features={name: np.array(values) for name, values in features.items()})


def event(impact: float, change: float, pe: float) -> Bars:
    """Two bars, the last of which moved by `change` percent."""
    return knowing([100.0, 100.0 + change], **{IMPACT: [NAN, impact], PE_RATIO: [NAN, pe]})


class TestInfluencerMention:
    STRATEGY = InfluencerMention()

    @pytest.mark.parametrize(
        ("sentiment", "side", "sentence"),
        [
            (0.0, Side.BUY, "with a sentiment of +0.00, not below +0.00"),
            (0.7, Side.BUY, "with a sentiment of +0.70, not below +0.00"),
            (-0.01, Side.HOLD, "with a sentiment of -0.01, between -0.30 to sell and +0.00 to buy"),
            (-0.3, Side.SELL, "with a sentiment of -0.30, not above -0.30"),
            (-1.0, Side.SELL, "with a sentiment of -1.00, not above -0.30"),
        ],
    )
    def test_sides(self, sentiment: float, side: Side, sentence: str) -> None:
        bars = knowing([10.0], **{INFLUENCER_CONFIDENCE: [0.85], INFLUENCER_SENTIMENT: [sentiment]})
        decisions = self.STRATEGY.decide(bars)
        assert decisions.side(-1) is side
        assert decisions.confidence[-1] == 0.85
        assert self.STRATEGY.explain(bars, -1) == f"an influencer mentioned it (confidence 0.85) {sentence}"

    def test_silence_is_no_decision(self) -> None:
        bars = knowing([10.0], **{INFLUENCER_CONFIDENCE: [NAN], INFLUENCER_SENTIMENT: [NAN]})
        assert self.STRATEGY.decide(bars).side(-1) is Side.HOLD
        assert self.STRATEGY.decide(bars).confidence[-1] == 0
        assert self.STRATEGY.explain(bars, -1) == "no influencer mentioned it"
        assert self.STRATEGY.lines(bars) == {}

    def test_it_decides_at_posts_within_limits(self) -> None:
        assert self.STRATEGY.on_posts
        assert self.STRATEGY.limits == Limits(
            mail_from=Level.MEDIUM,
            order_from=Level.HIGH,
            trade_window=TradeWindow(time(12), time(6)),
            max_price_age=timedelta(days=4),
            max_move=0.02,
        )


class TestEventDriven:
    STRATEGY = EventDriven()

    @pytest.mark.parametrize(
        ("impact", "change", "pe", "shares"),
        [
            (0.3, -5, 30, 100 * 0.3 * 1),
            (0.5, -6, 20, 100 * 0.5 * 1.2),
            (1.0, -5, 1, 100 * 1 * 1),
            (1.0, -10, 20, 100 * 1 * 2),
            (0.8, -50, 20, 100 * 0.8 * 2),
        ],
    )
    def test_what_it_buys(self, impact: float, change: float, pe: float, shares: float) -> None:
        decisions = self.STRATEGY.decide(event(impact, change, pe))
        assert decisions.side(-1) is Side.BUY
        assert decisions.shares is not None
        assert decisions.shares[-1] == pytest.approx(shares)
        assert decisions.confidence[-1] == impact

    @pytest.mark.parametrize(
        ("impact", "change", "pe"),
        [
            (0.29, -6, 20),
            (-0.9, -6, 20),
            (0.5, -4.99, 20),
            (0.5, 6, 20),
            (0.5, -6, 30.1),
            (0.5, -6, 0),
            (0.5, -6, -12),
            (NAN, -6, 20),
            (0.5, -6, NAN),
        ],
    )
    def test_what_it_leaves(self, impact: float, change: float, pe: float) -> None:
        bars = event(impact, change, pe)
        assert self.STRATEGY.decide(bars).side(-1) is Side.HOLD
        assert self.STRATEGY.explain(bars, -1).endswith(", which is not all that a buy needs")

    @pytest.mark.parametrize(("before", "after"), [(3.0, 2.85), (0.3, 0.285), (66.0, 62.7), (1e5, 95_000.0)])
    def test_a_drop_of_exactly_five_percent_is_one_whatever_its_rounding(self, before: float, after: float) -> None:
        bars = knowing([before, after], **{IMPACT: [NAN, 0.5], PE_RATIO: [NAN, 20.0]})
        assert self.STRATEGY.decide(bars).side(-1) is Side.BUY

    def test_there_is_a_most(self) -> None:
        decisions = EventDriven(base=900).decide(event(0.9, -20, 10))
        assert decisions.shares is not None
        assert decisions.shares[-1] == 1000

    def test_it_is_sold_some_bars_after_the_newest_entry(self) -> None:
        closes = [100.0, 94.0, 94.0, 88.0, *[88.0] * 6]
        news = [NAN, 0.4, NAN, 0.5, *[NAN] * 6]
        bars, strategy = knowing(closes, **{IMPACT: news, PE_RATIO: [20.0] * 10}), EventDriven(hold=3)
        decisions = strategy.decide(bars)
        assert np.flatnonzero(decisions.entries).tolist() == [1, 3]
        assert np.flatnonzero(decisions.exits).tolist() == [6]
        assert strategy.explain(bars, 1) == (
            "the impact of the news is +0.40 (from +0.30 on) after the last return of -6.00 % (to -5.00 %) at a P/E of "
            "20.0 (up to 30), which is worth 48.0 shares"
        )
        assert strategy.explain(bars, 6) == "the last buy is 3 bars ago; no news came with the last return of +0.00 %"
        assert strategy.explain(bars, 0) == "a return needs two bars, and there is one"
        (line,) = strategy.lines(bars).items()
        assert line[0] == "-5 % of the close before"
        np.testing.assert_allclose(line[1][1:3], [95.0, 89.3])


class TestVolatilityDrop:
    STRATEGY = VolatilityDrop()
    CALM: Sequence[float] = [100 * 1.001 ** (i % 2) for i in range(21)]  # returns of +0.1 % and about -0.1 %

    def said(self, change: float, mood: float = -0.8, calm: Sequence[float] = CALM) -> Side:
        closes = [*calm, calm[-1] * (1 + change / 100)]
        return self.STRATEGY.decide(knowing(closes, **{SENTIMENT: [*[NAN] * len(calm), mood]})).side(-1)

    def test_a_fall_out_of_the_ordinary_in_a_bad_mood_is_bought(self) -> None:
        assert self.said(-2.1) is Side.BUY
        assert self.said(-2.0) is Side.HOLD
        assert self.said(-2.1, mood=-0.5) is Side.BUY
        assert self.said(-2.1, mood=-0.49) is Side.HOLD
        assert self.said(-2.1, mood=0.9) is Side.HOLD
        assert self.said(+9.0) is Side.HOLD

    def test_what_is_usual_is_not_bought(self) -> None:
        wild = [100 * 1.05 ** (i % 2) for i in range(21)]
        assert self.said(-9.0, calm=wild) is Side.HOLD
        assert self.said(-12.0, calm=wild) is Side.BUY

    @pytest.mark.parametrize("seed", range(5))
    def test_mean_and_deviation_are_of_the_returns_before_the_last(self, seed: int) -> None:
        closes = random_walk(60, seed)
        bars = knowing(closes.tolist(), **{SENTIMENT: [-1.0] * 60})
        returns = 100 * np.diff(closes) / closes[:-1]
        expected = [
            at >= 20 and returns[at] < min(-2, returns[at - 20 : at].mean() - 2 * returns[at - 20 : at].std(ddof=1))
            for at in range(59)
        ]
        assert self.STRATEGY.decide(bars).entries.tolist() == [False, *expected]
        (bound,) = self.STRATEGY.lines(bars).values()
        crossed = bars.close < bound
        assert crossed[22:].tolist() == expected[21:]

    def test_it_asks_for_ten_shares_and_few_positions(self) -> None:
        closes = [*self.CALM, self.CALM[-1] * 0.97]
        bars = knowing(closes, **{SENTIMENT: [*[NAN] * 21, -0.8]})
        decisions = self.STRATEGY.decide(bars)
        assert decisions.shares is not None
        assert decisions.shares[-1] == 10
        assert np.isnan(decisions.shares[:-1]).all()
        assert decisions.confidence[-1] == 0.8
        assert self.STRATEGY.limits == Limits(max_positions=3)
        assert self.STRATEGY.explain(bars, -1) == (
            "the last return of -3.00 % is below -0.21 %, 2 deviations below the mean of 20, and below -2 %, while the "
            "sentiment is -0.80 (to -0.50)"
        )
        assert self.STRATEGY.explain(bars, 3) == "only 4 of the 22 bars that the deviation needs are there"

    def test_it_is_sold_after_some_bars(self) -> None:
        closes = [*self.CALM, *[self.CALM[-1] * 0.97] * 12]
        bars = knowing(closes, **{SENTIMENT: [-0.8] * len(closes)})
        decisions = self.STRATEGY.decide(bars)
        assert np.flatnonzero(decisions.entries).tolist() == [21]
        assert np.flatnonzero(decisions.exits).tolist() == [31]
        assert self.STRATEGY.explain(bars, 31).startswith("the last buy is 10 bars ago; the last return of ")


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 10))
def test_an_exit_follows_the_newest_entry_by_as_many_bars(entered: list[bool], bars: int) -> None:
    found = held_for(np.array(entered, dtype=np.bool_), bars).tolist()
    for at, leaves in enumerate(found):
        newest = next((entry for entry in range(at, -1, -1) if entered[entry]), None)
        assert leaves == (newest is not None and at - newest == bars)


@pytest.mark.parametrize(
    ("kind", "params", "message"),
    [
        (InfluencerMention, {"min_sentiment": 1.1}, "min_sentiment must be a number from -1 to 1, not 1.1"),
        (InfluencerMention, {"exit_sentiment": NAN}, "exit_sentiment must be a number"),
        (InfluencerMention, {"exit_sentiment": 0.0}, r"exit_sentiment \(0\) must be below min_sentiment \(0\)"),
        (EventDriven, {"impact": -0.1}, "impact must be a number from 0 to 1"),
        (EventDriven, {"drop": 5}, "drop must be a number from -100 to -0.01, not 5"),
        (EventDriven, {"pe": 0}, "pe must be a number"),
        (EventDriven, {"base": True}, "base must be a number"),
        (EventDriven, {"hold": 0}, "hold must be a whole number"),
        (VolatilityDrop, {"window": 1}, "window must be at least 2"),
        (VolatilityDrop, {"sigmas": -1}, "sigmas must be a number from 0 to 100"),
        (VolatilityDrop, {"drop": 1}, "drop must be a number from -100 to 0"),
        (VolatilityDrop, {"sentiment": "bad"}, "sentiment must be a number from -1 to 1, not 'bad'"),
        (VolatilityDrop, {"shares": 0}, "shares must be a number from 1 to"),
        (VolatilityDrop, {"hold": 2.5}, "hold must be a whole number"),
    ],
)
def test_parameters_out_of_range_are_refused(kind: type[Strategy], params: Mapping[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**params)
