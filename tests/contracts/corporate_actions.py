"""What every repository of corporate actions does."""

from dataclasses import replace
from datetime import date

from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
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
        assert actions.changed_at() is None
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

    def test_a_changed_action_has_two_versions(self, actions: CorporateActionRepository) -> None:
        actions.upsert([split(IBM, JAN_2, 2.0)], "test")
        assert actions.upsert([split(IBM, JAN_2, 3.0)], "other") == UpsertCount(updated=1)
        old, new = actions.versions([IBM])
        assert (old.action.value, old.source, new.action.value, new.source) == (2.0, "test", 3.0, "other")
        assert old.withdrawn_at == new.seen_at
        assert new.withdrawn_at is None
        assert [version.holds(old.seen_at) for version in (old, new)] == [True, False]
        assert [version.holds(new.seen_at) for version in (old, new)] == [False, True]
        assert actions.versions([MSFT]) == []

    def test_what_a_source_does_not_tell_any_more_of_a_covered_day_is_withdrawn(
        self, actions: CorporateActionRepository
    ) -> None:
        """A split that moves from one day to the next was applied twice."""
        actions.upsert([split(IBM, JAN_2, 4.0), split(MSFT, JAN_2, 2.0)], "test")
        actions.upsert([dividend(IBM, JAN_3, 0.5)], "other")
        assert actions.upsert([split(IBM, JAN_3, 4.0)], "test", {IBM: (JAN_2, JAN_3)}) == UpsertCount(inserted=1)
        assert actions.read([IBM, MSFT], JAN_4) == sorted(
            [split(IBM, JAN_3, 4.0), dividend(IBM, JAN_3, 0.5), split(MSFT, JAN_2, 2.0)]
        )
        actions.upsert([], "test", {IBM: (JAN_2, JAN_2), MSFT: (JAN_3, JAN_4)})
        assert len(actions.read([IBM, MSFT], JAN_4)) == 3
        actions.upsert([], "test", {IBM: (JAN_3, JAN_3)})
        assert actions.read([IBM], JAN_4) == [dividend(IBM, JAN_3, 0.5)]

    def test_a_person_overrules_sources(self, actions: CorporateActionRepository) -> None:
        actions.upsert([split(IBM, JAN_2, 2.0)], "test")
        actions.upsert([split(IBM, JAN_2, 3.0), dividend(IBM, JAN_3, 0.5)], PERSON)
        assert actions.upsert([split(IBM, JAN_2, 2.0)], "test", {IBM: (JAN_2, JAN_4)}) == UpsertCount(unchanged=1)
        assert actions.read([IBM], JAN_4) == [split(IBM, JAN_2, 3.0), dividend(IBM, JAN_3, 0.5)]
        assert actions.withdraw(IBM, JAN_2, ActionKind.SPLIT)
        assert not actions.withdraw(IBM, JAN_2, ActionKind.SPLIT)
        assert actions.upsert([split(IBM, JAN_2, 2.0)], "test") == UpsertCount(inserted=1)

    def test_versions_since_a_moment(self, actions: CorporateActionRepository) -> None:
        actions.upsert([split(IBM, JAN_2, 2.0), split(MSFT, JAN_2, 2.0)], "test")
        first = actions.changed_at()
        assert first == max(version.seen_at for version in actions.versions())
        assert actions.versions(None, first) == []
        actions.upsert([dividend(IBM, JAN_3, 0.5)], "test")
        actions.withdraw(MSFT, JAN_2, ActionKind.SPLIT)
        assert [version.action.kind for version in actions.versions(None, first)] == ["dividend", "split"]
        assert actions.changed_at() == actions.versions([MSFT])[0].withdrawn_at
        assert [version.action.kind for version in actions.versions([MSFT], first)] == ["split"]

    def test_the_symbol_that_takes_its_place_comes_back(self, actions: CorporateActionRepository) -> None:
        merged = CorporateAction(IBM, JAN_3, ActionKind.MERGED, 0.5, "MSFT")
        actions.upsert([merged], "test")
        assert actions.upsert([replace(merged, target="AAPL")], "test") == UpsertCount(updated=1)
        assert actions.read([IBM], JAN_3) == [replace(merged, target="AAPL")]
