"""The channel `apprise`: the hundred services that the library Apprise knows, by the addresses that it has for them."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr

from algo_trading.adapters.message import Message, message_of
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.channels import Mail
from algo_trading.plugins import Context, Plugin, PluginConfig

URLS = "ALGO_CHANNELS__APPRISE__URLS"


class AppriseConfig(PluginConfig):
    """Addresses as Apprise writes them, parted by blanks; they hold secrets and come from the environment."""

    urls: SecretStr = SecretStr("")
    files: bool = True  # whether pictures and tables go along


class AppriseChannel:
    """Hands each notice to Apprise, which says no more than whether every service took it."""

    name = "apprise"

    def __init__(self, config: AppriseConfig) -> None:
        """Raises ConfigError where an address is missing, or one that Apprise does not know."""
        import apprise

        self._files = config.files
        self._services: Any = apprise.Apprise()
        addresses = config.urls.get_secret_value().split()
        if not addresses:
            raise ConfigError(f"the channel apprise needs at least one address: set {URLS} (docs/notifications.md)")
        with warnings.catch_warnings():  # a module that Apprise loads goes with Python 3.13, and so does the warning
            warnings.filterwarnings("ignore", "'imghdr' is deprecated", DeprecationWarning)
            for number, address in enumerate(addresses, 1):
                if not self._services.add(address):
                    raise ConfigError(f"address {number} of {URLS} is not one that Apprise knows")

    def location(self) -> str:
        """The kinds of services, without their secrets."""
        return f"apprise: {', '.join(str(service.service_name) for service in self._services)}"

    @contextmanager
    def session(self) -> "Iterator[AppriseChannel]":
        """Each notice is a conversation of its own."""
        yield self

    def deliver(self, mail: Mail) -> None:
        """Hand it over.

        Raises:
            ServiceUnavailableError: a service did not take it; Apprise does not say which, nor why.
        """
        message = message_of(mail)
        with TemporaryDirectory() as folder:
            taken = self._services.notify(
                title=message.subject, body=message.text, attach=_stored(message, Path(folder)) if self._files else None
            )
        if not taken:
            raise ServiceUnavailableError(f"a service of {self.location()} did not take a notice; check {URLS}")


def _stored(message: Message, folder: Path) -> list[str] | None:
    """Files for Apprise, which takes them by their paths."""
    paths = []
    for number, part in enumerate(message.parts):
        path = folder / f"{number}-{Path(part.name).name}"
        path.write_bytes(part.content)
        paths.append(str(path))
    return paths or None


def build(config: AppriseConfig, _context: Context) -> AppriseChannel:
    """The services of [channels.apprise]."""
    return AppriseChannel(config)


plugin = Plugin(AppriseConfig, build)
