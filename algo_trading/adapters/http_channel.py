"""What channels over HTTP share: a request is a notice, and an answer says what became of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from algo_trading.adapters.http_client import HttpClient
from algo_trading.adapters.retries import RefusedError, Reply, Retries
from algo_trading.errors import ConfigError, ServiceUnavailableError, SourceError
from algo_trading.gateways.channels import Mail, UndeliverableError

TIMEOUT = 10.0  # seconds without a byte
ATTEMPTS = 2  # within a delivery; then the outbox waits longer and longer
THIS_MESSAGE = {400, 413, 415, 422}  # statuses that speak of the message; others speak of the address or the key


@dataclass
class HttpChannel:
    """Sends each notice as a POST to a secret address; only the host of `url` is ever shown.

    `request` gives the options of the POST for a mail, as httpx has them, and `read` what an answer means in headers.
    `refusal` may turn an answer from 300 on into an error of its own, before the common rule: what speaks of the
    message is undeliverable, anything else is for later.
    """

    name: str
    url: str
    client: HttpClient
    retries: Retries
    request: Callable[[Mail], dict[str, Any]]
    refusal: Callable[[Reply], Exception | None] = lambda _reply: None
    read: Callable[[Reply], Reply] = lambda reply: reply

    def location(self) -> str:
        """The host."""
        return f"{self.name} at {urlsplit(self.url).hostname}"

    @contextmanager
    def session(self) -> "Iterator[HttpChannel]":
        """Each notice is a request of its own."""
        yield self

    def deliver(self, mail: Mail) -> None:
        """Send it; done when the other side has answered that it took it.

        Raises:
            UndeliverableError: the message is refused for good.
            ServiceUnavailableError: the address or the key is refused, or nobody answers.
        """
        options = {"timeout": httpx.Timeout(TIMEOUT), **self.request(mail)}
        try:
            self.retries.ask(lambda: self.read(self.client.send("POST", self.url, **options)))
        except RefusedError as error:
            own = self.refusal(error.reply)
            if own is not None:
                raise own from None
            if error.reply.status in THIS_MESSAGE:
                raise UndeliverableError(str(error)) from None
            raise ServiceUnavailableError(f"{error}: check its address and key") from None
        except SourceError as error:
            raise ServiceUnavailableError(str(error)) from None


def checked_address(url: SecretStr, variable: str) -> str:
    """An https address.

    Raises:
        ConfigError: it is not set, or not one; `variable` is named.
    """
    value = url.get_secret_value().strip()
    try:
        parts = urlsplit(value)
        usable = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"the channel needs an https address: set {variable} (docs/notifications.md)")
    return value


def client_of(who: str, option: str, *, allow_private: bool) -> tuple[HttpClient, Retries]:
    """A client that shows no path, and keeps away from private addresses unless `option` allows them."""
    retries = Retries(who, attempts=ATTEMPTS, pause_seconds=0, first_pause=1)
    return HttpClient(retries, private=allow_private, option=option, secret_path=True), retries
