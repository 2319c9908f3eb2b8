"""Mails through SMTP servers, good ones and others."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from pydantic import SecretStr

from algo_trading.adapters.smtp import SmtpChannel, SmtpConfig, build
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.channels import Channel, DeferredError, UndeliverableError
from algo_trading.plugins import Context
from contracts.channel import MailChannelContract
from support.mail_examples import ibm_mail, put
from support.smtp_server import PASSWORD, USER, Certificates, Mailbox, free_port, make_certificates, smtp_server

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def box(certificates: Certificates) -> Iterator[Mailbox]:
    with smtp_server(certificates.server) as mailbox_:
        yield mailbox_


@pytest.fixture
def trusting(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a user does whose server has a certificate of the house."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))


def smtp_config(port: int, **changes: Any) -> SmtpConfig:
    values = {"host": "localhost", "port": port, "user": USER, "password": SecretStr(PASSWORD), "starttls": True}
    return SmtpConfig(**{**values, **changes})


def deliver(port: int, key: str = "k1", address: str = "trader@localhost", **changes: Any) -> None:
    put(SmtpChannel(smtp_config(port, **changes), timeout=5), ibm_mail(key, address))


@pytest.mark.usefixtures("trusting")
class TestSmtp(MailChannelContract):
    @pytest.fixture
    def open_channel(self, box: Mailbox) -> Callable[[], Channel]:
        return lambda: SmtpChannel(smtp_config(box.port))

    @pytest.fixture
    def arrived(self, box: Mailbox) -> Callable[[], list[EmailMessage]]:
        return lambda: box.mails

    @pytest.fixture
    def broken(self) -> Channel:
        return SmtpChannel(smtp_config(free_port()))

    def test_encrypted_and_logged_in(self, box: Mailbox) -> None:
        deliver(box.port)
        assert (box.encrypted, box.logins, box.recipients) == ([True], [USER], [["trader@localhost"]])

    def test_built_from_its_options(self, box: Mailbox, tmp_path: Path) -> None:
        channel = build(smtp_config(box.port), Context("smtp", tmp_path))
        put(channel, ibm_mail("k1"))
        assert len(box.mails) == 1
        assert channel.location() == f"smtp://localhost:{box.port}"

    def test_a_wrong_password_names_its_variable_and_not_itself(self, box: Mailbox) -> None:
        with pytest.raises(ServiceUnavailableError) as caught:
            deliver(box.port, password=SecretStr("tr0ub4dor"))
        assert "refuses the login of algo (535" in str(caught.value)
        assert "ALGO_CHANNELS__SMTP__PASSWORD" in str(caught.value)
        assert "tr0ub4dor" not in str(caught.value)

    def test_an_unknown_recipient_is_for_good(self, box: Mailbox) -> None:
        box.rcpt_replies["gone@localhost"] = ["550 5.1.1 no such\tuser"]
        with pytest.raises(UndeliverableError, match=r"refuses the mail \(550 5\.1\.1 no such user\)"):
            deliver(box.port, address="gone@localhost")
        deliver(box.port)
        assert box.recipients == [["trader@localhost"]]

    def test_greylisting_is_for_now(self, box: Mailbox) -> None:
        box.rcpt_replies["trader@localhost"] = ["451 4.7.1 greylisted, come back later"]
        with pytest.raises(DeferredError, match=r"451 4\.7\.1 greylisted, come back later"):
            deliver(box.port)
        deliver(box.port)
        assert [mail["Message-ID"] for mail in box.mails] == ["<k1@localhost>"]

    @pytest.mark.parametrize(
        "reply",
        [
            "554 5.7.1 <trader@localhost>: Relay access denied",
            "550 relay not permitted",
            "550 5.7.1 trader@localhost... Relaying denied",
            "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
            "530 5.7.0 Authentication required",
            "421 4.3.2 shutting down",
        ],
    )
    def test_a_server_that_takes_no_mail_of_ours_is_not_the_readers_fault(self, box: Mailbox, reply: str) -> None:
        box.rcpt_replies["trader@localhost"] = [reply]
        with pytest.raises(ServiceUnavailableError) as caught:
            deliver(box.port)
        assert not isinstance(caught.value, DeferredError)
        assert reply[:3] in str(caught.value)

    def test_a_host_called_relay_is_no_refusal_to_relay(self, box: Mailbox) -> None:
        box.rcpt_replies["x@relay.example.org"] = ["550 5.1.1 <x@relay.example.org>: user unknown"]
        with pytest.raises(UndeliverableError):
            deliver(box.port, address="x@relay.example.org")

    def test_a_refused_sender_names_the_setting(self, box: Mailbox) -> None:
        box.mail_reply = "550 5.7.60 not your address"
        with pytest.raises(ServiceUnavailableError, match=r"algo-trading@localhost \(550 5\.7\.60 .*mail\.sender"):
            deliver(box.port)

    @pytest.mark.parametrize(
        ("reply", "error"),
        [("554 5.6.0 looks like spam", UndeliverableError), ("452 4.3.1 out of storage", DeferredError)],
    )
    def test_refused_content(self, box: Mailbox, reply: str, error: type[Exception]) -> None:
        box.data_reply = reply
        with pytest.raises(error, match=reply):
            deliver(box.port)

    def test_a_server_that_does_not_know_other_alphabets(self, certificates: Certificates) -> None:
        with (
            smtp_server(certificates.server, enable_SMTPUTF8=False) as box,
            pytest.raises(UndeliverableError, match="SMTPUTF8"),
        ):
            deliver(box.port, address="jürgen@localhost")

    def test_an_address_in_another_alphabet(self, certificates: Certificates) -> None:
        with smtp_server(certificates.server) as box:
            deliver(box.port, address="jürgen@localhost")
        assert box.recipients == [["jürgen@localhost"]]
        assert box.mails[0]["To"] == "jürgen@localhost"


def test_an_untrusted_certificate_gets_no_mail_and_no_password(box: Mailbox) -> None:
    with pytest.raises(ServiceUnavailableError, match=r"certificate that is not trusted \(.*SSL_CERT_FILE"):
        deliver(box.port)
    assert (box.mails, box.logins) == ([], [])


@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_host(box: Mailbox) -> None:
    with pytest.raises(ServiceUnavailableError, match="not trusted"):
        deliver(box.port, host="127.0.0.1")
    assert (box.mails, box.logins) == ([], [])


@pytest.mark.parametrize("user", ["", USER])
def test_a_server_without_encryption_gets_no_mail_and_no_password(user: str) -> None:
    with smtp_server(None) as box:
        with pytest.raises(ServiceUnavailableError, match=r"does not offer .*STARTTLS extension not supported"):
            deliver(box.port, user=user)
        assert (box.mails, box.logins) == ([], [])


def test_without_encryption_and_login_where_the_user_says_so() -> None:
    with smtp_server(None) as box:
        deliver(box.port, user="", starttls=False)
        assert box.encrypted == [False]


@pytest.mark.parametrize("host", ["mail.example.org", "192.0.2.7", "2001:db8::1"])
def test_a_password_never_leaves_the_machine_unencrypted(host: str) -> None:
    with pytest.raises(ConfigError, match=r"smtp\.starttls = false would send the password to"):
        SmtpChannel(smtp_config(25, host=host, starttls=False))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_within_the_machine_it_may(host: str) -> None:
    SmtpChannel(smtp_config(25, host=host, starttls=False))


def test_a_user_without_a_password() -> None:
    with pytest.raises(ConfigError, match="ALGO_CHANNELS__SMTP__PASSWORD"):
        SmtpChannel(smtp_config(25, password=SecretStr("")))


def test_no_server() -> None:
    port = free_port()
    with pytest.raises(ServiceUnavailableError) as caught:
        deliver(port)
    assert str(caught.value) == (
        f"the mail server smtp://localhost:{port} cannot be used (Connection refused); "
        "check channels.smtp.host and channels.smtp.port"
    )


GREETING = ["220 localhost ready", "250 localhost", "250 sender", "250 recipient", "354 go on"]


def test_a_server_that_dies_while_it_reads_the_mail() -> None:
    with scripted_server(GREETING) as port, pytest.raises(ServiceUnavailableError, match=r"check channels\.smtp\.host"):
        deliver(port, user="", starttls=False)


def test_many_mails_take_one_connection() -> None:
    with smtp_server(None) as box:
        channel = SmtpChannel(smtp_config(box.port, user="", starttls=False))
        with channel.session() as session:
            for number in range(20):
                session.deliver(ibm_mail(f"k{number}"))
        assert len(box.mails) == 20
        assert box.connections == 1


def test_each_mail_has_its_own_deadline() -> None:
    with smtp_server(None) as box:
        box.pause = 0.2
        config = smtp_config(box.port, user="", starttls=False)
        with SmtpChannel(config, timeout=5, deadline=1).session() as session:
            for number in range(8):
                session.deliver(ibm_mail(f"k{number}"))
        assert (len(box.mails), box.connections) == (8, 1)


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_refused_mail_leaves_the_connection_to_the_next_one(pipelining: bool) -> None:
    with smtp_server(None) as box:
        box.pipelining = pipelining
        box.rcpt_replies["gone@localhost"] = ["550 5.1.1 no such user"]
        box.rcpt_replies["slow@localhost"] = ["451 4.7.1 greylisted"]
        channel = SmtpChannel(smtp_config(box.port, user="", starttls=False))
        with channel.session() as session:
            session.deliver(ibm_mail("k1"))
            with pytest.raises(UndeliverableError):
                session.deliver(ibm_mail("k2", "gone@localhost"))
            with pytest.raises(DeferredError):
                session.deliver(ibm_mail("k3", "slow@localhost"))
            box.data_reply = "554 5.6.0 looks like spam"
            with pytest.raises(UndeliverableError):
                session.deliver(ibm_mail("k4"))
            box.data_reply = ""
            session.deliver(ibm_mail("k5", "jürgen@localhost"))
            session.deliver(ibm_mail("k6"))
        assert [mail["Message-ID"] for mail in box.mails] == [f"<k{number}@localhost>" for number in (1, 5, 6)]
        assert box.connections == 1


@pytest.mark.parametrize("farewell", [["421 4.7.0 too many mails"], []])
def test_a_server_that_ends_the_conversation_after_a_mail_gets_the_next_one_in_another(farewell: list[str]) -> None:
    conversation = [*GREETING, "250 accepted"]
    with scripted_server([*conversation, *farewell], conversation) as port:
        channel = SmtpChannel(smtp_config(port, user="", starttls=False), timeout=5)
        with channel.session() as session:
            session.deliver(ibm_mail("k1"))
            session.deliver(ibm_mail("k2"))


def test_a_server_that_is_gone_after_a_mail() -> None:
    with scripted_server([*GREETING, "250 accepted"]) as port:
        channel = SmtpChannel(smtp_config(port, user="", starttls=False), timeout=5)
        with channel.session() as session:
            session.deliver(ibm_mail("k1"))
            with pytest.raises(ServiceUnavailableError, match="cannot be used"):
                session.deliver(ibm_mail("k2"))


def test_a_server_that_accepts_and_hangs_up() -> None:
    with scripted_server([*GREETING, "250 accepted"]) as port:
        deliver(port, user="", starttls=False)


def test_a_server_that_accepts_and_grumbles_at_the_goodbye() -> None:
    with scripted_server([*GREETING, "250 accepted", "451 local error"]) as port:
        deliver(port, user="", starttls=False)


def test_a_silent_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        channel = SmtpChannel(smtp_config(listener.getsockname()[1], host="127.0.0.1"), timeout=0.2)
        with pytest.raises(ServiceUnavailableError, match="timed out"):
            put(channel, ibm_mail("k1"))


@pytest.mark.parametrize(
    ("before", "drip"),
    [(b"", b"2"), (b"", b"220-wait\r\n"), (b"220 ready\r\n", b"250-MORE\r\n"), (b"220 ready\r\n", b"2")],
    ids=["greeting by the byte", "greeting without end", "answer without end", "answer by the byte"],
)
def test_a_server_that_never_comes_to_an_end(before: bytes, drip: bytes) -> None:
    with dripping_server(before, drip, pause=0.05) as port:
        settings = smtp_config(port, host="127.0.0.1", user="", starttls=False)
        began = time.monotonic()
        with pytest.raises(ServiceUnavailableError, match=r"check channels\.smtp\.host"):
            put(SmtpChannel(settings, timeout=0.3, deadline=0.6), ibm_mail("k1"))
        assert time.monotonic() - began < 2


def test_a_server_that_talks_without_end_fills_no_memory() -> None:
    with dripping_server(b"", b"220-" + b"x" * 500 + b"\r\n", pause=0) as port:
        settings = smtp_config(port, host="127.0.0.1", user="", starttls=False)
        with pytest.raises(ServiceUnavailableError, match="it says more than 1 MB"):
            put(SmtpChannel(settings, timeout=30, deadline=30), ibm_mail("k1"))


def test_heavy_libraries_wait_until_a_mail_is_made() -> None:
    program = (
        "import sys; import algo_trading.notification.mail, algo_trading.notification.signal; "
        "print({'matplotlib', 'jinja2', 'pandas'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert result.stdout == "set()\n"


@contextmanager
def dripping_server(before: bytes, drip: bytes, pause: float) -> Iterator[int]:
    """A server that says `before`, and then `drip` again and again until the client hangs up."""

    def talk() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(before)
            while True:
                connection.sendall(drip)
                time.sleep(pause)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(timeout=5)


@contextmanager
def scripted_server(*conversations: list[str]) -> Iterator[int]:
    """A server that gives the replies of each conversation one after the other, hangs up, and is gone after the last.

    After a 354 it reads a whole mail, or dies.
    """

    def talk() -> None:
        for number, replies in enumerate(conversations):
            connection, _ = listener.accept()
            if number == len(conversations) - 1:
                listener.close()
            with connection, connection.makefile("rb") as lines:
                converse(replies, connection, lines)

    def converse(replies: list[str], connection: socket.socket, lines: BinaryIO) -> None:
        for number, reply in enumerate(replies):
            connection.sendall(f"{reply}\r\n".encode())
            if reply.startswith("354") and number == len(replies) - 1:
                connection.recv(1000)
                return
            while (line := lines.readline()) and reply.startswith("354") and line != b".\r\n":
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            thread.join(timeout=5)
