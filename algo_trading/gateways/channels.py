"""Channels that bring notices to their recipients."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from algo_trading.errors import ServiceUnavailableError


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail for one recipient.

    `key` is unique to it and safe as a file name: the same key is the same mail. `sender` and `recipient` are bare
    addresses. `content` is the whole message (RFC 5322) with lines that end in CR LF; it is ASCII unless the recipient
    is not.
    """

    key: str
    sender: str
    recipient: str
    content: bytes


class ChannelSession(Protocol):
    """A conversation in which one mail after the other is delivered."""

    def deliver(self, mail: Mail) -> None:
        """Hand over a mail; done when the other side has accepted it. Whatever is raised, the next one may be tried.

        Raises:
            UndeliverableError: this mail will never be accepted.
            DeferredError: the channel works, but does not take this mail now.
            ServiceUnavailableError: the channel does not work now; try later.
        """
        ...


class Channel(Protocol):
    """A way to recipients."""

    name: str

    def session(self) -> AbstractContextManager[ChannelSession]:
        """Begin a conversation; nothing is connected before the first mail."""
        ...

    def location(self) -> str:
        """Where the mails go, for a person to read."""
        ...


Channels = Callable[[str], Channel]
"""The channel with a name, "" being the configured one; UnknownNameError if there is none."""


class UndeliverableError(Exception):
    """This mail is refused for good (an address that does not exist)."""


class DeferredError(ServiceUnavailableError):
    """This mail is not accepted now, others may be (greylisting, a full mailbox); try it again later."""
