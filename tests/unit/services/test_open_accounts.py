"""Accounts and subscriptions of the configuration are opened once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from algo_trading.domain.subscription import EVERY
from algo_trading.services.open_accounts import AccountPlan, OpenAccounts, SubscriptionPlan
from fakes.accounts import FakeAccounts
from fakes.clock import FakeClock
from fakes.subscriptions import FakeSubscriptions

pytestmark = pytest.mark.unit

START, LATER = date(2013, 1, 2), date(2013, 2, 1)
NEWEST = date(2013, 2, 15)


def a_service(start: date | None = START, plans: Sequence[SubscriptionPlan] = ()) -> OpenAccounts:
    plan = AccountPlan("paper", "XNYS", Decimal(1000), start)
    clock = FakeClock(datetime(2013, 2, 16, 12, tzinfo=UTC))  # a Saturday
    return OpenAccounts(FakeAccounts(), FakeSubscriptions(), plan, plans, clock)


@pytest.mark.parametrize(
    ("configured", "asked", "begins"),
    [(START, None, START), (START, LATER, START), (None, LATER, LATER), (None, None, NEWEST)],
)
def test_when_it_begins(configured: date | None, asked: date | None, begins: date) -> None:
    plan = SubscriptionPlan("a@localhost", EVERY, "ema_cross", configured)
    service = a_service(configured, [plan])
    service(asked)
    account = service.accounts.get("paper")
    assert (account.start, account.cursor, account.cash, account.venue) == (begins, None, Decimal(1000), "XNYS")
    (subscription,) = service.subscriptions.all()
    assert (subscription.start, subscription.strategy, subscription.venue) == (begins, "ema_cross", "XNYS")


def test_what_is_open_stays_as_it_is() -> None:
    service = a_service(None, [SubscriptionPlan("a@localhost", EVERY, EVERY, None)])
    service(START)
    before = service.accounts.get("paper"), service.subscriptions.all()
    service(LATER)
    richer = AccountPlan("paper", "XNYS", Decimal(9), LATER)
    OpenAccounts(service.accounts, service.subscriptions, richer, service.subscription_plans, service.clock)()
    assert (service.accounts.get("paper"), service.subscriptions.all()) == before
