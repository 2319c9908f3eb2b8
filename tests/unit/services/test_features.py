"""Features are joined as of each bar's close, and only what is asked for."""

import numpy as np
import pytest

from algo_trading.domain.features import FEATURES, MARKET_CAP, PE_RATIO, SENTIMENT
from algo_trading.errors import ConfigError
from support.bar_series import bars_of, random_walk
from support.factories import a_mention, chatter, joining, looked_up, moment_of

pytestmark = pytest.mark.unit

BARS = bars_of(random_walk(50), "IBM")


def test_only_the_features_asked_for_are_joined() -> None:
    join = joining(chatter(BARS), looked_up(BARS))
    assert set(join(BARS, [SENTIMENT, PE_RATIO]).features) == {SENTIMENT, PE_RATIO}
    assert join(BARS, []).features == {}
    both = join(join(BARS, [SENTIMENT]), [MARKET_CAP])
    assert set(both.features) == {SENTIMENT, MARKET_CAP}


@pytest.mark.parametrize("cut", [0, 1, 20, 49])
def test_a_join_of_fewer_bars_is_the_same_join(cut: int) -> None:
    join = joining(chatter(BARS, a_day=3), looked_up(BARS))
    whole, early = join(BARS, FEATURES), join(BARS[:cut], FEATURES)
    for name in FEATURES:
        np.testing.assert_array_equal(early.features[name], whole.features[name][:cut], name)


def test_what_is_said_of_others_does_not_count() -> None:
    others = bars_of(random_walk(50), "MSFT")
    join = joining([a_mention(BARS.instrument, moment_of(BARS, 3))], looked_up(BARS))
    assert np.flatnonzero(~np.isnan(join(BARS, [SENTIMENT]).features[SENTIMENT])).tolist() == [3]
    assert all(np.isnan(values).all() for values in join(others, FEATURES).features.values())


def test_an_unknown_feature_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"there is no feature 'mood'; known are: impact, .*, sentiment"):
        joining()(BARS, ["mood"])
