"""Joining, and taking everything with one again."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from algo_trading.domain.account import NO_CAPS, Mode
from algo_trading.domain.inbound import InboundOutcome
from algo_trading.domain.join_request import Joining, name_from
from algo_trading.domain.regular_mail import MailKind
from algo_trading.domain.user import Role, Scope
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.services.join import MOST_PER_PLACE, PATH, JoinState
from algo_trading.services.sign_in import TooManyAttemptsError
from contracts.join_requests import JoinRequestContract
from fakes.join_requests import FakeJoinRequests
from support.inbound_mail import AUTHSERV, a_mail
from support.world import World

pytestmark = pytest.mark.unit

ANN = "ann.lee@example.com"
URL = "https://trading.example"
PASSWORD = "correct horse battery"  # noqa: S105 - of nobody


class TestFakeJoinRequests(JoinRequestContract):
    @pytest.fixture
    def requests(self) -> FakeJoinRequests:
        return FakeJoinRequests()


class House(World):
    """An owner, and who wants in."""

    def __init__(self, mode: Joining) -> None:
        super().__init__()
        settings = self.settings
        people, web = settings.people.model_copy(update={"joining": mode}), settings.web.model_copy(update={"url": URL})
        self.settings = settings.model_copy(update={"people": people, "web": web})
        self.manage_users().add("setup", "owner", Role.OWNER, "owner@example.com", PASSWORD)

    def texts(self, to: str) -> list[str]:
        self.deliver_notices()()
        mails = [mail for mail in self.mail.mails.values() if mail["To"] == to]
        return [part.get_content().replace("\r\n", "\n") for mail in mails if (part := mail.get_body(("plain",)))]

    def token(self) -> str:
        """What the link of the mail to Ann ends with."""
        found = re.search(f"{URL}{PATH}(\\S+)", self.texts(ANN)[-1])
        assert found
        return found[1]

    def write(self, text: str, sender: str = ANN) -> InboundOutcome:
        self.mailbox.put(a_mail(text, sender=sender, **{"X-Number": str(len(self.mailbox.mails))}), self.clock.now())
        self.poll_mailbox()()
        return self.inbound_mails.recent(1)[0].outcome


@pytest.fixture
def by_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_INBOUND_MAIL__MAILBOX", "imap")
    monkeypatch.setenv("ALGO_INBOUND_MAIL__AUTHSERV_ID", AUTHSERV)


def test_who_confirms_the_address_has_joined_where_it_is_open() -> None:
    house = House(Joining.OPEN)
    join = house.join()
    join.ask("Ann.Lee@example.com ", "127.0.0.1")
    address = join.read(house.token())
    assert address == ANN
    assert join.state(ANN) is JoinState.ASKED
    assert house.users.by_login(ANN) is None
    assert join.confirm(ANN) is JoinState.WITHOUT_PASSWORD
    assert "with the name ann-lee" in house.texts(ANN)[-1]
    with pytest.raises(ConfigError, match="a password has"):
        join.choose_password(ANN, "short")
    join.choose_password(ANN, PASSWORD)
    assert house.sign_in()(ANN, PASSWORD, "here").user.role is Role.MEMBER
    with pytest.raises(ConfigError, match="there is a password already"):
        join.choose_password(ANN, PASSWORD + "2")
    assert join.confirm(ANN) is JoinState.USER


def test_an_owner_accepts_where_that_is_asked_for() -> None:
    house = House(Joining.ACCEPTED)
    join = house.join()
    join.ask(ANN, "127.0.0.1")
    with pytest.raises(UnknownNameError):
        join.accept("owner", ANN)  # whose address it is nobody knows yet
    assert join.confirm(ANN) is JoinState.CONFIRMED
    assert join.confirm(ANN) is JoinState.CONFIRMED
    (asked,) = house.texts("owner@example.com")
    assert f"algo-trading user accept {ANN}" in " ".join(asked.split())
    assert house.users.by_login(ANN) is None
    assert join.accept("owner", ANN).name == "ann-lee"
    assert join.state(ANN) is JoinState.WITHOUT_PASSWORD
    assert house.join_requests.all() == []
    assert [(one.actor, one.action) for one in house.audit.newest(1)] == [("owner", "user.add")]


def test_a_request_is_refused_silently() -> None:
    house = House(Joining.ACCEPTED)
    join = house.join()
    join.ask(ANN, "127.0.0.1")
    join.confirm(ANN)
    join.refuse("owner", ANN)
    assert join.state(ANN) is None
    assert len(house.texts(ANN)) == 1
    with pytest.raises(UnknownNameError):
        join.refuse("owner", ANN)


def test_nobody_joins_where_it_is_closed() -> None:
    house = House(Joining.CLOSED)
    with pytest.raises(ConfigError, match="nobody can join"):
        house.join().ask(ANN, "127.0.0.1")
    assert house.texts(ANN) == []


def test_an_address_gets_one_mail_a_day_and_users_none() -> None:
    house = House(Joining.OPEN)
    for _ in range(2):
        house.join().ask(ANN, "127.0.0.1")
        house.join().ask("owner@example.com", "127.0.0.1")
    assert (len(house.texts(ANN)), len(house.texts("owner@example.com"))) == (1, 0)
    house.clock.move(timedelta(days=1, minutes=1))
    house.join().ask(ANN, "127.0.0.1")
    assert len(house.texts(ANN)) == 2


def test_a_place_asks_so_often_at_most() -> None:
    house = House(Joining.OPEN)
    for number in range(MOST_PER_PLACE):
        house.join().ask(f"a{number}@example.com", "192.0.2.1")
    with pytest.raises(TooManyAttemptsError):
        house.join().ask(ANN, "192.0.2.1")
    house.join().ask(ANN, "192.0.2.2")
    with pytest.raises(ConfigError, match="not a valid email address"):
        house.join().ask("Ann", "192.0.2.2")


@pytest.mark.usefixtures("by_mail")
def test_joining_by_mail_is_confirmed_by_mail() -> None:
    house = House(Joining.ACCEPTED)
    assert house.write("status") is InboundOutcome.UNKNOWN
    assert house.write("join") is InboundOutcome.ANSWERED
    found = re.search(r"confirm ([0-9a-f]{8})", house.texts(ANN)[-1])
    assert found
    assert house.write("confirm 00000000") is InboundOutcome.ANSWERED
    assert "that is not the code" in house.texts(ANN)[-1]
    assert house.write(f"confirm {found[1]}") is InboundOutcome.ANSWERED
    assert "an owner is to accept you" in house.texts(ANN)[-1]
    house.write(f"accept {ANN}", "owner@example.com")
    assert "ann-lee is a user now" in house.texts("owner@example.com")[-1]
    assert house.write("status") is InboundOutcome.ANSWERED
    assert "you are ann-lee, a member" in house.texts(ANN)[-1]
    house.write("accept eve@example.com")
    assert "this is for owners" in house.texts(ANN)[-1]


@pytest.mark.parametrize(
    ("address", "name"),
    [("Ann.Lee@example.com", "ann-lee"), ("7up@example.com", "user-7up"), ("_@example.com", "user"),
     ("jürgen@example.com", "j-rgen"), (f"{'a' * 60}@example.com", "a" * 36)],
)  # fmt: skip
def test_a_name_is_made_of_the_address(address: str, name: str) -> None:
    assert name_from(address) == name


def test_a_taken_name_gets_a_number() -> None:
    house = House(Joining.OPEN)
    house.manage_users().add("setup", "ann-lee", Role.MEMBER, "other@example.com", PASSWORD)
    house.join().ask(ANN, "127.0.0.1")
    house.join().confirm(ANN)
    known = house.users.by_login(ANN)
    assert known
    assert known[0].name == "ann-lee-2"


def a_member() -> House:
    house = House(Joining.OPEN)
    house.manage_users().add("setup", "ann", Role.MEMBER, ANN, PASSWORD)
    house.manage_users().issue_token("ann", "ann", "mine", [Scope.READ])
    house.subscribe_regularly()(ANN, MailKind.DIGEST, "daily")
    house.follow(ANN, "IBM", "*", house.clock.now())
    house.follow("other@example.com", "IBM", "*", house.clock.now())
    return house


def test_everything_that_is_kept_is_exported() -> None:
    kept = a_member().own_data().export("ann")
    assert kept["user"]["address"] == ANN
    assert [one["name"] for one in kept["tokens"]] == ["mine"]
    assert [one["symbol"] for one in kept["subscriptions"]] == ["IBM"]
    assert [one["every"] for one in kept["regular_mails"]] == ["daily"]
    assert {one["action"] for one in kept["audit"]} == {"user.add", "token.add"}
    assert "password" not in str(kept)


def test_everything_is_removed_and_others_keep_theirs() -> None:
    house = a_member()
    house.own_data().delete("ann", "ann")
    assert house.users.find("ann") is None
    assert house.tokens.of("ann") == []
    assert [one.address for one in house.subscriptions.all()] == ["other@example.com"]
    assert house.regular_mails.all() == []
    with pytest.raises(UnknownNameError):
        house.own_data().export("ann")


def test_real_money_and_the_last_owner_stay() -> None:
    house = a_member()
    house.open("mine", house.clock.now())
    house.accounts.change(replace(house.accounts.state("mine").account, owner="ann"))
    house.accounts.set_mode("mine", Mode.LIVE, NO_CAPS)
    with pytest.raises(ConfigError, match="with real money"):
        house.own_data().delete("ann", "ann")
    with pytest.raises(ConfigError, match="the only owner"):
        house.own_data().delete("owner", "owner")
    assert {one.name for one in house.users.all()} == {"owner", "ann"}
    assert len(house.subscriptions.all()) == 2
