"""Impact = sentiment x weight of the event x weight of the source, within [-1, 1]."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.sentiment import Topic
from algo_trading.sentiment.classify.impact import TOPIC_WEIGHTS, ImpactWeights, impact

pytestmark = pytest.mark.unit

WEIGHTS = st.floats(0, 1e6)


def test_every_topic_has_a_default() -> None:
    assert set(TOPIC_WEIGHTS) == set(Topic)
    assert all(0 < weight <= 1 for weight in TOPIC_WEIGHTS.values())


def test_weights_multiply() -> None:
    weights = ImpactWeights({Topic.DIVIDEND: 0.5}, {"wire": 1.2})
    assert impact(-0.5, Topic.DIVIDEND, "wire", weights) == pytest.approx(-0.3)
    assert impact(-0.5, Topic.DIVIDEND, "elsewhere", weights) == pytest.approx(-0.25)
    assert impact(-0.5, Topic.EARNINGS, "", weights) == pytest.approx(-0.5 * TOPIC_WEIGHTS[Topic.EARNINGS])


@given(sentiment=st.floats(-1, 1), topic=st.sampled_from(Topic), event=WEIGHTS, source=WEIGHTS)
def test_impact_is_within_bounds_and_has_the_sign_of_the_sentiment(
    sentiment: float, topic: Topic, event: float, source: float
) -> None:
    found = impact(sentiment, topic, "s", ImpactWeights({topic: event}, {"s": source}))
    assert -1 <= found <= 1
    assert found * sentiment >= 0
    assert (found == 0) or (math.copysign(1, found) == math.copysign(1, sentiment))


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf])
def test_a_weight_is_a_number_from_zero_on(weight: float) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        ImpactWeights(sources={"s": weight})
    with pytest.raises(ValueError, match="must be 0 or more"):
        ImpactWeights(topics={Topic.IPO: weight})
