"""Approvals by page, by the link of a mail and by the API: one answer counts, and is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

from algo_trading.domain.approval import Answer
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.user import Scope
from algo_trading.errors import ServiceUnavailableError
from algo_trading.services.approval_links import Invitation
from algo_trading.services.send_orders import SendOrders
from support.web_site import ANN, HOST, NOW, Site, Visitor, a_site, hold

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

NUMBERS = count(10)


@pytest.fixture(scope="module")
def site(postgres: TestServer) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
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
    assert "orders wait for somebody to approve them" in site.ann.get("/").text
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
