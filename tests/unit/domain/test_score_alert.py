"""When a high score is told, and when it is not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.score_alert import ScoreAlert, ScoreSide, ScoreSubscription, Thresholds
from contracts.scores import PAIR, a_score

pytestmark = pytest.mark.unit

TWELVE = ScoreSubscription("ann@localhost", PAIR, 12)
NONE = (None, None)


def told(values: list[int], subscription: ScoreSubscription = TWELVE, tuned: Thresholds = NONE) -> list[int]:
    """The bull scores that are told while they come one after the other."""
    found = []
    for value in values:
        subscription, alerts = subscription.after(a_score(bull=value), tuned)
        found += [alert.value for alert in alerts if alert.side is ScoreSide.BULL]
    return found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3, 11, 12, 12, 12], [12]),  # reached, and not while it stays
        ([12, 14, 13, 14, 15], [12, 14, 15]),  # each further rise, never the same twice
        ([12, 11, 12, 0, 18], [12, 12, 18]),  # below it all begins anew
        ([18, 12], [18]),
        ([0, 11], []),
    ],
)
def test_what_is_told(values: list[int], expected: list[int]) -> None:
    assert told(values) == expected


@given(st.lists(st.integers(0, 18), max_size=40))
def test_between_two_falls_below_each_notice_is_higher_than_the_one_before(values: list[int]) -> None:
    runs: list[list[int]] = [[]]
    for value in values:
        if value < 12:
            runs.append([])
        else:
            runs[-1].append(value)
    expected = [high for run in runs for place, high in enumerate(run) if high > max(run[:place], default=0)]
    assert told(values) == expected


def test_both_scores_have_a_state_of_their_own() -> None:
    high = replace(a_score(bull=12), bear=13)
    after, alerts = TWELVE.after(high, NONE)
    assert [(alert.side, alert.value, alert.threshold) for alert in alerts] == [("bull", 12, 12), ("bear", 13, 12)]
    assert (after.bull, after.bear) == (12, 13)
    after, alerts = after.after(replace(high, bull=3), NONE)
    assert (after.bull, after.bear, alerts) == (0, 13, [])


def test_the_tuned_threshold_is_the_sides_own_and_none_where_none_survives() -> None:
    ml = replace(TWELVE, threshold=None)
    assert (ml.level, TWELVE.level) == ("ml", "12")
    assert told([7, 8, 9], ml, (8, 2)) == [8, 9]
    assert told([18], ml, NONE) == []
    _, alerts = ml.after(replace(a_score(bull=0), bear=2), (8, 2))
    assert [(alert.side, alert.threshold, alert.tuned) for alert in alerts] == [("bear", 2, True)]
    assert alerts[0].key == "BINANCE INJUSDT bear 2 of ml2 2022-03-04T12:00:00+00:00"


def test_details_can_be_read_again() -> None:
    alert = ScoreAlert(ScoreSide.BULL, 3, tuned=False, score=a_score())
    assert repr(ScoreAlert.parse(alert.details)) == repr(alert)
    assert alert.key == "BINANCE INJUSDT bull 3 of 3 2022-03-04T12:00:00+00:00"
    for wrong in ("{}", "[]", '{"score": {"timeframes": {"1h": {"x": 1}}}}'):
        with pytest.raises(ValueError, match="not a score alert"):
            ScoreAlert.parse(wrong)
