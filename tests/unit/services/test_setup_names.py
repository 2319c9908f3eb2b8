"""A configuration with names that instruments had before."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.services.setup_difference import Setup
from algo_trading.services.setup_names import instruments_of, name_changes, under_new_names
from algo_trading.services.subscribe import SubscriptionPlan

pytestmark = pytest.mark.unit

FB, META = Instrument("FB"), Instrument("META")
NAMES = {FB: FormerName(FB, date(2022, 6, 9), META)}
LIST = Watchlist("stocks", "XNYS", "sample", (Interval.DAY,), ("FB", "IBM", "META"))
LONDON = replace(LIST, name="london", venue="XLON")
ASSIGNED = Assignment(StrategyId("sma_cross", "{}"), Series(FB), "stocks", "paper", "owner")
PLAN = SubscriptionPlan("ann@example.com", "FB", "*", datetime(2022, 1, 3, tzinfo=UTC), "XNYS")
SETUP = Setup(
    (LIST, LONDON), (), (ASSIGNED, replace(ASSIGNED, series=Series(META))), (PLAN, replace(PLAN, symbol="META"))
)


def test_it_has_the_names_of_now_and_each_symbol_once() -> None:
    renamed = under_new_names(SETUP, NAMES)
    assert [one.symbols for one in renamed.watchlists] == [("META", "IBM"), ("FB", "IBM", "META")]
    assert [one.series.instrument for one in renamed.assignments] == [META]
    assert [one.symbol for one in renamed.subscriptions] == ["META"]


def test_without_former_names_it_is_as_it_is() -> None:
    assert under_new_names(SETUP, {}) is SETUP
    assert name_changes({}) == ()


def test_everything_that_it_names_is_looked_up() -> None:
    assert {FB, META, Instrument("IBM"), Instrument("FB", "XLON")} <= instruments_of(SETUP)


def test_it_says_what_to_change() -> None:
    (change,) = name_changes(NAMES)
    assert (change.what, change.name) == ("symbol", "FB")
    assert change.details == ("FB has been META since 2022-06-09, and is taken for that: change the configuration",)
