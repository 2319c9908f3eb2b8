"""An order that waits for a person is told to whoever answers for its account, once, with a link of his own."""

from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from algo_trading.domain.approval import Answer, Approval, Invitation
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.user import Role, User
from algo_trading.services.approval_links import PATH
from contracts.accounts import an_account, an_order, opening, storing
from support.world import World

pytestmark = pytest.mark.unit

ANN = "ann@localhost"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """An account of ann's with an order that waits for four hours; the pages have an address."""
    monkeypatch.setenv("ALGO_WEB__URL", "https://trading.example.com/")
    made = World()
    state = made.accounts.open(opening(an_account(owner="ann")))
    order = replace(an_order(1), status=OrderStatus.HELD)
    now = made.clock.now()
    asked = Approval(order.client_order_id, "paper", "15000.01 USD is above 1000.00", now, now + timedelta(hours=4))
    made.accounts.store(storing(state, order, approvals=(asked,)))
    made.users.add(User("ann", Role.MEMBER, now, ANN), "")
    return made


def asked_of(world: World) -> Approval:
    (asked,) = world.approvals.newest(5)
    return asked


def mails(world: World) -> list[EmailMessage]:
    """What was delivered, after asking and delivering once more."""
    world.ask_for_approvals()()
    world.deliver_notices()()
    return list(world.mail.mails.values())


def texts(mail: EmailMessage) -> list[str]:
    return [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]


def test_the_owner_of_the_account_is_asked_once(world: World) -> None:
    (mail,) = mails(world)
    assert (mail["To"], mail["Subject"]) == (ANN, "Approve: buy IBM on paper")
    text, page = texts(mail)
    key = asked_of(world).client_order_id
    for said in (text, page):
        assert "15000.01 USD is above 1000.00" in said
        assert "2013-03-04 04:00 UTC" in said
        assert f"algo-trading approve {key[:12]}" in said
        assert f"algo-trading reject {key[:12]}" in said
    assert [one["Message-ID"] for one in mails(world)] == [mail["Message-ID"]]


def test_the_link_is_of_who_gets_it(world: World) -> None:
    text, page = texts(mails(world)[0])
    (link,) = [line for line in text.splitlines() if line.startswith("https://")]
    assert link in page
    base, _, token = link.partition(PATH)
    assert base == "https://trading.example.com"
    assert world.approval_links().read(token) == Invitation(asked_of(world).client_order_id, ANN)


def test_without_pages_there_are_the_commands_alone(world: World) -> None:
    world.settings = world.settings.model_copy(update={"web": world.settings.web.model_copy(update={"url": ""})})
    text, _ = texts(mails(world)[0])
    assert "://" not in text
    assert "algo-trading approve" in text


def test_where_the_owner_has_no_address_those_of_the_installation_are_asked(world: World) -> None:
    world.users.remove("ann")
    world.users.add(User("bea", Role.OWNER, world.clock.now(), "bea@localhost"), "")
    world.users.add(User("cas", Role.OWNER, world.clock.now(), "cas@localhost"), "")
    assert sorted(mail["To"] for mail in mails(world)) == ["bea@localhost", "cas@localhost"]


def test_nobody_is_asked_about_what_is_over(world: World) -> None:
    world.clock.move(timedelta(hours=4))
    assert mails(world) == []


def test_a_mail_that_comes_late_says_who_was_faster(world: World) -> None:
    world.ask_for_approvals()()
    world.approvals.answer(asked_of(world).client_order_id, Answer.REJECTED, world.clock.now(), "bea", "web")
    (mail,) = mails(world)
    assert mail["Subject"] == "Rejected: buy IBM on paper"
    text, _ = texts(mail)
    assert "rejected by bea (web)" in text
    assert "algo-trading approve" not in text


def test_an_order_that_nobody_is_asked_about(world: World) -> None:
    world.notices.tell(Content(NoticeKind.APPROVAL, Invitation("1", ANN).key, world.clock.now()), [ANN])
    world.deliver_notices()()
    assert world.mail.mails == {}
    assert list(world.outbox.errors(5)) == ["nobody is asked about the order 1"]
