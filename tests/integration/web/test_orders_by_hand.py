"""What people decide about orders on the pages and through the API: approvals, buying, selling, the kill switch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

import pytest

from algo_trading.domain.account import NO_CAPS, Mode, Position
from algo_trading.domain.approval import Answer, Invitation
from algo_trading.domain.instrument import Series
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.user import Scope
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.errors import ServiceUnavailableError
from algo_trading.repositories.watchlists import SetupChanges
from algo_trading.services.send_orders import SendOrders
from support.web_site import ANN, HOST, IBM, NOW, OWNER, Site, Visitor, a_site, hold

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

NUMBERS = count(10)


@pytest.fixture(scope="module")
def site(postgres: TestServer) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        watchlist = Watchlist("us", "XNYS", "sample", (Series(IBM).interval,), ("IBM", "MSFT"))
        cross = Assignment(StrategyId("sma_cross", "{}"), Series(IBM), "us", "paper", OWNER)
        site.application.setup.change(SetupChanges(watchlists=(watchlist,), assignments=(cross,)))
        yield site


@pytest.fixture
def held(site: Site) -> Order:
    return hold(site.application, next(NUMBERS))


def link(site: Site, order: Order, address: str = "ann@example.com") -> str:
    return site.application.approval_links().path(Invitation(order.client_order_id, address))


def answer_of(site: Site, order: Order) -> tuple[Answer | None, str, str]:
    found = site.application.approvals.find(order.client_order_id)
    assert found is not None
    return found.answer, found.answered_by, found.answered_from


def test_the_page_lists_what_waits_and_an_answer_is_recorded_and_sent(site: Site, held: Order) -> None:
    page = site.ann.get("/approvals").text
    assert "1.00 USD is above 0.50" in page
    assert ">12.50<" in page
    assert "for approval" in site.ann.get("/").text
    answer = site.ann.post(f"/approvals/{held.client_order_id}", decision="approve")
    assert answer.status_code == 303
    assert answer_of(site, held) == (Answer.APPROVED, ANN, "web")
    assert (
        "approved by ann (web) at 2013-02-11 00:00 UTC; buy IBM: open" in site.ann.get(answer.headers["location"]).text
    )
    order = site.application.accounts.order(held.client_order_id)
    assert order is not None
    assert order.status is OrderStatus.OPEN
    (entry, *_) = site.application.audit.newest(1, held.client_order_id)
    assert (entry.actor, entry.action, entry.detail["from"]) == (ANN, "order.approve", "web")


def test_the_first_answer_counts(site: Site, held: Order) -> None:
    path = f"/approvals/{held.client_order_id}"
    assert site.owner.post(path, decision="reject").status_code == 303
    again = site.ann.post(path, decision="approve")
    assert again.status_code == 409
    assert "is done with: rejected by owner (web)" in again.text
    assert answer_of(site, held) == (Answer.REJECTED, "owner", "web")
    order = site.application.accounts.order(held.client_order_id)
    assert order is not None
    assert order.status is OrderStatus.REJECTED


def test_a_members_answer_is_for_their_own_accounts(site: Site, held: Order) -> None:
    assert held.client_order_id[:12] not in site.bob.get("/approvals").text
    assert site.bob.post(f"/approvals/{held.client_order_id}", decision="approve").status_code == 404
    assert site.ann.post(f"/approvals/{held.client_order_id}", decision="perhaps").status_code == 422
    assert site.ann.post(f"/approvals/{held.client_order_id[:8]}", decision="approve").status_code == 404
    assert answer_of(site, held) == (None, "", "")


def test_opening_a_link_answers_nothing_and_a_click_once(site: Site, held: Order) -> None:
    path = link(site, held)
    for _ in range(2):
        page = site.stranger.get(path)
        assert page.status_code == 200
        assert 'value="approve"' in page.text
        assert "Waits for approval until 2013-02-11 04:00 UTC." in page.text
    assert answer_of(site, held) == (None, "", "")
    assert site.stranger.client.post(path, data={"decision": "reject"}).status_code == 403  # from no page of ours
    assert "Rejected by ann (mail) at" in site.stranger.post(path, decision="reject").text
    assert answer_of(site, held) == (Answer.REJECTED, ANN, "mail")
    assert site.stranger.post(path, decision="approve").status_code == 409
    used = site.stranger.get(path).text
    assert "Rejected by ann (mail) at" in used
    assert "button class" not in used


def test_a_link_that_was_changed_or_is_not_of_the_account_does_not_work(site: Site, held: Order) -> None:
    path = link(site, held)
    for wrong in (path[:-1], path.replace(".", ""), "/approve/x.y", "/approve/.", "/approve/%C3%A9.x", f"{path}.x"):
        assert site.stranger.get(wrong).status_code == 404
        assert site.stranger.post(wrong, decision="approve").status_code == 404
    assert site.stranger.get(link(site, held, "bob@example.com")).status_code == 404
    assert site.stranger.get(link(site, held, "nobody@example.com")).status_code == 404
    assert answer_of(site, held) == (None, "", "")


def test_an_expired_link_says_so(site: Site, held: Order) -> None:
    clock = site.application.clock
    clock.move(timedelta(hours=5))  # type: ignore[attr-defined]  # of a test
    try:
        page = site.stranger.get(link(site, held)).text
        assert "nothing to answer any more" in page
        assert site.stranger.post(link(site, held), decision="approve").status_code == 409
        assert answer_of(site, held) == (Answer.TIMED_OUT, "", "")
        assert "nobody approved it before 2013-02-11 04:00 UTC" in site.ann.get("/approvals").text
    finally:
        clock.move(NOW - clock.now())  # type: ignore[attr-defined]


def test_an_answer_stands_when_the_broker_is_away(site: Site, held: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise ServiceUnavailableError("the exchange does not answer")

    monkeypatch.setattr(SendOrders, "__call__", away)
    answer = site.ann.post(f"/approvals/{held.client_order_id}", decision="approve")
    assert "the+next+dispatch+goes+on" in answer.headers["location"]
    assert answer_of(site, held) == (Answer.APPROVED, ANN, "web")


def test_programs_see_and_answer_what_their_user_may(site: Site, held: Order) -> None:
    program = Visitor(site.app, site.application).client
    program.headers["Authorization"] = f"Bearer {site.token(ANN, Scope.READ, Scope.TRADE)}"
    items = program.get("/api/v1/approvals").json()["items"]
    (item,) = [one for one in items if one["client_order_id"] == held.client_order_id]
    assert (item["order"]["budget"], item["answer"]) == ("12.50", None)
    path = f"/api/v1/approvals/{held.client_order_id}"
    answered = program.post(path, json={"decision": "reject"}).json()
    assert (answered["answer"], answered["answered_from"], answered["order"]["status"]) == (
        "rejected", "API", "rejected"
    )  # fmt: skip
    problem = program.post(path, json={"decision": "approve"})
    assert (problem.status_code, problem.headers["content-type"]) == (409, "application/problem+json")
    newest = program.get("/api/v1/approvals?answered=true&limit=1").json()["items"]
    assert [one["client_order_id"] for one in newest] == [held.client_order_id]
    assert program.post(path, json={"decision": "approve"}, headers={"Origin": HOST}).status_code == 409


def cells_of(page: str) -> dict[str, str]:
    """The texts of what changes on the page Watch, by key."""
    return dict(re.findall(r'data-live="([^"]*)"[^>]*>([^<]*)<', page))


def position(site: Site) -> Position:
    (found,) = site.application.accounts.state("paper").positions
    return found


def test_the_page_has_prices_and_what_positions_have_gained(site: Site) -> None:
    key, cells = position(site).opened_by, cells_of(site.owner.get("/watch").text)
    assert (cells[f"{key} price"], cells[f"{key} change"]) == ("108.91", "+7.78 %")  # entered at 101.05
    assert cells["XNYS MSFT price"] == "0.004321"
    assert f"{key} price" not in cells_of(site.ann.get("/watch").text)
    now = site.owner.get("/watch/prices").json()
    assert {name: text for name, (text, _) in now.items()} == cells
    assert now[f"{key} change"][1] == "up"
    assert f"{key} price" not in site.ann.get("/watch/prices").json()


def buying(**changes: str) -> dict[str, str]:
    return {"account": "anns", "series": "ibm", "budget": "100", "stop": "5", "target": "", **changes}


def test_a_purchase_is_shown_then_sent_once(site: Site) -> None:
    page = site.ann.get("/watch/buy", params=buying())
    assert page.status_code == 200, page.text
    assert "anns: up to 100.00 USD: paper: buy IBM at market, within the next bar" in page.text
    key = re.findall(r'name="key" value="([^"]*)"', page.text)[0]
    orders = len(site.application.accounts.orders("anns"))
    for _ in range(2):
        answer = site.ann.post("/watch/buy", **buying(key=key))
        assert answer.status_code == 303, answer.text
        assert "anns%3A+buy+IBM%3A+open%3A+bought+by+ann" in answer.headers["location"]
    assert len(site.application.accounts.orders("anns")) == orders + 1
    order = next(one for one in site.application.accounts.orders("anns") if one.strategy.name == "by_hand")
    assert (order.budget, order.exits.stop) == (Decimal(100), 0.05)
    again = site.ann.post("/watch/buy", **buying(key="another one"))
    assert (again.status_code, "still waiting" in again.text) == (422, True)


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"account": "paper"}, 404, "no such account"),
        ({"budget": "1,000"}, 422, "not an amount above 0 and up to"),
        ({"budget": "NaN"}, 422, "write a number above 0"),
        ({"budget": "-1"}, 422, "write a number above 0"),
        ({"budget": "1e400"}, 422, "write a number above 0"),
        ({"stop": "100"}, 422, "below 1"),
        ({"target": "x"}, 422, "write a number above 0"),
        ({"series": "FB"}, 422, "not a series that may be bought"),
    ],
)
def test_what_may_not_be_bought_is_said_before_anything_is_sent(
    site: Site, changes: dict[str, str], status: int, sentence: str
) -> None:
    fields = buying(**{"series": "MSFT", **changes})
    orders = len(site.application.accounts.orders())
    for answer in (site.ann.get("/watch/buy", params=fields), site.ann.post("/watch/buy", **fields, key="12345678")):
        assert answer.status_code == status
        assert sentence in answer.text
    assert len(site.application.accounts.orders()) == orders


def test_a_live_account_buys_nothing_by_hand(site: Site) -> None:
    site.application.accounts.set_mode("anns", Mode.LIVE, NO_CAPS)
    try:
        answer = site.ann.get("/watch/buy", params=buying(series="MSFT"))
        assert (answer.status_code, "spent by strategies alone" in answer.text) == (422, True)
    finally:
        site.application.accounts.set_mode("anns", Mode.PAPER, NO_CAPS)


def test_a_position_is_shown_then_sold_by_those_whose_account_it_is(site: Site) -> None:
    held = position(site).opened_by
    path = f"/watch/sell?position={held}"
    assert site.ann.get(path).status_code == 422
    for wanted in (held, "all"):
        assert site.ann.post("/watch/sell", position=wanted).status_code == 422
    assert "paper: sell IBM of sma_cross: paper: sell" in site.owner.get(path).text
    assert "Sell everything?" in site.owner.get("/watch/sell?position=all").text
    orders = len(site.application.accounts.orders("paper"))
    answer = site.owner.post("/watch/sell", position=held)
    assert "paper%3A+sell+IBM+of+sma_cross%3A+open%3A+sold+by+owner" in answer.headers["location"]
    assert len(site.application.accounts.orders("paper")) == orders + 1
    assert site.owner.post("/watch/sell", position="all").status_code == 422  # its order waits
    (entry,) = site.application.audit.newest(1)
    assert (entry.actor, entry.action, entry.subject) == ("owner", "position.sell", "paper")


def test_the_owner_turns_the_kill_switch_and_everybody_sees_it(site: Site) -> None:
    assert site.ann.get("/watch/kill-switch").status_code == 403
    assert "Stop new entries everywhere?" in site.owner.get("/watch/kill-switch").text
    assert site.owner.post("/watch/kill-switch", turn="on", reason="drill").status_code == 303
    try:
        assert "(owner: drill): no account enters a position" in site.ann.get("/watch").text
        assert "nothing is sent: the kill switch is on" in site.ann.get("/watch/buy", params=buying(series="MSFT")).text
    finally:
        assert site.owner.post("/watch/kill-switch", turn="off").status_code == 303
    assert "kill switch is on" not in site.ann.get("/watch").text
