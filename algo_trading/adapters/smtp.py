"""Mails to an SMTP server. At least once: a crash between its acceptance and our commit repeats a Message-ID."""

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from pydantic import Field, SecretStr

from algo_trading.adapters.timed_smtp import TimedSmtp
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.channels import DeferredError, Mail, UndeliverableError
from algo_trading.plugins import Context, Plugin, PluginConfig

TIMEOUT = 30.0  # seconds that a line of the server's answer may take
DEADLINE = 120.0  # seconds that a connection and its login may take, and then each mail
LOGIN_REPLIES = (530, 534, 535, 538)  # RFC 4954: login required, too weak, wrong, needs encryption
# As Postfix, Exim, sendmail and Exchange put it; a host called relay.example.org is not such a reply.
NO_RELAY = re.compile(
    r"relay(ing)?\s+(access\s+)?(denied|not|prohibited)|(unable|not permitted) to relay", re.IGNORECASE
)
OK, FORWARDED, GO_ON = 250, 251, 354  # RFC 5321
CLOSING = 421  # the server ends the conversation, whatever was asked


class SmtpConfig(PluginConfig):
    """The mail server; the password comes from ALGO_CHANNELS__SMTP__PASSWORD."""

    host: str = "localhost"
    port: int = Field(default=587, gt=0, lt=65536)
    user: str = ""
    password: SecretStr = SecretStr("")
    starttls: bool = True


