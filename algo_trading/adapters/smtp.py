"""Mails to an SMTP server. At least once: a crash between its acceptance and our commit repeats one Message-ID."""

import ipaddress
import re
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage

from algo_trading.adapters.timed_smtp import TimedSmtp
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.repositories.subscriptions import DeferredError, UndeliverableError
from algo_trading.settings import Settings, SmtpSettings

TIMEOUT = 30.0  # seconds that a line of the server's answer may take
DEADLINE = 120.0  # seconds that a mail may take, from the connection to the goodbye
LOGIN_REPLIES = (530, 534, 535, 538)  # RFC 4954: login required, too weak, wrong, needs encryption
# As Postfix, Exim, sendmail and Exchange put it; a host called relay.example.org is not such a reply.
NO_RELAY = re.compile(
    r"relay(ing)?\s+(access\s+)?(denied|not|prohibited)|(unable|not permitted) to relay", re.IGNORECASE
)
CLOSING = 421  # RFC 5321: the server ends the conversation, whatever was asked


class SmtpChannel:
    """One connection for each mail, with STARTTLS and AUTH as configured; certificates are checked."""

    name = "smtp"

    def __init__(
        self,
        settings: SmtpSettings,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
    ) -> None:
        """Trust the certificates that `context` trusts, None: those that the system trusts.

        Raises:
            ConfigError: there is a user without a password, or the password would leave this machine unencrypted.
        """
        self._host, self._port, self._starttls = settings.host, settings.port, settings.starttls
        self._user, self._password = settings.user, settings.password.get_secret_value()
        self._context, self._timeout, self._deadline = context, timeout, deadline
        if self._user and not self._password:
            raise ConfigError("smtp.user is set without a password; set ALGO_SMTP__PASSWORD in the environment")
        if self._user and not self._starttls and not _is_loopback(self._host):
            raise ConfigError(
                f"smtp.starttls = false would send the password to {self._host} unencrypted; set it to true"
            )

    def location(self) -> str:
        """The server's host and port."""
        return f"smtp://{self._host}:{self._port}"

    def deliver(self, message: EmailMessage, key: str) -> None:  # noqa: ARG002 - the Message-ID derives from it already
        """Hand the message to the server; done when the server has accepted the content.

        Raises:
            UndeliverableError: the server refuses the recipient or the content for good (5xx).
            DeferredError: it refuses them for now (4xx).
            ServiceUnavailableError: no conversation, no encryption, no login, or it takes no mails from us at all.
        """
        try:
            server = TimedSmtp(self._host, self._port, timeout=self._timeout, deadline=self._deadline)
            try:
                self._log_in(server)
                self._send(server, message)
            finally:
                # It is decided by now; a server that does not answer the goodbye changes nothing.
                with suppress(OSError):
                    server.quit()
                server.close()
        except ssl.SSLCertVerificationError as error:
            raise self._unavailable(
                f"has a certificate that is not trusted ({error.verify_message}); check smtp.host, or name the "
                "certificate authority's file in SSL_CERT_FILE"
            ) from error
        except OSError as error:  # every error of smtplib is one, too
            raise self._unavailable(f"cannot be used ({_reason(error)}); check smtp.host and smtp.port") from error

    def _log_in(self, server: smtplib.SMTP) -> None:
        try:
            if self._starttls:
                server.starttls(context=self._context or ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
        except smtplib.SMTPNotSupportedError as error:
            raise self._unavailable(f"does not offer what smtp.starttls and smtp.user ask for ({error})") from error
        except smtplib.SMTPAuthenticationError as error:
            raise self._unavailable(
                f"refuses the login of {self._user} ({_reason(error)}); check smtp.user and ALGO_SMTP__PASSWORD"
            ) from error

    def _send(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            server.send_message(message)
        except smtplib.SMTPSenderRefused as error:
            # Not the reader's fault: it would refuse every other mail as well.
            raise self._unavailable(
                f"takes no mail from {error.sender} ({_reason(error)}); check mail.sender and smtp.user"
            ) from error
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refusal(*next(iter(error.recipients.values()))) from error
        except smtplib.SMTPDataError as error:
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise UndeliverableError(f"{self.location()} does not take this address ({error})") from error

    def _refusal(self, code: int, reply: bytes | str) -> Exception:
        text = _text(code, reply)
        if code == CLOSING:
            return self._unavailable(f"ended the conversation ({text}); try later")
        if code in LOGIN_REPLIES or NO_RELAY.search(text):
            return self._unavailable(f"does not pass on mails of ours ({text}); check smtp.user and mail.sender")
        if code < 500:
            return DeferredError(f"{self.location()} does not take the mail now ({text})")
        return UndeliverableError(f"{self.location()} refuses the mail ({text})")

    def _unavailable(self, what: str) -> ServiceUnavailableError:
        return ServiceUnavailableError(f"the mail server {self.location()} {what}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _reason(error: OSError) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _text(error.smtp_code, error.smtp_error)
    return error.strerror or str(error)


def _text(code: int, reply: bytes | str) -> str:
    """A reply on one line; servers fold long ones."""
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(words.split())}"


def build(settings: Settings) -> SmtpChannel:
    """The server of the `smtp` table."""
    return SmtpChannel(settings.smtp)
