"""What the hash of a signal's inputs depends on."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.features import IMPACT, SENTIMENT
from algo_trading.domain.instrument import Instrument
from algo_trading.services.inputs_hash import inputs_hash
from support.bar_series import bars_of, random_walk, with_features

pytestmark = pytest.mark.unit

A = Instrument("A")
FIRST = date(2000, 1, 3)


def day(index: int) -> date:
    return FIRST + timedelta(days=index)


def split(instrument: Instrument, index: int, ratio: float = 2.0) -> CorporateAction:
    return CorporateAction(instrument, day(index), ActionKind.SPLIT, ratio)


class TestInputsHash:
    BARS = bars_of(random_walk(20), "A")

    def test_it_is_a_sha256(self) -> None:
        assert len(inputs_hash(self.BARS, [])) == 64
        assert inputs_hash(self.BARS, []) == inputs_hash(replace(self.BARS, close=self.BARS.close.copy()), [])

    @pytest.mark.parametrize("column", COLUMNS)
    @pytest.mark.parametrize("index", [0, 7, -1])
    def test_any_value_of_any_bar_changes_it(self, column: str, index: int) -> None:
        values = getattr(self.BARS, column).copy()
        values[index] = np.nextafter(values[index], np.inf)
        assert inputs_hash(replace(self.BARS, **{column: values}), []) != inputs_hash(self.BARS, [])

    def test_other_sessions_change_it(self) -> None:
        moved = replace(self.BARS, opened_at=self.BARS.opened_at + np.timedelta64(1, "D"))
        assert inputs_hash(moved, []) != inputs_hash(self.BARS, [])
        assert inputs_hash(self.BARS[1:], []) != inputs_hash(self.BARS, [])

    def test_how_the_arrays_lie_in_memory_does_not(self) -> None:
        doubled = np.repeat(self.BARS.close, 2)
        strided: Bars = replace(self.BARS, close=doubled[::2])
        assert inputs_hash(strided, []) == inputs_hash(self.BARS, [])
        swapped = replace(self.BARS, close=self.BARS.close.astype(">f8"))
        assert inputs_hash(swapped, []) == inputs_hash(self.BARS, [])

    def test_actions_up_to_the_last_bar_change_it_and_later_ones_do_not(self) -> None:
        plain = inputs_hash(self.BARS, [])
        on_last, after = split(A, 19), split(A, 20)
        assert inputs_hash(self.BARS, [after]) == plain
        assert inputs_hash(self.BARS, [on_last]) != plain
        assert inputs_hash(self.BARS, [split(A, 19, 3.0)]) != inputs_hash(self.BARS, [on_last])
        paid = CorporateAction(A, day(19), ActionKind.DIVIDEND, 2.0)
        assert inputs_hash(self.BARS, [paid]) != inputs_hash(self.BARS, [on_last])
        assert inputs_hash(self.BARS, [paid, on_last]) == inputs_hash(self.BARS, [on_last, paid, after])

    def test_values_of_one_column_are_not_those_of_the_next(self) -> None:
        swapped = replace(self.BARS, open=self.BARS.volume, volume=self.BARS.open)
        assert inputs_hash(swapped, []) != inputs_hash(self.BARS, [])

    def test_without_features_it_is_what_it_always_was(self) -> None:
        assert inputs_hash(bars_of([1.0, 2.0, 3.0], "A"), [split(A, 1)]) == (
            "cbf44471f79bfc5ee16d375a4f3547635c08f989f7c544155bf8f8ef7e021664"
        )

    def test_features_that_a_strategy_needs_change_it(self) -> None:
        known = with_features(self.BARS, gaps=0)
        plain = inputs_hash(known, [])
        assert plain == inputs_hash(self.BARS, [])
        one = inputs_hash(known, [], [SENTIMENT])
        assert one not in {
            plain,
            inputs_hash(known, [], [IMPACT]),
            inputs_hash(with_features(self.BARS, 1), [], [SENTIMENT]),
        }
        values = known.features[SENTIMENT].copy()
        values[3] = np.nan
        gap = replace(known, features={**known.features, SENTIMENT: values})
        assert inputs_hash(gap, [], [SENTIMENT]) != one
        assert inputs_hash(gap, [], [IMPACT]) == inputs_hash(known, [], [IMPACT])
