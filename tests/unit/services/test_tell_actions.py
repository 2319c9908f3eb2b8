"""A person's word on splits, dividends and the ends of instruments."""

from dataclasses import replace
from datetime import date

import pytest

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.errors import ConfigError
from algo_trading.services.export import ExportBars
from algo_trading.services.release_held import ReleaseHeld
from algo_trading.services.rename import RenameInstruments
from algo_trading.services.tell_actions import TellActions, ToldActions, actions_of_file, told_action
from fakes.locks import FakeLocks
from fakes.names import FakeNames
from support.ingest_desk import IBM, Desk

pytestmark = pytest.mark.unit

DAY = date(2013, 1, 8)


@pytest.fixture
def tell() -> TellActions:
    desk = Desk()
    release = ReleaseHeld(desk.accept, desk.quarantine, ExportBars(desk.bars, desk.objects, FakeLocks()))
    rename = RenameInstruments(FakeNames(), desk.bars, release.export, FakeLocks(), desk.clock)
    return TellActions(desk.actions, release, rename)


@pytest.mark.parametrize(("text", "value"), [("2", 2.0), ("3:2", 1.5), ("1:10", 0.1), ("1/3", 1 / 3), ("0.5", 0.5)])
def test_a_ratio_in_words(text: str, value: float) -> None:
    assert told_action(IBM, DAY, ActionKind.SPLIT, text, "") == CorporateAction(IBM, DAY, ActionKind.SPLIT, value)


def test_the_end_of_an_instrument_in_words() -> None:
    assert told_action(IBM, DAY, ActionKind.DELISTED, "", "").value == 0
    assert told_action(IBM, DAY, ActionKind.DELISTED, "4.2", "").value == 4.2
    assert told_action(IBM, DAY, ActionKind.MERGED, "1:2", "msft").target == "MSFT"


@pytest.mark.parametrize(
    ("kind", "value", "target"),
    [
        (ActionKind.SPLIT, "", ""),
        (ActionKind.SPLIT, "0", ""),
        (ActionKind.SPLIT, "1:0", ""),
        (ActionKind.SPLIT, "-2", ""),
        (ActionKind.SPLIT, "two", ""),
        (ActionKind.SPLIT, "1e999", ""),
        (ActionKind.SPLIT, "2", "MSFT"),
        (ActionKind.DIVIDEND, "0", ""),
        (ActionKind.DELISTED, "-1", ""),
        (ActionKind.MERGED, "2", ""),
        (ActionKind.RENAMED, "", ""),
        (ActionKind.RENAMED, "2", "MSFT"),
        (ActionKind.RENAMED, "", "ibm"),
    ],
)
def test_what_makes_no_sense_is_refused(kind: ActionKind, value: str, target: str) -> None:
    with pytest.raises(ConfigError, match=f"a {kind.noun} of IBM on 2013-01-08 "):
        told_action(IBM, DAY, kind, value, target)


def test_what_was_told_is_stored_and_can_be_withdrawn(tell: TellActions) -> None:
    split = CorporateAction(IBM, DAY, ActionKind.SPLIT, 2.0)
    assert tell([split]) == ToldActions(told=1, released=0)
    assert tell([split]) == ToldActions(told=0, released=0)
    tell.withdraw(IBM, DAY, ActionKind.SPLIT)
    with pytest.raises(ConfigError, match="no split of IBM"):
        tell.withdraw(IBM, DAY, ActionKind.SPLIT)


def test_a_file() -> None:
    lines = ["Symbol,date,kind,value,target\n", "ibm,2013-01-08,split,3:2,\n", "FB,2022-06-09,Merged,2,META\n"]
    assert actions_of_file(lines, "a.csv", "XNYS") == [
        CorporateAction(IBM, DAY, ActionKind.SPLIT, 1.5),
        CorporateAction(Instrument("FB"), date(2022, 6, 9), ActionKind.MERGED, 2.0, "META"),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["symbol,when\n"], "a.csv needs the columns symbol,date,kind,value,target, not symbol,when"),
        (["symbol,date,kind,value\n", "IBM,soon,split,2\n"], "a.csv, line 2: "),
        (["symbol,date,kind,value\n", "IBM,2013-01-08,spin,2\n"], "a.csv, line 2: "),
        (["symbol,date,kind,value\n", "IBM,2013-01-08,split,\n"], "a.csv, line 2: a split of IBM"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(lines: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        actions_of_file(lines, "a.csv", "XNYS")
    assert str(refused.value).startswith(said)


def test_a_new_name_is_known_once_and_can_be_withdrawn(tell: TellActions) -> None:
    renamed = told_action(IBM, DAY, ActionKind.RENAMED, "", "ibmx")
    assert (renamed.target, renamed.value) == ("IBMX", 1.0)
    assert [tell([renamed]).told for _ in range(2)] == [1, 0]
    before = told_action(IBM, DAY.replace(day=7), ActionKind.SPLIT, "2", "")
    tell([before, replace(before, ex_date=DAY)])
    new = Instrument("IBMX")
    assert [one.ex_date.day for one in tell.actions.read([new], DAY)] == [7]
    assert [one.ex_date.day for one in tell.actions.read([IBM], DAY)] == [8]
    tell.withdraw(new, DAY, ActionKind.RENAMED)
    with pytest.raises(ConfigError, match="no new name of IBMX on 2013-01-08 is known"):
        tell.withdraw(new, DAY, ActionKind.RENAMED)
