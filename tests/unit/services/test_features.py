"""Features are joined as of each bar's close, and only what is asked for."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from algo_trading.domain.features import FEATURES, MARKET_CAP, PE_RATIO, SENTIMENT, tuned_features
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.scores import TunedThresholds
from algo_trading.domain.time import Interval
from algo_trading.errors import ConfigError
from algo_trading.services.features import Knowledge, joined
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


def test_tuned_thresholds_are_known_from_the_moment_on_from_which_they_count() -> None:
    join, frames = joining(), (Interval.HOUR_1, Interval.DAY)
    known = TunedThresholds(BARS.instrument, frames, moment_of(BARS, 0), 7, 9, 12, 100, 0.1, 0.0, 0.97, "",
                            usable_from=moment_of(BARS, 10))  # fmt: skip
    none = replace(known, objection="none survives", usable_from=moment_of(BARS, 20) + timedelta(seconds=1))
    never = replace(known, bull=None, bear=None, objection="none ever bought", usable_from=moment_of(BARS, 30))
    again = replace(known, bull=3, usable_from=moment_of(BARS, 40))
    after = replace(known, bull=4, usable_from=moment_of(BARS, 49) + timedelta(seconds=1))
    others = (replace(known, timeframes=(Interval.DAY,), bull=2), replace(known, instrument=Instrument("MSFT"), bull=2))
    for one in (again, known, after, never, none, *others):
        join.thresholds.store(one)
    bull, bear = tuned_features(frames)
    found = join(BARS, [bear, bull]).features
    assert list(found) == [bear, bull]
    expected = [np.nan] * 10 + [7.0] * 11 + [np.inf] * 19 + [3.0] * 10
    np.testing.assert_array_equal(found[bull], expected)
    np.testing.assert_array_equal(np.isfinite(found[bear]), np.isfinite(expected))
    for cut in (0, 5, 21, 45):
        np.testing.assert_array_equal(join(BARS[:cut], [bull]).features[bull], expected[:cut])
        known_then = join.read(BARS, [bull]).until(moment_of(BARS, cut - 1)) if cut else Knowledge()
        np.testing.assert_array_equal(joined(BARS[:cut], [bull], known_then).features[bull], expected[:cut])
