"""Accounts of the configuration are opened once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Mode
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import EntryKind
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.services.open_accounts import AccountPlan, OpenAccounts
from fakes.accounts import FakeAccounts
from fakes.assignments import FakeAssignments
from fakes.clock import FakeClock

pytestmark = pytest.mark.unit

START, LATER = datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 2, 1, tzinfo=UTC)
NEWEST = datetime(2013, 2, 15, tzinfo=UTC)
NOW = datetime(2013, 2, 16, 12, 30, tzinfo=UTC)  # a Saturday
PLAN = AccountPlan(
    "paper", "paper", "USD", Mode.PAPER, "owner", Decimal(1000), Decimal("0.15"), Costs(Decimal("0.001"), Decimal(5))
)
DAILY = Series(Instrument("IBM"))
HOURLY = Series(Instrument("INJUSDT", "BINANCE"), Interval.HOUR_1)


def a_service(*plans: AccountPlan, series: Sequence[Series] = (DAILY,)) -> OpenAccounts:
    trades = [Assignment(StrategyId("s", "{}"), one, "list", "paper", "owner") for one in series]
    return OpenAccounts(FakeAccounts(), FakeAssignments(trades), plans, trading_calendar, FakeClock(NOW))


@pytest.mark.parametrize(
    ("configured", "asked", "begins"),
    [(START, None, START), (START, LATER, START), (None, LATER, LATER), (None, None, NEWEST)],
)
def test_when_it_begins(configured: datetime | None, asked: datetime | None, begins: datetime) -> None:
    service = a_service(replace(PLAN, start=configured))
    service(asked)
    state = service.accounts.state("paper")
    assert (state.account.start, state.money, state.clocks) == (begins, Decimal(1000), ())
    assert (state.account.broker, state.account.costs) == ("paper", PLAN.costs)
    (deposit,) = service.accounts.entries("paper")
    assert (deposit.kind, deposit.effective_at, deposit.booked_at) == (EntryKind.DEPOSIT, begins, NOW)


@pytest.mark.parametrize(
    ("series", "begins"),
    [
        ((HOURLY,), datetime(2013, 2, 16, 11, tzinfo=UTC)),
        ((HOURLY, DAILY), NEWEST),
        ((), NOW),
    ],
)
def test_it_begins_with_the_newest_closed_period_of_what_it_trades(series: Sequence[Series], begins: datetime) -> None:
    service = a_service(PLAN, series=series)
    service()
    assert service.accounts.state("paper").account.start == begins


def test_what_is_open_stays_as_it_is() -> None:
    service = a_service(PLAN)
    service(START)
    before = service.accounts.state("paper"), service.accounts.entries("paper")
    service(LATER)
    richer = replace(PLAN, cash=Decimal(9), start=LATER, broker="binance")
    replace(service, account_plans=[richer, replace(PLAN, name="second")])()
    assert (service.accounts.state("paper"), service.accounts.entries("paper")) == before
    assert service.accounts.names() == ["paper", "second"]
