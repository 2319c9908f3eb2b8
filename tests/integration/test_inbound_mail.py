"""Mails from a real IMAP server, handled in a real database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from algo_trading.adapters.imap import ImapConfig, ImapMailbox
from algo_trading.adapters.postgres.inbound import PostgresInboundMails
from algo_trading.bootstrap import App
from algo_trading.domain.inbound import InboundOutcome
from algo_trading.domain.user import Role, User
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.settings import load_settings
from contracts.inbound import InboundContract
from fakes.clock import FakeClock
from support.imap_server import PASSWORD, USER, ImapBox, imap_server
from support.inbound_mail import AUTHSERV, a_mail
from support.sample_config import replayed
from support.smtp_server import free_port, make_certificates

if TYPE_CHECKING:
    from algo_trading.adapters.postgres.database import Database

pytestmark = pytest.mark.integration

ANN = "ann@example.com"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OTHERS_KILLED = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
)


class TestPostgresInboundMails(InboundContract):
    @pytest.fixture
    def inbound(self, database: Database) -> PostgresInboundMails:
        return PostgresInboundMails(database)


@pytest.fixture
def box() -> Iterator[ImapBox]:
    with imap_server() as server:
        yield server


def a_mailbox(port: Any, **changes: Any) -> ImapMailbox:
    values = {"host": "127.0.0.1", "port": port, "user": USER, "password": SecretStr(PASSWORD), "encryption": "none"}
    return ImapMailbox(ImapConfig(**{**values, **changes}), timeout=10)


def test_mails_are_read_and_left_as_they_are(box: ImapBox) -> None:
    box.put(b"From: a@b.example\r\n\r\nold\r\n", LONG_AGO)
    for number in range(3):
        box.put(b"From: a@b.example\r\n\r\n%d\r\n" % number * 10)
    with a_mailbox(box.port).session() as session:
        yesterday = datetime.now(UTC) - timedelta(days=1)
        mails = list(session.after(0, yesterday, 5, 2))
        assert [(len(one.content), one.size) for one in mails] == [(6, 240), (6, 240)]
        assert mails[0].content == b"From: "
        (last,) = session.after(mails[1].key.uid, yesterday, 1000, 100)
        assert len(last.content) == last.size
        assert abs(last.arrived_at - datetime.now(UTC)) < timedelta(minutes=1)
        assert list(session.after(last.key.uid, yesterday, 1000, 100)) == []
        assert last.key.uid_validity == session.uid_validity
    assert box.unseen() == 4


def test_it_waits_for_what_comes(box: ImapBox) -> None:
    with a_mailbox(box.port).session() as session:
        session.wait(0.1)  # nothing comes
    with a_mailbox(box.port).session() as session:
        later = threading.Timer(0.2, box.put, (b"From: a@b.example\r\n\r\n",))
        later.start()
        session.wait(60)
        later.join()
    with a_mailbox(box.port).session() as session:
        assert len(list(session.after(0, LONG_AGO, 100, 100))) == 1


def test_what_is_wrong_is_said_without_the_password(box: ImapBox) -> None:
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"password": SecretStr("tr0ub4dor")}, "refuses the login of inbox@example.com"),
        ({"folder": "Nowhere"}, "cannot be used"),
        ({"port": free_port()}, "cannot be used"),
        ({"encryption": "starttls"}, "cannot be used"),
    )
    for changes, said in wrong:
        with (
            pytest.raises(ServiceUnavailableError, match=said) as caught,
            a_mailbox(**{"port": box.port, **changes}).session(),
        ):
            pass
        assert "tr0ub4dor" not in str(caught.value)
    with pytest.raises(ConfigError, match="unencrypted"):
        a_mailbox(143, host="mail.example.com")
    with pytest.raises(ConfigError, match="ALGO_MAILBOXES__IMAP__PASSWORD"):
        a_mailbox(143, password=SecretStr(""))


def test_a_conversation_is_encrypted_and_certificates_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = make_certificates(tmp_path)
    with imap_server(tmp_path / "server.pem", tmp_path / "server.key") as box:
        secured = a_mailbox(box.port, host="localhost", encryption="starttls")
        with pytest.raises(ServiceUnavailableError, match="certificate that is not trusted"), secured.session():
            pass
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
        with secured.session() as session:
            assert list(session.after(0, LONG_AGO, 100, 100)) == []


@pytest.fixture
def application(box: ImapBox, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> App:
    variables = {
        "HOME": str(tmp_path / "var"),
        "INBOUND_MAIL__MAILBOX": "imap", "INBOUND_MAIL__AUTHSERV_ID": AUTHSERV,
        "MAILBOXES__IMAP__HOST": "127.0.0.1", "MAILBOXES__IMAP__PORT": str(box.port),
        "MAILBOXES__IMAP__USER": USER, "MAILBOXES__IMAP__PASSWORD": PASSWORD, "MAILBOXES__IMAP__ENCRYPTION": "none",
    }  # fmt: skip
    named = {f"ALGO_{name}": value for name, value in variables.items()}
    for name, value in {**replayed(), **named}.items():
        monkeypatch.setenv(name, value)
    application = App(load_settings(), database, FakeClock(datetime.now(UTC)))
    application.apply_config().seed()
    application.users.add(User("ann", Role.OWNER, application.clock.now(), ANN), "")
    return application


def answers(application: App) -> list[str]:
    return [one.content.details for one in application.outbox.notices() if one.recipient == ANN]


def test_commands_are_carried_out_and_answered(box: ImapBox, application: App) -> None:
    box.put(a_mail("subscribe IBM\nmonitor NOPE\nupdate-4"))
    box.put(a_mail("help", sender="eve@example.com"))
    report = application.poll_mailbox()()
    assert report.outcomes == {InboundOutcome.ANSWERED: 1, InboundOutcome.UNKNOWN: 1}
    assert [one.symbol for one in application.subscriptions.all() if one.address == ANN] == ["IBM"]
    (answer,) = answers(application)
    assert "not listed at the exchange: NOPE" in answer
    assert application.deliver_notices()().sent == 1
    assert application.poll_mailbox()().handled == 0
    assert [one.action for one in application.audit.newest(9)].count("mail.command") == 2


@pytest.mark.parametrize("before", ["take", "record"])
def test_what_dies_in_the_middle_has_done_nothing(
    box: ImapBox, application: App, database: Database, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    box.put(a_mail("subscribe IBM\nupdate-4"))
    real = getattr(PostgresInboundMails, before)

    def dying(inbound: PostgresInboundMails, *given: Any) -> Any:
        done = real(inbound, *given)
        with database.engine.connect() as other:
            assert len(other.execute(OTHERS_KILLED).all()) == 1
        return done

    monkeypatch.setattr(PostgresInboundMails, before, dying)
    with pytest.raises(DBAPIError):
        application.poll_mailbox()()
    monkeypatch.undo()
    assert (answers(application), application.regular_mails.all()) == ([], [])
    assert application.inbound_mails.recent(1) == []
    assert application.poll_mailbox()().outcomes == {InboundOutcome.ANSWERED: 1}
    assert len(answers(application)) == 1
    assert "you get updates (4h)" in answers(application)[0]  # not that they had been asked for before


def test_two_who_look_at_the_same_time_handle_it_once(box: ImapBox, application: App) -> None:
    for number in range(4):
        box.put(a_mail("status", **{"X-Number": str(number)}))
    handled: list[int] = []
    lookers = [threading.Thread(target=lambda: handled.append(application.poll_mailbox()().handled)) for _ in range(2)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    assert sum(handled) == 4
    assert len(answers(application)) == 4
