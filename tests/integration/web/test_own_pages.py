"""What people end, begin and keep for themselves on pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from algo_trading.domain.notice import NoticeKind
from algo_trading.domain.regular_mail import MailKind
from support.web_site import Site, Visitor, a_site

if TYPE_CHECKING:
    from support.postgres_server import TestServer

pytestmark = pytest.mark.integration

EVE = "eve@example.com"


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


def test_a_link_that_was_changed_ends_nothing(site: Site) -> None:
    path = site.application.unsubscribe_links().maker()("ann@example.com", NoticeKind.SIGNAL)
    before = site.application.subscriptions.all()
    assert site.stranger.post(f"{path}x").status_code == 404
    assert site.application.subscriptions.all() == before