class SmtpChannel:
    """One connection for many mails, with STARTTLS and AUTH as configured; certificates are checked."""

    name = "smtp"

    def __init__(
        self,
        config: SmtpConfig,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
    ) -> None:
        """Trust the certificates that `context` trusts, None: those that the system trusts.

        Raises:
            ConfigError: there is a user without a password, or the password would leave this machine unencrypted.
        """
        self._host, self._port, self._starttls = config.host, config.port, config.starttls
        self._user, self._password = config.user, config.password.get_secret_value()
        self._context, self._timeout, self._deadline = context, timeout, deadline
        if self._user and not self._password:
            raise ConfigError(
                "channels.smtp.user is set without a password; set ALGO_CHANNELS__SMTP__PASSWORD in the environment"
            )
        if self._user and not self._starttls and not is_loopback(self._host):
            raise ConfigError(
                f"channels.smtp.starttls = false would send the password to {self._host} unencrypted; set it to true"
            )

    def location(self) -> str:
        """The server's host and port."""
        return f"smtp://{self._host}:{self._port}"

    @contextmanager
    def session(self) -> "Iterator[SmtpSession]":
        """Begin a conversation, which the server is asked to end afterwards."""
        session = SmtpSession(self)
        try:
            yield session
        finally:
            session.close()

    def connect(self) -> TimedSmtp:
        """Begin a conversation that is encrypted and logged in as configured.

        Raises:
            ServiceUnavailableError: no conversation, no encryption or no login.
        """
        with self._explained():
            server = TimedSmtp(self._host, self._port, timeout=self._timeout, deadline=self._deadline)
            try:
                self._log_in(server)
            except BaseException:
                close(server)
                raise
            return server

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what goes wrong on the way to the server into a sentence."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise self._unavailable(
                f"has a certificate that is not trusted ({error.verify_message}); check channels.smtp.host, or name "
                "the certificate authority's file in SSL_CERT_FILE"
            ) from error
        except OSError as error:  # every error of smtplib is one, too
            raise self._unavailable(
                f"cannot be used ({_reason(error)}); check channels.smtp.host and channels.smtp.port"
            ) from error

    def _log_in(self, server: TimedSmtp) -> None:
        try:
            if self._starttls:
                server.starttls(context=self._context or ssl.create_default_context())
            if self._user:
                server.login(self._user, self._password)
        except smtplib.SMTPNotSupportedError as error:
            raise self._unavailable(
                f"does not offer what channels.smtp.starttls and channels.smtp.user ask for ({error})"
            ) from error
        except smtplib.SMTPAuthenticationError as error:
            raise self._unavailable(
                f"refuses the login of {self._user} ({_reason(error)}); "
                "check channels.smtp.user and ALGO_CHANNELS__SMTP__PASSWORD"
            ) from error

    def send(self, server: TimedSmtp, mail: Mail) -> None:
        """Hand a mail to the server; done when the server has accepted the content.

        Raises:
            UndeliverableError: the server refuses the recipient or the content for good (5xx).
            DeferredError: it refuses them for now (4xx).
            ServiceUnavailableError: it takes no mails from us at all, or has hung up.
        """
        with self._explained():
            server.restart()
            try:
                self._converse(server, mail)
            except (UndeliverableError, DeferredError):
                with suppress(OSError):
                    server.rset()
                raise

    def _converse(self, server: TimedSmtp, mail: Mail) -> None:
        server.ehlo_or_helo_if_needed()
        options = [f"size={len(mail.content)}"] if server.has_extn("size") else []
        if not mail.recipient.isascii():
            if not server.has_extn("smtputf8"):
                raise UndeliverableError(f"{self.location()} does not take this address (it does not offer SMTPUTF8)")
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        commands = [" ".join((f"MAIL FROM:<{mail.sender}>", *options)), f"RCPT TO:<{mail.recipient}>", "DATA"]
        (sender, recipient, data) = _replies(server, commands)
        if sender[0] != OK:  # not the recipient's fault: it would refuse every other mail as well
            raise self._unavailable(
                f"takes no mail from {mail.sender} ({_text(*sender)}); check mail.sender and channels.smtp.user"
            )
        if recipient[0] not in {OK, FORWARDED}:
            if data[0] == GO_ON:  # it waits for a message all the same; an empty one for nobody ends that
                server.docmd(".")
            raise self._refusal(*recipient)
        if data[0] != GO_ON:
            raise self._refusal(*data)
        # As smtplib does it, in a twentieth of the time: a line that begins with a dot gets another one.
        server.send(mail.content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        code, reply = server.getreply()
        if code != OK:
            raise self._refusal(code, reply)

    def _refusal(self, code: int, reply: bytes | str) -> Exception:
        text = _text(code, reply)
        if code == CLOSING:
            return self._unavailable(f"ended the conversation ({text}); try later")
        if code in LOGIN_REPLIES or NO_RELAY.search(text):
            return self._unavailable(
                f"does not pass on mails of ours ({text}); check channels.smtp.user and mail.sender"
            )
        if code < 500:
            return DeferredError(f"{self.location()} does not take the mail now ({text})")
        return UndeliverableError(f"{self.location()} refuses the mail ({text})")

    def _unavailable(self, what: str) -> ServiceUnavailableError:
        return ServiceUnavailableError(f"the mail server {self.location()} {what}")


class SmtpSession:
    """A conversation with a server, begun with the first mail and again where the server has ended it."""

    def __init__(self, channel: SmtpChannel) -> None:
        self._channel = channel
        self._server: TimedSmtp | None = None

    def deliver(self, mail: Mail) -> None:
        """Hand a mail to the server; errors as those of `SmtpChannel.connect` and `send`."""
        if self._server is not None:
            try:
                self._send(self._server, mail)
            except DeferredError:
                raise
            except ServiceUnavailableError:
                pass  # servers end a conversation after so many mails or so much time: another one will tell
            else:
                return
        self._server = self._channel.connect()
        self._send(self._server, mail)

    def _send(self, server: TimedSmtp, mail: Mail) -> None:
        try:
            self._channel.send(server, mail)
        except (UndeliverableError, DeferredError):
            raise  # that was an answer, and the server listens on
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Say goodbye, if there is somebody to say it to."""
        if self._server is not None:
            close(self._server)
            self._server = None


def _replies(server: TimedSmtp, commands: Sequence[str]) -> list[tuple[int, bytes]]:
    """The replies to commands, which are sent together where the server allows that (RFC 2920): one wait, not three.

    Where it does not, what comes after a refusal is not sent, and counts as refused likewise.
    """
    lines = [f"{command}\r\n".encode() for command in commands]
    if server.has_extn("pipelining"):
        server.send(b"".join(lines))
        return [server.getreply() for _ in lines]
    replies: list[tuple[int, bytes]] = []
    for line in lines:
        if not replies or replies[-1][0] in {OK, FORWARDED}:
            server.send(line)
            replies.append(server.getreply())
        else:
            replies.append(replies[-1])
    return replies


def close(server: TimedSmtp) -> None:
    """End a conversation; what was sent is decided by now, whether the server answers or not."""
    with suppress(OSError):
        server.quit()
    server.close()


def is_loopback(host: str) -> bool:
    """Whether what is sent there stays on this machine."""
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


def build(config: SmtpConfig, _context: Context) -> SmtpChannel:
    """The server of [channels.smtp]."""
    return SmtpChannel(config)


plugin = Plugin(SmtpConfig, build)
