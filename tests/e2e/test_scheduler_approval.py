"""An order that waits is approved on Airflow's own pages: once, with who and when, and it is sent at once.

It comes after test_scheduler.py, which compares all that is stored.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.bootstrap import App
from algo_trading.domain.approval import Answer, Approval
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, StrategyId
from algo_trading.repositories.accounts import AccountStep
from support.airflow_pages import CHROMIUM, logged_in
from support.airflow_stack import Stack, require_up, wait_for
from support.trading import an_account, opening

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("airflow"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser: {CHROMIUM} is not there"),
]

ORDER = "a7" * 16


def hold_an_order(application: App) -> None:
    """An account that begins in half a year, so that nothing else works on it, has an order that waits for an hour."""
    now = datetime.now(UTC)
    before = application.accounts.open(opening(an_account("careful", now + timedelta(days=180)), "10000"))
    order = Order(
        ORDER, "careful", StrategyId("cross", "{}"), Series(Instrument("MSFT")), Side.BUY, now, now, "it rises",
        budget=Decimal(2000), status=OrderStatus.HELD,
    )  # fmt: skip
    asked = Approval(ORDER, "careful", "2000.00 USD is above 1000.00", now, now + timedelta(hours=1))
    application.accounts.store(AccountStep(before, before.ordering(order), now, (order,), approvals=(asked,)))


def test_a_click_on_the_page_of_required_actions_sends_the_order(airflow_at_work: Stack) -> None:
    airflow, application = airflow_at_work
    require_up(airflow)
    hold_an_order(application)
    airflow.api.post("/dags/notices/dagRuns", {"logical_date": None})
    question = f"/dags/order_approval/dagRuns/order__{ORDER}__1"
    asked = "/dags/order_approval/dagRuns/~/hitlDetails"
    wait_for(lambda: airflow.api.get(asked)["total_entries"] == 1)
    with logged_in(airflow) as page:
        page.goto(f"{airflow.url}/required_actions")
        page.get_by_text("Approve: buy MSFT on careful").first.click()
        page.get_by_text("Why it is asked: 2000.00 USD is above 1000.00.").wait_for()
        page.get_by_role("button", name="Approve", exact=True).click()
        wait_for(lambda: airflow.api.get(question)["state"] == "success")
    found, order = application.approvals.find(ORDER), application.accounts.order(ORDER)
    assert found is not None
    assert order is not None
    assert (found.answer, found.answered_by, found.answered_from) == (Answer.APPROVED, airflow.login[0], "Airflow")
    assert (order.status, order.reason) == (OrderStatus.OPEN, f"it rises; {found.sentence}")
