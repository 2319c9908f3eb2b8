"""What people end, begin and keep for themselves on pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from algo_trading.domain.join_request import Joining
from algo_trading.domain.notice import NoticeKind
from algo_trading.domain.regular_mail import MailKind
from support.web_site import PASSWORD, Site, Visitor, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

EVE = "eve@example.com"
NEW = "new.comer@example.com"


@pytest.fixture(scope="module")
def site(postgres: TestServer) -> Iterator[Site]:
    with postgres.own_database() as url, a_site(url) as site:
        yield site


def test_one_click_of_a_mail_program_ends_a_kind_of_mails(site: Site) -> None:
    application = site.application
    application.subscribe_regularly()(EVE, MailKind.DIGEST, "daily")
    application.subscribe_regularly()(EVE, MailKind.UPDATE, "4h")
    path = application.unsubscribe_links().maker()(EVE, NoticeKind.DIGEST)
    page = site.stranger.get(path)
    assert "End digests" in page.text
    assert application.regular_mails.find(EVE, MailKind.DIGEST)
    click = Visitor(site.app, application).client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (click.status_code, "No more digests" in click.text) == (200, True)
    assert application.regular_mails.find(EVE, MailKind.DIGEST) is None
    assert application.regular_mails.find(EVE, MailKind.UPDATE)
    assert [(one.action, one.detail["by"]) for one in application.audit.newest(9, EVE)] == [
        ("subscription.remove", "link")
    ]
    assert site.stranger.post(path).status_code == 200  # it has ended already
    assert site.stranger.post(path, what="all").status_code == 200
    assert application.regular_mails.find(EVE, MailKind.UPDATE) is None


def mailed_link(site: Site, to: str) -> str:
    """The path of the newest mail's link."""
    details = next(one.content.details for one in site.application.outbox.notices() if one.recipient == to)
    return str(json.loads(details)["link"]).removeprefix("http://127.0.0.1:8000")


def test_from_the_form_to_the_first_login(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    application = site.application
    assert "Nobody can join here" in site.stranger.get("/join").text
    people = application.settings.people.model_copy(update={"joining": Joining.ACCEPTED})
    web = application.settings.web.model_copy(update={"url": "http://127.0.0.1:8000"})
    monkeypatch.setattr(application, "settings", application.settings.model_copy(update={"people": people, "web": web}))
    visitor = Visitor(site.app, application)
    assert 'href="/join"' in visitor.get("/login").text
    assert "a mail is on its way" in visitor.post("/join", address=NEW).text
    known = visitor.post("/join", address="ann@example.com").text
    assert "a mail is on its way" in known
    assert not [one for one in application.outbox.notices() if one.recipient == "ann@example.com"]
    path = mailed_link(site, NEW)
    assert "Confirm and join" in visitor.get(path).text
    assert application.users.by_login(NEW) is None
    assert "An owner is to accept you" in visitor.post(path).text
    assert NEW in site.owner.get("/admin").text
    assert site.ann.post("/admin/users/accept", address=NEW, answer="accept").status_code == 403
    assert site.owner.post("/admin/users/accept", address=NEW, answer="accept").status_code == 303
    assert "with the name new-comer" in visitor.get(path).text
    assert visitor.post(f"{path}/password", password=PASSWORD, again="another").status_code == 422
    assert visitor.post(f"{path}/password", password=PASSWORD, again=PASSWORD).status_code == 303
    assert Visitor(site.app, application, "new-comer").get("/subscriptions").status_code == 200
    assert visitor.post(f"{path}/password", password="x" * 12, again="x" * 12).status_code == 422
    assert visitor.get(f"{path}x").status_code == 404


def test_everything_about_one_is_read_and_removed(site: Site) -> None:
    application = site.application
    application.manage_users().add("setup", "zoe", application.users.all()[0].role, "zoe@example.com", PASSWORD)
    application.subscribe_regularly()("zoe@example.com", MailKind.UPDATE, "4h")
    application.queue_regular_mails()()
    zoe = Visitor(site.app, application, "zoe")
    answer = zoe.get("/me/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="zoe.json"'
    kept = answer.json()
    assert (kept["user"]["name"], [one["every"] for one in kept["regular_mails"]]) == ("zoe", ["4h"])
    assert [one["kind"] for one in kept["notices"]] == ["update"]
    assert zoe.post("/me/delete", current="wrong").status_code == 403
    assert application.users.find("zoe")
    assert zoe.post("/me/delete", current=PASSWORD).headers["location"] == "/login"
    assert application.users.find("zoe") is None
    assert zoe.get("/me").status_code == 303
    assert application.personal.of("ZOE@example.com") == {"notices": [], "mails": []}


def test_a_symbol_that_nobody_tracks_is_asked_for(site: Site) -> None:
    answer = site.ann.post("/subscriptions/request", symbol="NOPE")
    assert answer.status_code == 422  # there is no watchlist that takes it
    assert site.application.symbol_requests.open() == []


def test_a_link_that_was_changed_ends_nothing(site: Site) -> None:
    path = site.application.unsubscribe_links().maker()("ann@example.com", NoticeKind.SIGNAL)
    before = site.application.subscriptions.all()
    assert site.stranger.post(f"{path}x").status_code == 404
    assert site.application.subscriptions.all() == before
