"""Who may do what: every route as a stranger, a member, an owner, and with a token of each scope."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from algo_trading.domain.user import Scope
from algo_trading.web.app import routes_of
from algo_trading.web.gate import COOKIE
from algo_trading.web.rights import RIGHTS, Who
from support.web_site import ANN, HOST, ORDER, OWNER, PASSWORD, Site, Visitor, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

PARTS = {
    "{venue:path}": "XNYS", "{symbol}": "IBM", "{order_id}": ORDER, "{name}": "paper", "{ticker}": "IBM",
    "{token}": "x.y", "{run_id}": "none",
}  # fmt: skip
ROUTES = sorted(RIGHTS)
OPEN_TO_ALL = {200, 401, 404, 422, 429}  # a login without a password, a link without a signature or an answer


@pytest.fixture(scope="module")
def site(postgres: TestServer) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        yield site


def path_of(template: str) -> str:
    """An address of a route."""
    return re.sub(r"\{[^}]*\}", lambda part: PARTS[part[0]], template)


def asked(visitor: Visitor, method: str, template: str) -> int:
    """What a visitor's request of a route gets; forms are empty, so that nothing changes."""
    status: int = visitor.ask(method, path_of(template)).status_code
    return status


def test_the_table_has_every_route(site: Site) -> None:
    assert routes_of(site.app) == RIGHTS.keys()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_sent_to_log_in(site: Site, method: str, path: str) -> None:
    status = asked(site.stranger, method, path)
    if RIGHTS[method, path].who is Who.ANYONE:
        assert status in OPEN_TO_ALL
    else:
        assert status == (401 if path.startswith("/api/") else 303)


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route != ("POST", "/logout")])
def test_a_member_does_not_get_what_is_an_owners(site: Site, method: str, path: str) -> None:
    status = asked(site.ann, method, path)
    if RIGHTS[method, path].who is Who.OWNER:
        assert status == 403
    else:
        assert status not in {403, 500}


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if route != ("POST", "/logout")])
def test_an_owner_gets_everything(site: Site, method: str, path: str) -> None:
    assert asked(site.owner, method, path) in {200, 202, 303, 401, 404, 422, 429}


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("user", [OWNER, ANN])
def test_a_token_opens_what_its_scope_and_user_may(site: Site, scope: Scope, user: str) -> None:
    visitor = Visitor(site.app, site.application)
    visitor.client.headers["Authorization"] = f"Bearer {site.token(user, scope)}"
    for (method, path), right in RIGHTS.items():
        status = asked(visitor, method, path)
        if not path.startswith("/api/"):
            assert status in (OPEN_TO_ALL if right.who is Who.ANYONE else {303})  # tokens are for programs
        elif right.scope is scope and (user == OWNER or right.who is not Who.OWNER):
            assert status not in {401, 403, 500}, path
        else:
            assert status == 403, path


@pytest.mark.parametrize("secret", ["", "algo_nonsense"])
def test_a_token_that_does_not_work_opens_nothing(site: Site, secret: str) -> None:
    visitor = Visitor(site.app, site.application)
    visitor.client.headers["Authorization"] = f"Bearer {secret}"
    for method, path in RIGHTS:
        if path.startswith("/api/"):
            assert asked(visitor, method, path) == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": HOST, "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "https://elsewhere.example/x"},
        {},
    ],
)
def test_no_other_site_changes_anything(site: Site, headers: dict[str, str]) -> None:
    fields = {"form_token": "", "login": "owner", "password": "x"}
    for method, path in RIGHTS:
        if method != "GET":
            answer = site.owner.client.request(method, path_of(path), data=fields, headers=headers)
            assert answer.status_code == 403, path


@pytest.mark.parametrize("token", ["", "x", "0" * 64])
def test_a_form_without_the_sessions_token_changes_nothing(site: Site, token: str) -> None:
    for method, path in RIGHTS:
        if method != "GET" and path != "/login":
            headers = {"Origin": HOST, "X-Form-Token": token}
            fields = {"form_token": token}
            answer = site.owner.client.request(method, path_of(path), data=fields, headers=headers)
            assert answer.status_code == 403, path


def test_nobody_is_answered_under_another_name(site: Site) -> None:
    for path in ("/", "/login", "/static/style.css"):
        assert site.owner.get(path, headers={"Host": "evil.example"}).status_code == 421


def test_bodies_have_an_end(site: Site) -> None:
    large = b"x" * 1_000_001
    assert site.owner.client.post("/login", content=large, headers={"Origin": HOST}).status_code == 413
    assert site.owner.client.post("/login", content=iter([b"x"]), headers={"Origin": HOST}).status_code == 411


def test_every_answer_has_the_security_headers(site: Site) -> None:
    for path in ("/", "/login", "/nothing", "/static/style.css", "/instruments/XNYS/NOPE"):
        headers = site.owner.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
    assert site.owner.get("/").headers["cache-control"] == "no-store"


def test_logging_in_and_out(site: Site) -> None:
    visitor = Visitor(site.app, site.application)
    answer = visitor.get("/signals?side=buy")
    assert answer.headers["location"] == "/login?next=/signals%3Fside%3Dbuy"
    answer = visitor.post("/login", login="ann", password=PASSWORD[1:], next="/signals")
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    answer = visitor.post("/login", login="Ann@example.com", password=PASSWORD, next="/signals?side=buy")
    assert (answer.status_code, answer.headers["location"]) == (303, "/signals?side=buy")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    visitor.secret = visitor.client.cookies[COOKIE]
    assert visitor.get("/signals").status_code == 200
    assert visitor.get("/login?next=/trades").headers["location"] == "/trades"
    secret = visitor.secret
    assert visitor.post("/logout").headers["location"] == "/login"
    visitor.client.cookies.set(COOKIE, secret)
    assert visitor.get("/signals").status_code == 303


@pytest.mark.parametrize("away", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\r\nb"])
def test_logging_in_leads_to_our_own_pages_alone(site: Site, away: str) -> None:
    assert site.ann.get("/login", params={"next": away}).headers["location"] == "/"
