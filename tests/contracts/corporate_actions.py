"""What every repository of corporate actions does."""

from datetime import date

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.bars import (
    CorporateActionRepository,
    UpsertCount,
)
from contracts.bars import IBM, JAN_2, JAN_3, JAN_4, MSFT, ODD_SYMBOLS


def dividend(instrument: Instrument, day: date, value: float) -> CorporateAction:
    return CorporateAction(instrument, day, ActionKind.DIVIDEND, value)


def split(instrument: Instrument, day: date, value: float) -> CorporateAction:
    return CorporateAction(instrument, day, ActionKind.SPLIT, value)


class CorporateActionContract:
    """Subclasses give the fixture `actions`, an empty repository."""

    def test_at_first_there_is_nothing(self, actions: CorporateActionRepository) -> None:
        assert actions.read([IBM], date.max) == []
        assert actions.upsert([], "test") == UpsertCount()

    def test_new_changed_and_unchanged_actions_are_counted_apart(self, actions: CorporateActionRepository) -> None:
        first = [dividend(IBM, JAN_2, 0.5), split(IBM, JAN_2, 2.0), split(MSFT, JAN_2, 3.0)]
        assert actions.upsert(first, "test") == UpsertCount(inserted=3)
        assert actions.upsert(reversed(first), "other") == UpsertCount(unchanged=3)
        second = [dividend(IBM, JAN_2, 0.51), split(IBM, JAN_2, 2.0), dividend(IBM, JAN_3, 0.5)]
        assert actions.upsert(second, "test") == UpsertCount(inserted=1, updated=1, unchanged=1)
        assert actions.read([IBM], JAN_4) == sorted(second)

    def test_the_same_action_twice_in_one_answer_is_one(self, actions: CorporateActionRepository) -> None:
        assert actions.upsert([split(IBM, JAN_2, 2.0)] * 2, "test") == UpsertCount(inserted=1)

    def test_only_actions_up_to_the_last_session_are_read(self, actions: CorporateActionRepository) -> None:
        stored = [dividend(IBM, day, 0.5) for day in (JAN_2, JAN_3, JAN_4)]
        actions.upsert(stored, "test")
        assert actions.read([IBM], date(2013, 1, 1)) == []
        assert actions.read([IBM], JAN_3) == stored[:2]
        assert actions.read([IBM], JAN_4, JAN_3) == stored[1:]
        assert actions.read([IBM], JAN_3, JAN_3) == stored[1:2]
        assert actions.read([IBM], date.max, date.min) == stored
        assert actions.read([MSFT], date.max) == []

    def test_actions_come_sorted(self, actions: CorporateActionRepository) -> None:
        london = Instrument("IBM", "XLON")
        stored = [
            split(MSFT, JAN_2, 2.0), dividend(IBM, JAN_3, 0.5), split(IBM, JAN_3, 2.0), dividend(IBM, JAN_2, 0.5),
            split(Instrument("aA"), JAN_2, 2.0), split(london, JAN_2, 0.1), split(Instrument("_"), JAN_2, 1.5),
        ]  # fmt: skip
        actions.upsert(stored, "test")
        found = actions.read([action.instrument for action in stored], JAN_4)
        assert found == sorted(stored)

    def test_any_symbol_is_only_a_name(self, actions: CorporateActionRepository) -> None:
        stored = [dividend(Instrument(symbol), JAN_2, float(n)) for n, symbol in enumerate(ODD_SYMBOLS, start=1)]
        actions.upsert(stored, "'; DROP TABLE bars; --")
        for action in stored:
            assert actions.read([action.instrument], JAN_2) == [action]
