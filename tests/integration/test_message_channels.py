"""Channels over HTTPS against a server on this machine, which takes messages, refuses them, or is gone."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from algo_trading.adapters import apprise_channel, http_client, slack, telegram, webhook_channel
from algo_trading.adapters.http_channel import HttpChannel
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.channels import Channel, UndeliverableError
from algo_trading.notification.mail import MailForm, sender_address
from algo_trading.notification.rendering import Rendering
from algo_trading.plugins import Context, load_plugin
from contracts.channel import Arrival, ChannelContract
from fakes.clock import FakeClock
from servers.https_receiver import Received, Receiver, https_receiver
from support.mail_examples import NOON, ibm_mail, put
from support.smtp_server import Certificates, free_port, make_certificates

pytestmark = pytest.mark.integration

CONTEXT = Context("channel", Path("/nonexistent"))
KEY = b"a key of some length"
SECRET = SecretStr(f"whsec_{base64.b64encode(KEY).decode()}")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKEN = "123:abc-DEF"  # noqa: S105 - made up
Build = Callable[..., HttpChannel]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def receiver(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    http_client._trusted.cache_clear()
    with https_receiver(certificates.server) as receiver:
        yield receiver
    http_client._trusted.cache_clear()


def webhook(url: str, **options: Any) -> HttpChannel:
    config = webhook_channel.WebhookConfig(
        **{"url": SecretStr(f"{url}/in/secret"), "secret": SECRET, "allow_private": True, **options}
    )
    return webhook_channel.build(config, CONTEXT, FakeClock(NOW))


def slack_channel(url: str, **options: Any) -> HttpChannel:
    config = slack.SlackConfig(**{"url": SecretStr(f"{url}/services/secret"), "allow_private": True, **options})
    return slack.build(config, CONTEXT)


def telegram_channel(url: str, **options: Any) -> HttpChannel:
    config = {"token": SecretStr(TOKEN), "chat": "@signals", "base_url": url, "allow_private": True, **options}
    return telegram.build(telegram.TelegramConfig(**config), CONTEXT)


class OverHttps(ChannelContract):
    """What all of them do."""

    made: Build

    @pytest.fixture
    def open_channel(self, receiver: Receiver) -> Callable[[], Channel]:
        return lambda: type(self).made(receiver.url)

    @pytest.fixture
    def arrivals(self, receiver: Receiver) -> Callable[[], list[Arrival]]:
        return lambda: [self.arrival(one) for one in receiver.received]

    @pytest.fixture
    def broken(self) -> Channel:
        channel = type(self).made(f"https://localhost:{free_port()}")
        without_waiting(channel)
        return channel

    def arrival(self, received: Received) -> Arrival:
        raise NotImplementedError

    def test_only_the_host_is_ever_shown(self, receiver: Receiver) -> None:
        channel = type(self).made(receiver.url)
        receiver.usual = (500, "", {})
        waited = without_waiting(channel)
        with pytest.raises(ServiceUnavailableError) as broken:
            put(channel, ibm_mail("k1"))
        gone = type(self).made(f"https://localhost:{free_port()}")
        without_waiting(gone)
        with pytest.raises(ServiceUnavailableError) as away:
            put(gone, ibm_mail("k1"))
        for text in (channel.location(), str(broken.value), str(away.value)):
            assert "secret" not in text
            assert TOKEN not in text
        assert waited == [1.0]

    def test_a_server_that_asks_to_slow_down_is_given_its_time(self, receiver: Receiver) -> None:
        channel = type(self).made(receiver.url)
        waited = without_waiting(channel)
        receiver.answers = [(429, "", {"retry-after": "7"})]
        put(channel, ibm_mail("k1"))
        assert (waited, len(receiver.received)) == ([7.0], 1)
        receiver.answers = [(429, "", {"retry-after": "3600"})]
        with pytest.raises(ServiceUnavailableError, match="slow down"):
            put(channel, ibm_mail("k1"))

    def test_a_redirect_is_not_followed(self, receiver: Receiver) -> None:
        receiver.answers = [(307, "", {"location": f"{receiver.url}/elsewhere"})]
        with pytest.raises(ServiceUnavailableError, match="redirects us from localhost"):
            put(type(self).made(receiver.url), ibm_mail("k1"))
        assert receiver.received == []

    def test_private_addresses_are_refused_unless_they_are_allowed(self, receiver: Receiver) -> None:
        with pytest.raises(ServiceUnavailableError, match=r"set channels\.\w+\.allow_private = true"):
            put(type(self).made(receiver.url, allow_private=False), ibm_mail("k1"))
        assert receiver.asked == 0

    def test_an_address_without_encryption_is_refused(self) -> None:
        with pytest.raises(ConfigError, match="needs an https address"):
            type(self).made("http://localhost:1")


def without_waiting(channel: HttpChannel) -> list[float]:
    """The pauses that the channel would make."""
    waited: list[float] = []
    channel.retries._sleep = waited.append
    return waited


class TestWebhook(OverHttps):
    made = staticmethod(webhook)

    def arrival(self, received: Received) -> Arrival:
        data = received.document["data"]
        return Arrival(f"{data['subject']}\n{data['text']}", data["id"])

    def test_it_is_signed_and_has_all_that_a_mail_has(self, receiver: Receiver) -> None:
        put(webhook(receiver.url), ibm_mail("k1", "ann@localhost"))
        (received,) = receiver.received
        assert received.path == "/in/secret"
        headers = received.headers
        signed = f"k1.{headers['webhook-timestamp']}.".encode() + received.content
        digest = hmac.new(KEY, signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("k1", str(int(NOW.timestamp())))
        assert headers["content-type"] == "application/json"
        document = received.document
        assert (document["type"], document["timestamp"]) == ("notice", NOW.isoformat())
        data = document["data"]
        assert data["recipient"] == "ann@localhost"
        assert data["html"].startswith("<!DOCTYPE html>")
        (picture,) = data["files"]
        assert (picture["name"], picture["type"]) == ("chart.png", "image/png")
        assert base64.b64decode(picture["content"]).startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        ("status", "error"), [(400, UndeliverableError), (413, UndeliverableError), (401, ServiceUnavailableError),
                              (404, ServiceUnavailableError), (410, ServiceUnavailableError)],
    )  # fmt: skip
    def test_what_is_refused(self, receiver: Receiver, status: int, error: type[Exception]) -> None:
        receiver.answers = [(status, "", {})]
        with pytest.raises(error, match=f"HTTP {status}"):
            put(webhook(receiver.url), ibm_mail("k1"))

    def test_a_message_without_a_key_is_not_sent(self) -> None:
        with pytest.raises(ConfigError, match="ALGO_CHANNELS__WEBHOOK__SECRET"):
            webhook("https://localhost", secret=SecretStr(""))
        with pytest.raises(ConfigError, match="is not base64 behind whsec_"):
            webhook("https://localhost", secret=SecretStr("whsec_?"))


class TestSlack(OverHttps):
    made = staticmethod(slack_channel)

    def arrival(self, received: Received) -> Arrival:
        text = received.document["text"]
        for escaped, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            text = text.replace(escaped, character)
        return Arrival(text)

    def test_what_slack_would_obey_is_text(self, receiver: Receiver) -> None:
        form = MailForm(Rendering("a < b & c", "<!channel> & more\n", "<p></p>\n"), sender_address("a@localhost"))
        put(slack_channel(receiver.url), form.fill("b@localhost", "k1", NOON))
        (received,) = receiver.received
        assert received.document == {"text": "*a &lt; b &amp; c*\n```\n&lt;!channel&gt; &amp; more\n```"}

    def test_slack_says_why(self, receiver: Receiver) -> None:
        receiver.answers = [(400, "invalid_payload", {}), (404, "no_service", {}), (403, "<html>", {})]
        channel = slack_channel(receiver.url)
        with pytest.raises(UndeliverableError, match="invalid_payload"):
            put(channel, ibm_mail("k1"))
        with pytest.raises(ServiceUnavailableError, match=r"no_service\): check ALGO_CHANNELS__SLACK__URL"):
            put(channel, ibm_mail("k1"))
        with pytest.raises(ServiceUnavailableError, match="HTTP 403"):
            put(channel, ibm_mail("k1"))


class TestTelegram(OverHttps):
    made = staticmethod(telegram_channel)

    def arrival(self, received: Received) -> Arrival:
        assert received.path == f"/bot{TOKEN}/sendMessage"
        assert received.document["chat_id"] == "@signals"
        return Arrival(received.document["text"])

    def test_a_long_text_is_cut(self, receiver: Receiver) -> None:
        form = MailForm(Rendering("long", "line\n" * 5_000, "<p></p>\n"), sender_address("a@localhost"))
        put(telegram_channel(receiver.url), form.fill("b@localhost", "k1", NOON))
        text = receiver.received[0].document["text"]
        assert (len(text), text[-1]) == (telegram.MOST, "…")

    def test_telegram_says_why_and_how_long_to_wait(self, receiver: Receiver) -> None:
        channel = telegram_channel(receiver.url)
        waited = without_waiting(channel)
        slow = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 3}}
        receiver.answers = [(429, json.dumps(slow), {})]
        put(channel, ibm_mail("k1"))
        assert waited == [3.0]
        receiver.answers = [
            (400, '{"ok":false,"description":"Bad Request: message text is empty"}', {}),
            (400, '{"ok":false,"description":"Bad Request: chat not found"}', {}),
            (401, '{"ok":false,"description":"Unauthorized"}', {}),
            (403, "no JSON", {}),
        ]
        with pytest.raises(UndeliverableError, match="message text is empty"):
            put(channel, ibm_mail("k1"))
        for said in ("chat not found", "Unauthorized", "HTTP 403"):
            with pytest.raises(ServiceUnavailableError, match=said):
                put(channel, ibm_mail("k1"))

    def test_what_is_missing_is_named(self) -> None:
        with pytest.raises(ConfigError, match="ALGO_CHANNELS__TELEGRAM__TOKEN"):
            telegram_channel("https://localhost", token=SecretStr("x/../y"))
        with pytest.raises(ConfigError, match=r"channels\.telegram\.chat"):
            telegram_channel("https://localhost", chat="")


class TestApprise(ChannelContract):
    @pytest.fixture
    def server(self) -> Iterator[Receiver]:
        with https_receiver(None) as receiver:
            yield receiver

    @pytest.fixture
    def open_channel(self, server: Receiver) -> Callable[[], Channel]:
        return lambda: apprise(server.url)

    @pytest.fixture
    def arrivals(self, server: Receiver) -> Callable[[], list[Arrival]]:
        return lambda: [Arrival(f"{one.document['title']}\n{one.document['message']}") for one in server.received]

    @pytest.fixture
    def broken(self) -> Channel:
        return apprise(f"http://localhost:{free_port()}")

    def test_pictures_go_along_unless_they_are_not_wanted(self, server: Receiver) -> None:
        put(apprise(server.url), ibm_mail("k1"))
        put(apprise(server.url, files=False), ibm_mail("k2"))
        first, second = (one.document["attachments"] for one in server.received)
        assert [one["filename"] for one in first] == ["0-chart.png"]
        assert second == []

    def test_a_service_that_refuses_is_tried_again_later(self, server: Receiver) -> None:
        server.answers = [(500, "", {})]
        with pytest.raises(ServiceUnavailableError, match="a service of apprise: JSON did not take a notice"):
            put(apprise(server.url), ibm_mail("k1"))

    @pytest.mark.parametrize(("urls", "said"), [("", "needs at least one address"), ("nowhere", "address 1 of")])
    def test_an_address_that_is_none(self, urls: str, said: str) -> None:
        with pytest.raises(ConfigError, match=said):
            apprise_channel.build(apprise_channel.AppriseConfig(urls=SecretStr(urls)), CONTEXT)


def apprise(url: str, **options: Any) -> apprise_channel.AppriseChannel:
    address = url.replace("http://", "json://")
    return apprise_channel.build(apprise_channel.AppriseConfig(urls=SecretStr(address), **options), CONTEXT)


@pytest.mark.parametrize("name", ["webhook", "slack", "telegram", "apprise"])
def test_they_are_plugins_whose_options_are_named_where_they_are_missing(name: str) -> None:
    plugin = load_plugin("algo_trading.channels", name)
    with pytest.raises(ConfigError, match=f"ALGO_CHANNELS__{name.upper()}__"):
        plugin.build(plugin.config_type(), CONTEXT)
