"""A mailbox on an IMAP server, read and never changed."""

import imaplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import LoginError
from pydantic import Field, SecretStr

from algo_trading.adapters.smtp import is_loopback
from algo_trading.domain.inbound import MailKey, RawMail
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.plugins import Context, Plugin, PluginConfig

TIMEOUT = 30.0  # seconds that an answer may take
DAY = timedelta(days=1)  # days of IMAP are those of the server, wherever it stands
LONGEST_IDLE = timedelta(minutes=9)  # routers forget connections that are quiet for longer, servers after 29 minutes
PAUSE = 5.0  # seconds, where a server ends what had begun to wait
CLOSED = (OSError, imaplib.IMAP4.error)


class ImapConfig(PluginConfig):
    """The mail server; the password comes from ALGO_MAILBOXES__IMAP__PASSWORD, or an OAuth token in its place."""

    host: str = "localhost"
    port: int = Field(default=993, gt=0, lt=65536)
    user: str = ""
    password: SecretStr = SecretStr("")
    oauth_token: SecretStr = SecretStr("")
    address: str = ""  # that people write to, where it is not the user's name
    folder: str = "INBOX"
    encryption: str = Field(default="tls", pattern="^(tls|starttls|none)$")


class ImapMailbox:
    """One folder, opened for reading alone: mails stay unread for whoever looks at them, too."""

    def __init__(self, config: ImapConfig, timeout: float = TIMEOUT) -> None:
        """Nothing is connected yet.

        Raises:
            ConfigError: user or secret is missing, or would leave this machine unencrypted.
        """
        self._config, self._timeout = config, timeout
        self.name = f"{config.user}/{config.folder}"
        self.address = config.address or (config.user if "@" in config.user else "")
        if not config.user or not (config.password.get_secret_value() or config.oauth_token.get_secret_value()):
            raise ConfigError(
                "mailboxes.imap needs a user and a password: set mailboxes.imap.user, and "
                "ALGO_MAILBOXES__IMAP__PASSWORD (or ALGO_MAILBOXES__IMAP__OAUTH_TOKEN) in the environment"
            )
        if config.encryption == "none" and not is_loopback(config.host):
            raise ConfigError(
                f"mailboxes.imap.encryption = none would send the password to {config.host} unencrypted; "
                "set it to tls or starttls"
            )

    @contextmanager
    def session(self) -> "Iterator[ImapSession]":
        """Begin a conversation, which is ended afterwards."""
        with self.explained():
            client = self._connected()
        try:
            with self.explained():
                self._log_in(client)
                opened = client.select_folder(self._config.folder, readonly=True)
            yield ImapSession(self, client, int(opened[b"UIDVALIDITY"]))
        finally:
            _hang_up(client)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what goes wrong on the way to the server into a sentence."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise self._unavailable(
                f"has a certificate that is not trusted ({error.verify_message}); check mailboxes.imap.host, or name "
                "the certificate authority's file in SSL_CERT_FILE"
            ) from error
        except LoginError as error:
            raise self._unavailable(
                f"refuses the login of {self._config.user}; check mailboxes.imap.user and "
                "ALGO_MAILBOXES__IMAP__PASSWORD"
            ) from error
        except CLOSED as error:
            raise self._unavailable(
                f"cannot be used ({_reason(error)}); check mailboxes.imap.host, port, folder and encryption"
            ) from error

    def _connected(self) -> IMAPClient:
        config, tls = self._config, ssl.create_default_context()
        client = IMAPClient(
            config.host, config.port, ssl=config.encryption == "tls", ssl_context=tls, timeout=self._timeout
        )
        client.normalise_times = False  # moments with their zone
        try:
            if config.encryption == "starttls":
                client.starttls(tls)
        except BaseException:
            _hang_up(client)
            raise
        return client

    def _log_in(self, client: IMAPClient) -> None:
        if token := self._config.oauth_token.get_secret_value():
            client.oauth2_login(self._config.user, token)
        else:
            client.login(self._config.user, self._config.password.get_secret_value())

    def _unavailable(self, what: str) -> ServiceUnavailableError:
        return ServiceUnavailableError(f"the mail server {self._config.host}:{self._config.port} {what}")


class ImapSession:
    """Implements MailboxSession."""

    def __init__(self, mailbox: ImapMailbox, client: IMAPClient, uid_validity: int) -> None:
        self._mailbox, self._client = mailbox, client
        self.uid_validity = uid_validity

    def after(self, uid: int, since: datetime, most_bytes: int, count: int) -> Iterator[RawMail]:
        with self._mailbox.explained():
            found = self._client.search(["UID", f"{uid + 1}:*", "SINCE", (since - DAY).date()])
        # The last mail is among `n:*` whatever n is.
        for number in sorted(one for one in found if one > uid)[:count]:
            part = f"BODY.PEEK[]<0.{most_bytes + 1}>"
            with self._mailbox.explained():
                answer = self._client.fetch([number], ["RFC822.SIZE", "INTERNALDATE", part]).get(number)
            if answer is not None:  # it may have been removed meanwhile
                yield self._mail(number, answer)

    def wait(self, seconds: float) -> None:
        if not self._client.has_capability("IDLE"):
            time.sleep(seconds)
            return
        try:
            self._client.idle()
            self._client.idle_check(min(seconds, LONGEST_IDLE.total_seconds()))
        except CLOSED:  # what is wrong shows when the next conversation begins, which is not at once
            time.sleep(min(seconds, PAUSE))
            return
        with suppress(*CLOSED):  # a line that came in two pieces is not understood
            self._client.idle_done()

    def _mail(self, number: int, answer: dict[bytes, Any]) -> RawMail:
        content = next(value for name, value in answer.items() if name.startswith(b"BODY[]"))
        arrived_at: datetime = answer[b"INTERNALDATE"]
        return RawMail(
            MailKey(self._mailbox.name, self.uid_validity, number),
            content or b"",
            int(answer[b"RFC822.SIZE"]),
            arrived_at.astimezone(UTC),
        )


def _hang_up(client: IMAPClient) -> None:
    """Say goodbye, if there is somebody to say it to."""
    try:
        client.logout()
    except CLOSED:
        with suppress(*CLOSED):
            client.shutdown()


def _reason(error: BaseException) -> str:
    """The error in one line; imaplib shows bytes as Python writes them."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.removeprefix("b'").removesuffix("'").split())


def build(config: ImapConfig, _context: Context) -> ImapMailbox:
    """The folder of [mailboxes.imap]."""
    return ImapMailbox(config)


plugin = Plugin(ImapConfig, build)
