"""What a bar knows: sums of mentions and the newest figures, and nothing that came after its close."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.features import (
    FEATURES,
    FUNDAMENTAL_FEATURES,
    IMPACT,
    INFLUENCER_CONFIDENCE,
    INFLUENCER_SENTIMENT,
    MARKET_CAP,
    PE_RATIO,
    SENTIMENT,
    TEXT_FEATURES,
    fundamental_features,
    text_features,
    with_mention,
)
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument
from support.bar_series import bars_of
from support.factories import a_mention, chatter, looked_up, moment_of

pytestmark = pytest.mark.unit

IBM = Instrument("IBM")
BARS = bars_of([10.0, 11.0, 12.0], "IBM")
TICK = timedelta(microseconds=1)


def close(index: int) -> datetime:
    return moment_of(BARS, index)


def test_a_mention_belongs_to_the_bar_that_closes_next() -> None:
    for moment, bar in (
        (close(0) - timedelta(days=900), 0),
        (close(0), 0),
        (close(0) + TICK, 1),
        (close(1), 1),
        (close(2) - TICK, 2),
    ):
        columns = text_features(BARS.closed_at, [a_mention(IBM, moment)])
        assert set(columns) == set(TEXT_FEATURES)
        assert np.flatnonzero(~np.isnan(columns[SENTIMENT])).tolist() == [bar]
        assert columns[IMPACT][bar] == 0.125


def test_what_comes_after_the_last_close_is_not_seen() -> None:
    columns = text_features(BARS.closed_at, [a_mention(IBM, close(2) + TICK, influencer=True)])
    assert all(np.isnan(values).all() for values in columns.values())
    assert all(len(values) == 0 for values in text_features(BARS[:0].closed_at, [a_mention(IBM, close(0))]).values())


def test_mentions_of_one_bar_are_weighed_by_their_confidence() -> None:
    moment = close(1)
    mentions = [
        a_mention(IBM, moment, "1", confidence=0.9, sentiment=0.5, impact=0.2),
        a_mention(IBM, moment, "2", confidence=0.1, sentiment=-0.5, impact=-0.6, influencer=True),
        a_mention(IBM, moment, "3", confidence=0.0, sentiment=-1.0, impact=0.5, influencer=True),
    ]
    columns = text_features(BARS.closed_at, mentions)
    assert columns[SENTIMENT][1] == pytest.approx(0.4)
    assert columns[IMPACT][1] == -0.6
    assert (columns[INFLUENCER_CONFIDENCE][1], columns[INFLUENCER_SENTIMENT][1]) == (0.1, -0.5)


def test_without_an_influencer_or_a_confidence_there_is_no_figure() -> None:
    columns = text_features(BARS.closed_at, [a_mention(IBM, close(0), confidence=0.0)])
    assert np.isnan(columns[SENTIMENT]).all()
    assert np.isnan(columns[INFLUENCER_CONFIDENCE]).all()
    assert columns[IMPACT][0] == 0.125


def test_figures_hold_until_newer_ones_are_seen() -> None:
    seen = [
        Fundamentals(IBM, close(1) + TICK, None, 3.0),
        Fundamentals(IBM, close(0), 20.0, None),
        Fundamentals(IBM, close(2) + TICK, 99.0, 99.0),
    ]
    columns = fundamental_features(BARS.closed_at, seen)
    np.testing.assert_array_equal(columns[PE_RATIO], [20.0, 20.0, np.nan])
    np.testing.assert_array_equal(columns[MARKET_CAP], [np.nan, np.nan, 3.0])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), cut=st.integers(0, 40), a_day=st.floats(0, 4))
def test_later_text_and_figures_change_nothing_before(seed: int, n: int, cut: int, a_day: float) -> None:
    bars = bars_of(np.full(n, 10.0), "IBM")
    mentions, figures = chatter(bars, seed, a_day), looked_up(bars, seed, 3)
    early = bars[: min(cut, n)]
    until = moment_of(early, -1) if len(early) else datetime.min.replace(tzinfo=close(0).tzinfo)
    heard = [mention for mention in mentions if mention.available_at <= until]
    known = [seen for seen in figures if seen.seen_at <= until]
    whole = text_features(bars.closed_at, mentions) | fundamental_features(bars.closed_at, figures)
    then = text_features(early.closed_at, heard) | fundamental_features(early.closed_at, known)
    for name in FEATURES:
        np.testing.assert_array_equal(then[name], whole[name][: len(early)], name)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), data=st.data())
def test_the_order_in_which_they_are_read_does_not_matter(seed: int, data: st.DataObject) -> None:
    bars = bars_of(np.full(6, 10.0), "IBM")
    mentions = chatter(bars, seed, 3)
    mixed = data.draw(st.permutations(mentions))
    for name, values in text_features(bars.closed_at, mentions).items():
        np.testing.assert_array_equal(values, text_features(bars.closed_at, mixed)[name], name)


class TestWithMention:
    MENTION = a_mention(IBM, close(0) - timedelta(days=9), confidence=0.8, sentiment=-0.4, influencer=True)

    def test_the_last_bar_knows_of_it_alone(self) -> None:
        known = with_mention(self.crowded(), self.MENTION)
        expected = {SENTIMENT: -0.4, IMPACT: 0.125, INFLUENCER_CONFIDENCE: 0.8, INFLUENCER_SENTIMENT: -0.4}
        for name, value in expected.items():
            np.testing.assert_array_equal(known.features[name], [np.nan, np.nan, value], name)

    def test_of_no_influencer_there_is_no_influencers_figure(self) -> None:
        known = with_mention(BARS, replace(self.MENTION, influencer=False))
        assert np.isnan(known.features[INFLUENCER_CONFIDENCE]).all()

    def test_figures_stay(self) -> None:
        crowded = self.crowded()
        for name in FUNDAMENTAL_FEATURES:
            np.testing.assert_array_equal(with_mention(crowded, self.MENTION).features[name], crowded.features[name])

    def test_without_bars_nobody_can_know(self) -> None:
        with pytest.raises(ValueError, match="IBM: there is no bar that could know of file:1"):
            with_mention(BARS[:0], self.MENTION)

    @staticmethod
    def crowded() -> Bars:
        return replace(BARS, features={name: np.arange(3.0) for name in FEATURES})
