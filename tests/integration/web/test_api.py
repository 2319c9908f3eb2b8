"""The API: lists with cursors, tags and limits; tickers and who is told of them; posts that collectors hand in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.subscription import Subscription
from algo_trading.domain.user import Scope
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.repositories.bars import INDICATOR_SCHEMA, INDICATORS
from algo_trading.repositories.watchlists import SetupChanges
from algo_trading.web.limits import AT_ONCE, RateLimit
from algo_trading.web.rights import RIGHTS
from support.web_site import ANN, HOST, IBM, NOW, OWNER, Site, Visitor, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def site(postgres: TestServer) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        watchlist = Watchlist("us", "XNYS", "sample", (Series(IBM).interval,), ("IBM",))
        cross = Assignment(StrategyId("sma_cross", "{}"), Series(IBM), "us", "paper", OWNER)
        site.application.setup.change(SetupChanges(watchlists=(watchlist,), assignments=(cross,)))
        yield site


@pytest.fixture(autouse=True)
def _patient(site: Site) -> None:
    site.app.state.rate_limit = RateLimit()


A_SIGNAL = {"signal": "BUY", "strategy": "sma_cross", "date": "2013-02-01"}


class Program:
    """A program with a token."""

    def __init__(self, site: Site, user: str, *scopes: Scope) -> None:
        self.client = Visitor(site.app, site.application).client
        self.client.headers["Authorization"] = f"Bearer {site.token(user, *scopes)}"

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(f"/api/v1{path}", **options)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def owner(site: Site) -> Program:
    return Program(site, OWNER, Scope.READ, Scope.WRITE, Scope.POSTS)


@pytest.fixture
def ann(site: Site) -> Program:
    return Program(site, ANN, Scope.READ, Scope.WRITE, Scope.POSTS)


def test_pages_follow_each_other_by_cursor(owner: Program) -> None:
    seen, cursor, pages = [], "", 0
    while cursor is not None:
        page = owner.json(f"/bars?symbol=IBM&limit=150&cursor={cursor}")
        seen += [one["opened_at"] for one in page["items"]]
        cursor, pages = page["next"], pages + 1
    assert (len(seen), len(set(seen)), pages) == (400, 400, 3)
    assert seen == sorted(seen)
    first = owner.json("/bars?symbol=IBM&from=2013-02-01T00:00:00&to=2013-02-02T00:00:00Z")["items"]
    assert [one["opened_at"] for one in first] == ["2013-02-01T00:00:00+00:00", "2013-02-02T00:00:00+00:00"]


@pytest.mark.parametrize("cursor", ["x", "b25l", "bzk5OTk5OTk5OTk5OTk5OQ", "%00", "é"])
def test_a_cursor_that_no_page_has_given_is_refused(owner: Program, cursor: str) -> None:
    answer = owner.get("/signals", params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 422


def test_what_has_not_changed_costs_no_body(owner: Program) -> None:
    first = owner.get("/signals")
    again = owner.get("/signals", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert owner.get("/signals", headers={"If-None-Match": '"other"'}).status_code == 200


def test_lists_say_what_the_command_line_says(owner: Program) -> None:
    signals = owner.json("/signals?side=buy")["items"]
    assert [(one["side"], one["session"], one["reason"]) for one in signals] == [
        ("buy", "2013-01-31", "because of 2013-01-31")
    ]
    (score,) = owner.json("/scores")["items"]
    assert (score["pair"], score["bull"], score["maximum"]) == ("IBM", 3, 12)
    assert score["timeframes"]["1h"]["rank_max_down"] is None
    (post,) = owner.json("/posts")["items"]
    assert post["mentions"][0]["symbol"] == "IBM"
    ibm, _ = owner.json("/instruments")["items"]
    assert (ibm["symbol"], ibm["venue"], ibm["intervals"]) == ("IBM", "XNYS", ["1d"])
    assert owner.json("/orders?status=filled")["items"][0]["fill"]["quantity"] == "50"


def test_members_see_their_own(owner: Program, ann: Program) -> None:
    assert [one["name"] for one in owner.json("/accounts")["items"]] == ["anns", "paper"]
    assert [one["name"] for one in ann.json("/accounts")["items"]] == ["anns"]
    assert ann.json("/orders")["items"] == []
    assert {one["address"] for one in owner.json("/tickers/IBM")["items"]} == {"ann@example.com", "bob@example.com"}
    assert [one["address"] for one in ann.json("/tickers/ibm")["items"]] == ["ann@example.com"]


def test_addresses_are_added_to_a_ticker_once_and_removed(site: Site, owner: Program, ann: Program) -> None:
    body = {"addresses": ["new@example.com"]}
    for _ in range(2):
        answer = owner.client.put("/api/v1/tickers/IBM", json=body)
        assert answer.status_code == 200
    assert sum(one.address == "new@example.com" for one in site.application.subscriptions.all()) == 1
    assert ann.client.put("/api/v1/tickers/IBM", json=body).status_code == 403
    assert ann.client.delete("/api/v1/tickers/IBM?address=new@example.com").status_code == 403
    assert owner.client.delete("/api/v1/tickers/IBM?address=new@example.com").json()["removed"] == 1
    assert owner.client.put("/api/v1/tickers/IBM", json={"addresses": ["nobody"]}).status_code == 422
    unknown = owner.client.put("/api/v1/tickers/NOPE", json=body)
    assert unknown.status_code == 404
    assert "There is no ticker 'NOPE'" in unknown.json()["detail"]


def test_a_collector_hands_in_posts_once_and_bad_ones_are_held_back(site: Site, owner: Program) -> None:
    good = {"platform": "x", "id": "99", "author": "ann", "published": "2013-02-10T10:00:00Z", "body": "IBM rises"}
    bad = {"platform": "x", "id": "100", "published": "yesterday", "body": "IBM falls"}
    answer = owner.client.post("/api/v1/posts", json={"posts": [good, bad]})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["new"], answer.json()["quarantined"]) == (1, 1)
    again = owner.client.post("/api/v1/posts", json={"posts": [good, bad]}).json()
    assert (again["new"], again["known"]) == (0, 1)
    assert owner.client.post("/api/v1/posts", json={"posts": [{**good, "sent_by": "me"}]}).status_code == 422
    assert site.application.quarantine.newest(1)[0].source == "api owner"


def test_what_is_sent_again_with_its_key_is_done_once_and_answered_alike(site: Site, owner: Program) -> None:
    good = {"platform": "x", "id": "200", "author": "ann", "published": "2013-02-10T11:00:00Z", "body": "IBM rises"}
    key = {"Idempotency-Key": "posts 1"}
    first, again = (owner.client.post("/api/v1/posts", json={"posts": [good]}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()["new"]) == (202, 1)
    assert (again.status_code, again.json()) == (202, first.json())
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    other = owner.client.post("/api/v1/posts", json={"posts": [{**good, "id": "201"}]}, headers=key)
    assert (other.status_code, other.json()["detail"]) == (422, "The key was sent before with another request.")
    assert site.application.api_answers.begin("owner", "open", "digest", NOW, NOW) is None
    busy = owner.client.post("/api/v1/posts", json={"posts": [good]}, headers={"Idempotency-Key": "open"})
    assert busy.status_code == 422  # that key belongs to another request


def test_a_key_is_free_again_when_its_request_was_refused(owner: Program) -> None:
    key = {"Idempotency-Key": "wrong"}
    wrong = [owner.client.post("/api/v1/tickers", json={"items": ["NOPE/"]}, headers=key) for _ in range(2)]
    assert [one.status_code for one in wrong] == [200, 200]  # it says what was wrong with each item
    wrong = [
        owner.client.post("/api/v1/tickers/NOPE/notifications", json=A_SIGNAL, headers={"Idempotency-Key": "gone"})
        for _ in range(2)
    ]
    assert [one.status_code for one in wrong] == [404, 404]
    assert "idempotent-replayed" not in wrong[1].headers


def test_a_program_sends_a_signal_to_those_who_subscribed(site: Site, owner: Program, ann: Program) -> None:
    key = {"Idempotency-Key": "signal 1"}
    path = "/api/v1/tickers/ibm/notifications"
    answers = [owner.client.post(path, json=A_SIGNAL, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [202, 202]
    told = owner.json("/alerts?kind=sent_signal")["items"]
    assert {one["address"] for one in told} >= {"ann@example.com", "bob@example.com"}
    assert len(told) == answers[0].json()["queued"]
    assert {one["status"] for one in told} == {"sent"}
    assert told[0]["about"] == "buy IBM 2013-02-01, sma_cross, sent by owner"
    assert [one["address"] for one in ann.json("/alerts")["items"]] == ["ann@example.com"]
    assert [one["address"] for one in ann.json("/alerts?address=bob@example.com")["items"]] == ["ann@example.com"]
    assert owner.json("/alerts?symbol=MSFT")["items"] == []
    assert ann.client.post(path, json=A_SIGNAL).status_code == 403
    assert site.application.audit.newest(1)[0].action == "notification.send"
    for wrong in ({"signal": "HOLD"}, {"date": "yesterday"}, {"strategy": ""}):
        assert owner.client.post(path, json={**A_SIGNAL, **wrong}).status_code == 422
    test = owner.client.post(path, json={**A_SIGNAL, "test": True})
    assert (test.status_code, "no email address" in test.json()["detail"]) == (422, True)


def test_indicators_are_those_that_were_published(site: Site, owner: Program) -> None:
    day = datetime(2013, 2, 1, tzinfo=UTC)
    names = dict.fromkeys(INDICATORS)
    rows = [
        {"symbol": "IBM", "venue": "XNYS", "interval": "1d", "opened_at": day + timedelta(days=number), **names,
         "sma_7": 100.0 + number}
        for number in range(3)
    ]  # fmt: skip
    site.application.indicators.upsert(pa.Table.from_pylist(rows, schema=INDICATOR_SCHEMA))
    found = owner.json("/indicators?symbol=IBM&limit=2")
    assert [(one["sma_7"], one["sma_200"]) for one in found["items"]] == [(102.0, None), (101.0, None)]
    assert owner.json(f"/indicators?symbol=IBM&cursor={found['next']}")["items"][0]["opened_at"] == (
        "2013-02-01T00:00:00+00:00"
    )
    assert len(owner.json("/indicators?symbol=IBM&from=2013-02-02")["items"]) == 2
    assert owner.json("/indicators?symbol=NOPE")["items"] == []
    assert owner.get("/indicators?symbol=IBM&interval=2d").status_code == 422


def test_too_many_requests_are_told_when_to_go_on(site: Site, owner: Program) -> None:
    site.app.state.rate_limit = RateLimit(per_second=0.5, at_once=2)
    assert [owner.get("/health").status_code for _ in range(3)] == [200, 200, 429]
    answer = owner.get("/health")
    assert 1 <= int(answer.headers["retry-after"]) <= 2
    assert answer.headers["content-type"] == "application/problem+json"
    assert Program(site, ANN, Scope.READ).get("/health").status_code == 200


def test_a_bucket_is_refilled_steadily() -> None:
    limit = RateLimit()
    assert [limit.wait("a", 0.0) for _ in range(int(AT_ONCE))] == [0.0] * int(AT_ONCE)
    assert limit.wait("a", 0.0) == pytest.approx(0.1)
    assert limit.wait("b", 0.0) == 0
    assert limit.wait("a", 0.11) == 0
    assert limit.wait("a", 0.11) > 0


def test_a_session_changes_nothing_through_the_api_without_its_form_token(site: Site) -> None:
    body = {"addresses": ["x@example.com"]}
    client = site.owner.client
    assert client.put("/api/v1/tickers/IBM", json=body, headers={"Origin": HOST}).status_code == 403
    assert client.get("/api/v1/signals").status_code == 200


def test_the_description_has_every_route_of_the_api_and_its_scope(owner: Program) -> None:
    found = owner.json("/openapi.json")
    described = {(method.upper(), path) for path, methods in found["paths"].items() for method in methods}
    assert described == {(m, path) for m, path in RIGHTS if path.startswith("/api/")} - {
        ("GET", "/api/v1/openapi.json")
    }
    assert found["paths"]["/api/v1/posts"]["post"]["security"] == [{"token": ["posts"]}]


def test_what_is_asked_wrongly_is_named(owner: Program) -> None:
    answer = owner.get("/bars")
    assert (answer.status_code, answer.json()["title"]) == (422, "This does not fit")
    assert "Symbol: Field required" in answer.json()["detail"]
    assert owner.get("/bars?symbol=NOPE").status_code == 404
    assert owner.get("/nothing").json()["status"] == 404
    assert owner.client.post("/api/v1/posts", content=b"{").status_code == 422


def test_a_subscription_of_every_ticker_is_shown_for_each(site: Site, owner: Program) -> None:
    site.application.subscriptions.add(Subscription("all@example.com", "*", "*", "*", NOW))
    assert "all@example.com" in [one["address"] for one in owner.json("/tickers/IBM")["items"]]
