"""What every Channel does, and those that carry mails besides."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from algo_trading.errors import ServiceUnavailableError
from algo_trading.gateways.channels import Channel
from algo_trading.notification.mail import MailForm, sender_address
from algo_trading.notification.rendering import Rendering
from fakes.channel import read_mail
from support.mail_examples import NOON, ibm_mail


@dataclass(frozen=True)
class Arrival:
    """A notice as it arrived: its text with the subject, and the key by which a repetition is known, if it has one."""

    text: str
    key: str = ""


class ChannelContract:
    """A subclass gives the fixtures: a channel, a reader of what arrived, and a channel that cannot work.

    Two channels of `open_channel` lead to the same place, as those of two processes do.
    """

    @pytest.fixture
    def open_channel(self) -> Callable[[], Channel]:
        raise NotImplementedError

    @pytest.fixture
    def arrivals(self) -> Callable[[], list[Arrival]]:
        raise NotImplementedError

    @pytest.fixture
    def broken(self) -> Channel:
        raise NotImplementedError

    def test_what_is_to_be_said_arrives(
        self, open_channel: Callable[[], Channel], arrivals: Callable[[], list[Arrival]]
    ) -> None:
        mail = ibm_mail("k1")
        with open_channel().session() as session:
            session.deliver(mail)
        (arrival,), composed = arrivals(), read_mail(mail.content)
        plain = composed.get_body(("plain",))
        assert isinstance(plain, EmailMessage)
        assert str(composed["Subject"]) in arrival.text
        wanted = [line.strip() for line in str(_content(plain)).splitlines()]
        lines = [line.strip() for line in arrival.text.splitlines()]
        assert [line for line in wanted if line and line not in lines] == []

    def test_every_key_arrives_and_the_same_one_is_known(
        self, open_channel: Callable[[], Channel], arrivals: Callable[[], list[Arrival]]
    ) -> None:
        for _ in range(2):  # as after a crash between the delivery and its commit
            with open_channel().session() as session:
                for key, address in (("k1", "a@localhost"), ("k2", "b@localhost")):
                    session.deliver(ibm_mail(key, address))
        assert len(set(arrivals())) == 2
        assert {arrival.key for arrival in arrivals()} in ({"k1", "k2"}, {""})

    def test_a_session_without_mails_touches_nothing(self, broken: Channel) -> None:
        with broken.session():
            pass

    def test_a_channel_that_cannot_work_says_why(self, broken: Channel) -> None:
        with broken.session() as session:
            for _ in range(2):
                with pytest.raises(ServiceUnavailableError) as caught:
                    session.deliver(ibm_mail("k1"))
                sentence = str(caught.value)
                assert sentence
                assert "\n" not in sentence

    def test_it_has_a_name_and_a_place(self, open_channel: Callable[[], Channel]) -> None:
        channel = open_channel()
        assert channel.name
        assert channel.location()


class MailChannelContract(ChannelContract):
    """A channel that carries the mails themselves."""

    @pytest.fixture
    def arrived(self) -> Callable[[], list[EmailMessage]]:
        raise NotImplementedError

    @pytest.fixture
    def arrivals(self, arrived: Callable[[], list[EmailMessage]]) -> Callable[[], list[Arrival]]:
        return lambda: [_arrival(mail) for mail in arrived()]

    def test_a_mail_arrives_as_composed(
        self, open_channel: Callable[[], Channel], arrived: Callable[[], list[EmailMessage]]
    ) -> None:
        mail = ibm_mail("k1")
        with open_channel().session() as session:
            session.deliver(mail)
        (received,), composed = arrived(), read_mail(mail.content)
        for header in ("Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted"):
            assert received[header] == composed[header]
        sent_parts, received_parts = list(composed.walk()), list(received.walk())
        assert [part.get_content_type() for part in received_parts] == [
            "multipart/alternative",
            "text/plain",
            "multipart/related",
            "text/html",
            "image/png",
        ]
        for sent, got in zip(sent_parts, received_parts, strict=True):
            if not sent.is_multipart():
                assert _content(got) == _content(sent)

    def test_every_key_is_a_mail(
        self, open_channel: Callable[[], Channel], arrived: Callable[[], list[EmailMessage]]
    ) -> None:
        with open_channel().session() as session:
            for key, address in (("k1", "a@localhost"), ("k2", "b@localhost"), ("k3", "a@localhost")):
                session.deliver(ibm_mail(key, address))
        assert sorted((m["Message-ID"], m["To"]) for m in arrived()) == [
            ("<k1@localhost>", "a@localhost"),
            ("<k2@localhost>", "b@localhost"),
            ("<k3@localhost>", "a@localhost"),
        ]

    def test_the_same_key_is_the_same_mail(
        self, open_channel: Callable[[], Channel], arrived: Callable[[], list[EmailMessage]]
    ) -> None:
        for _ in range(2):  # as after a crash between the delivery and its commit
            with open_channel().session() as session:
                session.deliver(ibm_mail("k1"))
        assert {mail["Message-ID"] for mail in arrived()} == {"<k1@localhost>"}

    def test_lines_that_begin_with_a_dot_arrive(
        self, open_channel: Callable[[], Channel], arrived: Callable[[], list[EmailMessage]]
    ) -> None:
        text = ".\n..\n.dot\n\n.\n"
        form = MailForm(Rendering("dots", text, "<p>\n.\n</p>\n"), sender_address("algo-trading@localhost"))
        with open_channel().session() as session:
            session.deliver(form.fill("a@localhost", "k1", NOON))
            session.deliver(ibm_mail("k2"))
        dots, _ = sorted(arrived(), key=lambda mail: str(mail["Message-ID"]))
        plain = dots.get_body(("plain",))
        assert isinstance(plain, EmailMessage)
        assert _content(plain) == text


def _content(part: EmailMessage) -> object:
    content = part.get_content()
    return content.replace("\r\n", "\n") if isinstance(content, str) else content


def _arrival(mail: EmailMessage) -> Arrival:
    plain = mail.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    key = str(mail["Message-ID"]).strip("<>").partition("@")[0]
    return Arrival(f"{mail['Subject']}\n{_content(plain)}", key)
