"""Prices and volumes that compare across splits and dividends, as of the last bar."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction, adjusted, adjustment_factors
from algo_trading.domain.instrument import Instrument
from reference.adjusted_closes import adjusted_closes
from support.bar_series import bars_of
from support.fuzz import examples

pytestmark = pytest.mark.unit

TEST = Instrument("TEST")
# Bars are of 2000-01-03 and each day after it.
FIRST = date(2000, 1, 3)


def split(day: int, ratio: float) -> CorporateAction:
    """A split whose ex-date is that of the bar at index `day`."""
    return CorporateAction(TEST, FIRST + timedelta(days=day), ActionKind.SPLIT, ratio)


def dividend(day: int, cash: float) -> CorporateAction:
    return CorporateAction(TEST, FIRST + timedelta(days=day), ActionKind.DIVIDEND, cash)


def bars_on(closes: Mapping[int, float]) -> Bars:
    """Bars of these days alone."""
    days = bars_of([1.0] * (max(closes) + 1)).opened_at
    return replace(bars_of(list(closes.values())), opened_at=days[list(closes)])


@pytest.mark.parametrize(
    ("closes", "actions", "prices", "volumes"),
    [
        ([10, 11], [], [1, 1], [1, 1]),
        ([10, 12, 5], [split(2, 2.0)], [0.5, 0.5, 1], [2, 2, 1]),
        ([10, 12, 8], [split(2, 1.5)], [2 / 3, 2 / 3, 1], [1.5, 1.5, 1]),
        ([1, 1, 10], [split(2, 0.1)], [10, 10, 1], [0.1, 0.1, 1]),
        ([10, 12, 5], [split(2, 2.0), split(1, 3.0)], [1 / 6, 0.5, 1], [6, 2, 1]),
        ([10, 10, 9], [dividend(2, 1.0)], [0.9, 0.9, 1], [1, 1, 1]),
        ([10, 20, 10], [dividend(2, 1.0), dividend(1, 1.0)], [0.9 * 0.95, 0.95, 1], [1, 1, 1]),
        # On one day the dividend is per new share: 0.5 of 5, in whatever order they come.
        ([10, 10, 5], [split(2, 2.0), dividend(2, 0.5)], [0.45, 0.45, 1], [2, 2, 1]),
        ([10, 10, 5], [dividend(2, 0.5), split(2, 2.0)], [0.45, 0.45, 1], [2, 2, 1]),
        # Not known yet, or before the first bar.
        ([10, 12], [split(2, 2.0), dividend(2, 1.0)], [1, 1], [1, 1]),
        ([10, 12], [split(0, 2.0), dividend(0, 1.0), split(-1, 2.0), dividend(-9, 1.0)], [1, 1], [1, 1]),
        # What pays as much as the share was worth, or nothing, is no dividend to adjust for.
        ([10, 12], [dividend(1, 10.0)], [1, 1], [1, 1]),
        ([10, 12], [dividend(1, 11.0)], [1, 1], [1, 1]),
        ([10, 12], [dividend(1, 0.0)], [1, 1], [1, 1]),
        ([], [split(0, 2.0)], [], []),
    ],
)
def test_factors(
    *, closes: Sequence[float], actions: Sequence[CorporateAction], prices: Sequence[float], volumes: Sequence[float]
) -> None:
    of_prices, of_volumes = adjustment_factors(bars_of(closes), actions)
    np.testing.assert_allclose(of_prices, prices, rtol=1e-15)
    np.testing.assert_allclose(of_volumes, volumes, rtol=1e-15)


def test_an_ex_date_without_a_session_counts_from_the_next_bar() -> None:
    days = bars_of([1, 2, 3, 4]).opened_at
    bars = replace(bars_of([10, 5, 5]), opened_at=days[[0, 2, 3]])
    prices, volumes = adjustment_factors(bars, [split(1, 2.0)])
    assert prices.tolist() == [0.5, 1, 1]
    assert volumes.tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("closes", "actions", "first"),
    [
        ({0: 200, 4: 98}, [split(1, 2.0), dividend(2, 1.0)], 99.0),  # it was 99.5: a dollar of 200, not of 100
        ({0: 100, 4: 88}, [dividend(1, 5.0), dividend(2, 5.0)], 90.0),  # it was 90.25
        ({0: 100, 4: 45}, [dividend(1, 10.0), split(2, 2.0)], 45.0),
    ],
)
def test_several_actions_between_two_bars(
    closes: dict[int, float], actions: list[CorporateAction], first: float
) -> None:
    prices, _ = adjustment_factors(bars_on(closes), actions)
    assert prices[0] * closes[0] == pytest.approx(first, rel=1e-12)


def test_every_price_and_the_volume_are_adjusted_and_the_bars_as_traded_stay() -> None:
    bars = bars_of([10, 12, 5])
    seen = adjusted(bars, [split(2, 2.0)])
    for name in ("open", "high", "low", "close"):
        assert getattr(seen, name).tolist() == [5, 6, 5]
        assert getattr(bars, name).tolist() == [10, 12, 5]
    assert seen.volume.tolist() == [2000, 2000, 1000]
    assert seen.instrument == bars.instrument
    assert (seen.opened_at == bars.opened_at).all()


CLOSES = st.lists(st.floats(0.01, 1e5), min_size=1, max_size=12)
ACTIONS = st.lists(
    st.builds(split, st.integers(-2, 14), st.sampled_from([2.0, 1.5, 3.0, 0.1]))
    | st.builds(dividend, st.integers(-2, 14), st.floats(0.01, 100)),
    max_size=6,
    unique_by=lambda action: (action.ex_date, action.kind),
)


@given(CLOSES, ACTIONS)
def test_the_last_bar_is_as_traded_and_nothing_later_changes_what_it_saw(
    closes: list[float], actions: list[CorporateAction]
) -> None:
    bars = bars_of(closes)
    prices, volumes = adjustment_factors(bars, actions)
    assert (prices[-1], volumes[-1]) == (1, 1)
    assert (prices > 0).all()
    for cut in range(1, len(closes) + 1):
        known = [action for action in actions if action.ex_date <= bars.session(cut - 1)]
        seen, all_known = adjustment_factors(bars[:cut], actions), adjustment_factors(bars[:cut], known)
        np.testing.assert_array_equal(seen, all_known)


@given(CLOSES, ACTIONS, st.randoms())
def test_the_order_of_actions_does_not_matter(
    closes: list[float], actions: list[CorporateAction], random: Random
) -> None:
    shuffled = list(actions)
    random.shuffle(shuffled)
    np.testing.assert_array_equal(
        adjustment_factors(bars_of(closes), actions), adjustment_factors(bars_of(closes), shuffled)
    )


@given(CLOSES, ACTIONS)
def test_a_day_returns_what_its_holder_got(closes: list[float], actions: list[CorporateAction]) -> None:
    """Adjusted closes change by the traded change times the split, over what was left without the dividend."""
    bars = bars_of(closes)
    seen = adjusted(bars, actions).close
    for day in range(1, len(closes)):
        of_day = {action.kind: action.value for action in actions if action.ex_date == bars.session(day)}
        before = closes[day - 1] / of_day.get(ActionKind.SPLIT, 1.0)
        paid = of_day.get(ActionKind.DIVIDEND, 0.0)
        left = before - paid if paid < before else before
        assert seen[day] / seen[day - 1] == pytest.approx(closes[day] / left, rel=1e-9)


@settings(max_examples=examples(100))
@given(st.dictionaries(st.integers(0, 12), st.floats(0.01, 1e5), min_size=1), ACTIONS)
def test_adjusted_closes_are_those_of_the_reference(closes: dict[int, float], actions: list[CorporateAction]) -> None:
    closes = dict(sorted(closes.items()))
    of_kind = {kind: {(a.ex_date - FIRST).days: a.value for a in actions if a.kind is kind} for kind in ActionKind}
    expected = adjusted_closes(closes, of_kind[ActionKind.SPLIT], of_kind[ActionKind.DIVIDEND])
    np.testing.assert_allclose(adjusted(bars_on(closes), actions).close, expected, rtol=1e-7)


def test_actions_sort_by_instrument_day_and_kind() -> None:
    other = CorporateAction(Instrument("A"), FIRST, ActionKind.SPLIT, 2.0)
    assert sorted([split(1, 2.0), dividend(1, 0.5), split(0, 2.0), other]) == [
        other, split(0, 2.0), dividend(1, 0.5), split(1, 2.0),
    ]  # fmt: skip
