"""What the gate holds back when bars are ingested, and what is waited for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from algo_trading.domain.corporate_actions import PERSON, ActionKind, CorporateAction
from algo_trading.errors import (
    NothingGoodError,
    NotYetAvailableError,
    UnknownSymbolError,
)
from algo_trading.services.export import ExportBars
from algo_trading.services.release_held import ReleaseHeld
from fakes.locks import FakeLocks
from support.ingest_desk import DAYS, IBM, MSFT, PERIODS, Desk, row, rows

pytestmark = pytest.mark.unit


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestGate:
    def test_bad_rows_are_held_back_and_good_ones_are_not(self, desk: Desk) -> None:
        desk.rows["IBM"][1] = row(DAYS[1], volume="-5")
        desk.rows["IBM"][2] = row(DAYS[2], open="?")
        desk.rows["MSFT"].insert(2, row(date(2013, 1, 5), 30.0))
        report = desk.run(3)
        assert (report.fetched, report.stored, report.unchanged, report.quarantined) == (9, 6, 0, 3)
        assert report.reasons == {"negative volume": 1, "not a session": 1, "unparseable": 1}
        assert desk.stored(IBM) == [DAYS[0], DAYS[3]]
        held = {(row.symbol, row.session): row for row in desk.quarantine.newest()}
        bad = held["IBM", DAYS[1].isoformat()]
        assert (bad.source, bad.place) == ("fake", f"fake: IBM {DAYS[1]}")
        assert bad.row["volume"] == "-5"

    def test_a_missing_session_is_named(self, desk: Desk) -> None:
        del desk.rows["IBM"][2]
        report = desk.run(4)
        assert report.gaps == {"IBM": (PERIODS[2].key,)}
        assert desk.quality.newest(1)[0].gaps == report.gaps

    def test_no_row_of_the_session_is_good(self, desk: Desk) -> None:
        for symbol in ("IBM", "MSFT"):
            desk.rows[symbol][3] = row(DAYS[3], low="0")
        with pytest.raises(NothingGoodError) as caught:
            desk.run(3)
        assert str(caught.value) == (
            f"no bar of {DAYS[3]} that fake gave for IBM, MSFT is good: 2 x non-positive price; "
            "`algo-trading quarantine` lists them"
        )
        assert desk.quarantine.reasons() == {"non-positive price": 2}
        assert DAYS[3] not in desk.stored(IBM)

    def test_no_row_at_all_is_good(self, desk: Desk) -> None:
        desk.source.rows = {"IBM": [row(DAYS[0], high="1")]}
        with pytest.raises(NothingGoodError, match="1 x prices out of order"):
            desk.run(0, IBM)
        assert (desk.bars.count(), desk.quarantine.count()) == (0, 1)

    def test_the_session_is_not_there_yet(self, desk: Desk) -> None:
        desk.source.rows = {"IBM": rows(DAYS[:3])}
        with pytest.raises(NotYetAvailableError, match="has no bar of 2013-01-07 yet for any of IBM; try again later"):
            desk.run(3, IBM)
        assert desk.stored(IBM) == list(DAYS[:3])

    def test_one_symbol_with_the_session_is_enough(self, desk: Desk) -> None:
        desk.rows["MSFT"] = rows(DAYS[:3], 30.0)
        report = desk.run(3)
        assert report.stored == 7
        assert report.gaps == {"MSFT": (PERIODS[3].key,)}

    def test_a_symbol_that_is_late_is_waited_for(self, desk: Desk) -> None:
        desk.run(-2)
        late = desk.rows["MSFT"].pop()
        said = "no good bar of 2013-01-17 yet for MSFT; those of other .* until 22:15 UTC"
        with pytest.raises(NotYetAvailableError, match=said):
            desk.run(-1, wait=timedelta(minutes=75))
        assert desk.stored(IBM) == list(DAYS)
        desk.rows["MSFT"].append(late)
        assert desk.run(-1, wait=timedelta(minutes=75)).stored == 1

    def test_but_not_for_ever(self, desk: Desk) -> None:
        desk.run(-2)
        desk.rows["MSFT"].pop()
        assert desk.run(-1, wait=timedelta(minutes=60)).stored == 1  # 22:00 is the end of it

    def test_nor_if_it_did_not_trade_the_session_before(self, desk: Desk) -> None:
        desk.run(-3)
        del desk.rows["MSFT"][-2:]
        desk.run(-2, IBM)
        assert desk.run(-1, wait=timedelta(minutes=75)).stored == 1

    def test_nor_if_nobody_knows_it_any_more(self, desk: Desk) -> None:
        desk.run(-2)
        desk.source.failing["MSFT"] = UnknownSymbolError("MSFT is not known")
        assert desk.run(-1, wait=timedelta(minutes=75)).stored == 1

    def test_a_session_that_has_not_closed_is_not_stored(self, desk: Desk) -> None:
        desk.clock.time = datetime(2013, 1, 7, 20, 59, tzinfo=UTC)
        with pytest.raises(NothingGoodError, match="2 x future date"):
            desk.run(3)
        assert desk.stored(IBM) == list(DAYS[:3])

    def test_a_jump_is_judged_against_what_is_stored(self, desk: Desk) -> None:
        desk.run(3)
        desk.rows["IBM"][4] = row(DAYS[4], 10_400.0)
        report = desk.run(4)
        assert report.reasons == {"unit jump": 1}

    def test_a_split_explains_a_jump(self, desk: Desk) -> None:
        desk.run(3)
        desk.rows["IBM"][4:] = rows(DAYS[4:], 10_400.0)
        desk.source.actions.append(CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 0.01))
        report = desk.run(4)
        assert (report.stored, report.quarantined) == (2, 0)
        assert desk.actions.read([IBM], DAYS[4]) == desk.source.actions


class TestUntoldSplit:
    """A split that the source does not tell is held until somebody does."""

    @pytest.fixture
    def held(self, desk: Desk) -> Desk:
        desk.run(3, IBM)
        desk.rows["IBM"][4:] = rows(DAYS[4:], 52.0)
        with pytest.raises(NothingGoodError, match="1 x likely untold split"):
            desk.run(4, IBM)
        return desk

    def test_it_is_fetched_again_with_the_next_session_and_released_by_an_action_of_the_source(
        self, held: Desk
    ) -> None:
        with pytest.raises(NothingGoodError, match="2 x likely untold split"):
            held.run(5, IBM)
        held.source.actions.append(CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 2.0))
        assert held.run(6, IBM).stored == 3
        assert held.stored(IBM) == list(DAYS[:7])

    def test_it_is_released_by_a_person(self, held: Desk) -> None:
        release = ReleaseHeld(held.accept, held.quarantine, ExportBars(held.bars, held.objects, FakeLocks()))
        assert release([IBM, MSFT]) == 0
        assert held.quarantine.count() == 1
        held.actions.upsert([CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 2.0)], "person")
        assert release([MSFT]) == 0
        assert release([IBM]) == 1
        assert held.stored(IBM) == list(DAYS[:5])
        assert held.quarantine.count() == 0
        assert any("year=2013" in key for key in held.objects.contents)
        assert release([IBM]) == 0

    def test_it_is_released_by_a_second_source_that_gives_the_same_close(self, held: Desk) -> None:
        held.source.name = "other"
        held.rows["IBM"][4] = row(DAYS[4], 51.0)
        with pytest.raises(NothingGoodError):
            held.run(4, IBM)
        held.rows["IBM"][4] = row(DAYS[4], 52.1)
        assert held.run(4, IBM).stored == 1


class TestVersions:
    """What a source does not tell any more of days that it was asked about again holds no longer."""

    @staticmethod
    def refetching(desk: Desk) -> None:
        desk.source.refetch = 3
        desk.rows["IBM"][4:] = rows(DAYS[4:], 52.0)

    def test_a_split_that_the_source_moves_counts_once(self, desk: Desk) -> None:
        """Prices were 31.05 instead of 125.0, for the split was applied on both days."""
        self.refetching(desk)
        desk.source.actions.append(CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 2.0))
        desk.run(5, IBM)
        moved = CorporateAction(IBM, DAYS[5], ActionKind.SPLIT, 2.0)
        desk.source.actions[:] = [moved]
        desk.run(6, IBM)
        assert desk.actions.read([IBM], DAYS[-1]) == [moved]
        assert [version.withdrawn_at is None for version in desk.actions.versions([IBM])] == [False, True]

    def test_what_is_told_again_or_lies_before_what_was_asked_for_stays(self, desk: Desk) -> None:
        self.refetching(desk)
        told = [
            CorporateAction(IBM, DAYS[1], ActionKind.DIVIDEND, 0.5),
            CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 2.0),
        ]
        desk.source.actions += told
        desk.run(6, IBM)
        del desk.source.actions[0]
        desk.run(7, IBM)
        assert desk.actions.read([IBM], DAYS[-1]) == told
        assert len(desk.actions.versions()) == 2

    def test_what_a_person_said_stays(self, desk: Desk) -> None:
        self.refetching(desk)
        said = CorporateAction(IBM, DAYS[4], ActionKind.SPLIT, 2.0)
        desk.actions.upsert([said], PERSON)
        desk.run(5, IBM)
        desk.run(6, IBM)
        assert desk.actions.read([IBM], DAYS[-1]) == [said]
