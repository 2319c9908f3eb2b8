"""A mail that came in: who sent it, what it asks for, and the answer."""

import hashlib
import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from algo_trading.domain.inbound import InboundMail, InboundOutcome, RawMail
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.reply import CommandAnswer, Reply
from algo_trading.domain.user import User
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.clock import Clock
from algo_trading.notification.inbound.commands import HELP, MOST, MailCommand, find_commands
from algo_trading.notification.inbound.reading import ReadMail, UnreadableMailError, read_mail
from algo_trading.repositories.audit import AuditEntry, AuditLog
from algo_trading.repositories.inbound import InboundMails
from algo_trading.repositories.notices import NoticeQueue
from algo_trading.repositories.users import UserRepository
from algo_trading.services.mail_joining import MailJoining
from algo_trading.services.mail_monitoring import MailMonitoring
from algo_trading.services.mail_subscribing import MailSubscribing

WINDOW = timedelta(hours=1)
JOINING = frozenset({"join", "confirm"})
READING = frozenset({"help", "status", "monitoring", "post", "score", *JOINING})  # commands that change nothing
OF_OWNERS = frozenset({"monitor", "all", "drop", "accept", "refuse"})
log = logging.getLogger(__name__)

Step = Callable[[User, MailCommand], CommandAnswer]


@dataclass(frozen=True)
class InboundRules:
    """Who vouches for senders, which addresses are our own, and how much of a mail and of a sender is taken."""

    authserv_id: str
    own: Collection[str]
    most_bytes: int
    per_hour: int
    channel: str = ""


@dataclass(frozen=True)
class AnswerMail:
    """Handle a mail once: its effect, the answer and the record that it is handled are one transaction, the caller's.

    Answered are users whose address the receiving server confirms, and nobody else: an answer to a forged sender would
    go to somebody who never wrote.
    """

    inbound: InboundMails
    users: UserRepository
    queue: NoticeQueue
    audit: AuditLog
    monitoring: MailMonitoring
    subscribing: MailSubscribing
    joining: MailJoining
    rules: InboundRules
    clock: Clock

    def __call__(self, mail: RawMail) -> InboundMail | None:
        """What became of it; None where it was handled before."""
        if not self.inbound.take(mail.key):
            return None
        digest = hashlib.sha256(mail.content).hexdigest()
        repeated = self.inbound.knows(mail.key.mailbox, digest)
        try:
            read = read_mail(mail.content, self.rules.authserv_id, self.rules.own)
        except UnreadableMailError as error:
            sender, subject, outcome, reason = "", "", InboundOutcome.UNREADABLE, str(error)
        else:
            sender, subject = read.sender.lower(), read.subject
            outcome, reason = self._handled(mail, read, repeated=repeated)
        handled = InboundMail(mail.key, digest, sender, subject, outcome, reason, self.clock.now())
        self.inbound.record(handled)
        return handled

    def _handled(self, mail: RawMail, read: ReadMail, *, repeated: bool) -> tuple[InboundOutcome, str]:
        known = self.users.by_login(read.sender)
        since = self.clock.now() - WINDOW
        if repeated:
            return InboundOutcome.REPEATED, "the same mail was handled before"
        if read.automatic or read.doubt:
            return InboundOutcome.AUTOMATIC if read.automatic else InboundOutcome.SPOOFED, read.automatic or read.doubt
        if self.inbound.answered_since(read.sender.lower(), since) >= self.rules.per_hour:
            return InboundOutcome.LIMITED, f"more than {self.rules.per_hour} mails in an hour"
        if len(mail.content) > self.rules.most_bytes:
            return InboundOutcome.TOO_LARGE, f"{mail.size} bytes, above {self.rules.most_bytes}"
        if known is None:
            return self._joining(mail, read)
        return InboundOutcome.ANSWERED, self._answered(known[0], mail, read)

    def _joining(self, mail: RawMail, read: ReadMail) -> tuple[InboundOutcome, str]:
        """What becomes of the mail of somebody who is not a user."""
        command = next((one for one in find_commands(read.subject, read.text) if one.name in JOINING), None)
        if command is None:
            return InboundOutcome.UNKNOWN, "no user has this address"
        try:
            if command.name == "join":
                self.joining.ask(read.sender)
            else:
                self._reply(mail, read, read.sender, (self.joining.confirm(read.sender, command),))
        except AlgoTradingError as error:
            return InboundOutcome.UNKNOWN, str(error)
        return InboundOutcome.ANSWERED, command.name

    def _answered(self, user: User, mail: RawMail, read: ReadMail) -> str:
        answers = self._answers(user, find_commands(read.subject, read.text))
        self._reply(mail, read, user.address, answers)
        return "; ".join(one.command for one in answers)

    def _reply(self, mail: RawMail, read: ReadMail, to: str, answers: tuple[CommandAnswer, ...]) -> None:
        reply = Reply(read.subject, read.message_id, answers)
        content = Content(NoticeKind.REPLY, str(mail.key), self.clock.now(), reply.details)
        self.queue.tell(content, [to], self.rules.channel)

    def _answers(self, user: User, commands: list[MailCommand]) -> tuple[CommandAnswer, ...]:
        if not commands:
            said = "no line of the mail begins with a command; these are known:"
            return (CommandAnswer("", (said, *help_lines()), refused=True),)
        answers = [self._answer(user, command) for command in commands[:MOST]]
        if len(commands) > MOST:
            answers.append(
                CommandAnswer("", (f"a mail has at most {MOST} commands; the rest was left out",), refused=True)
            )
        return tuple(answers)

    def _answer(self, user: User, command: MailCommand) -> CommandAnswer:
        if command.name in OF_OWNERS and not user.is_owner:
            return CommandAnswer(command.line, ("this is for owners",), refused=True)
        try:
            with self.inbound.attempt():
                answer = self._steps[command.name](user, command)
                if command.name not in READING and not answer.refused:
                    detail = {"command": command.line}
                    self.audit.add(AuditEntry(self.clock.now(), user.name, "mail.command", user.address, detail))
                return answer
        except AlgoTradingError as error:
            return CommandAnswer(command.line, (str(error),), refused=True)
        except Exception:  # a bug must neither keep the mail from being answered nor others from coming in
            log.exception("the command %r of %s failed", command.line, user.name)
            said = "this failed by a mistake of the program, and nothing was changed; its log has the whole error"
            return CommandAnswer(command.line, (said,), refused=True)

    @property
    def _steps(self) -> Mapping[str, Step]:
        return {
            "monitor": self.monitoring.add,
            "all": self.monitoring.add_all,
            "drop": self.monitoring.drop,
            "request": self.monitoring.ask,
            "monitoring": self.monitoring.read,
            "score": self.monitoring.score,
            "post": self.monitoring.post,
            "subscribe": self.subscribing.begin,
            "unsubscribe": self.subscribing.end,
            "update": self.subscribing.update,
            "silence": self.subscribing.silence,
            "status": self.subscribing.status,
            "accept": self.joining.accept,
            "refuse": self.joining.refuse,
            "join": self.joining.is_user,
            "confirm": self.joining.is_user,
            "help": lambda _user, command: CommandAnswer(command.line, tuple(help_lines())),
        }


def help_lines() -> list[str]:
    """A line for each command."""
    return [f"{usage}: {what}" for usage, what in HELP.items()]
