"""Asking for updates and digests, changing how often they come, and quiet hours."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from algo_trading.domain.regular_mail import MORNING, MailKind, Recipient, RegularMail
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.notification.addresses import email_address
from algo_trading.repositories.regular_mails import RecipientRepository, RegularMailRepository

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class SubscribeRegularly:
    """Send an address updates or digests, and keep its hours."""

    mails: RegularMailRepository
    recipients: RecipientRepository
    clock: Clock

    def __call__(
        self, address: str, kind: MailKind, every: str, hour: int = MORNING, channel: str = ""
    ) -> tuple[RegularMail, bool]:
        """Send them from now on this often; returns the mail and whether it is new.

        Raises:
            ConfigError: that is not a valid email address, or not how often a mail can come.
        """
        mail = RegularMail(
            _valid(address), kind, _checked(RegularMail.parse_every, every), self.clock.now(), hour, channel
        )
        before = self.mails.find(address, kind)
        if before and (before.every, before.hour) == (mail.every, mail.hour):
            mail = replace(before, channel=channel)  # nothing is due again
        return mail, self.mails.put(mail)

    def keep_hours(self, address: str, zone: str | None, quiet: str | None) -> Recipient:
        """Remember a reader's zone and quiet hours (`22-7`, or `off`); None leaves what there is.

        Raises:
            ConfigError: there is no such zone, or the hours cannot be read.
        """
        recipient = self.recipients.get(_valid(address))
        if zone is not None:
            try:
                ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError) as error:
                raise ConfigError(f"{zone!r} is not a time zone; write it like Europe/Berlin") from error
            recipient = replace(recipient, zone=zone)
        if quiet == "off":
            recipient = replace(recipient, quiet_from=None, quiet_to=None)
        elif quiet is not None:
            begins, ends = _checked(Recipient.parse_quiet, quiet)
            recipient = replace(recipient, quiet_from=begins, quiet_to=ends)
        self.recipients.put(recipient)
        return recipient


def _valid(address: str) -> str:
    try:
        email_address(address)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    return address


def _checked(parse: Callable[[str], Parsed], text: str) -> Parsed:
    try:
        return parse(text)
    except ValueError as error:
        raise ConfigError(str(error)) from error
