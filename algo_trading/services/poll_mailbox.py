"""Mails that came in are handled, each in a transaction of its own."""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from algo_trading.domain.inbound import InboundMail, InboundOutcome, RawMail
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.clock import Clock
from algo_trading.gateways.mailboxes import Mailbox, MailboxSession
from algo_trading.repositories.inbound import InboundMails

OLDEST = timedelta(days=7)  # what lay in the mailbox for longer is not a command any more
PORTION = 100  # mails of a poll; the next one goes on
log = logging.getLogger(__name__)

Handle = Callable[[RawMail], InboundMail | None]


@dataclass(frozen=True)
class PollReport:
    """How many mails were handled, by what became of them."""

    outcomes: dict[InboundOutcome, int]

    @property
    def handled(self) -> int:
        """All of them."""
        return sum(self.outcomes.values())


@dataclass(frozen=True)
class PollMailbox:
    """Read what is new in a mailbox, from the newest handled mail on.

    Before the first mail of a look `prepare` asks others for what commands need of them: no transaction waits for that.
    `handling` begins one and gives what handles a mail in it. Whatever is killed: a mail is handled with its
    answer and the record of it, or not at all, and then by the next poll.
    """

    mailbox: Mailbox
    inbound: InboundMails
    prepare: Callable[[], None]
    handling: Callable[[], AbstractContextManager[Handle]]
    most_bytes: int
    clock: Clock

    def __call__(self) -> PollReport:
        """Look once.

        Raises:
            ServiceUnavailableError: the mail server does not answer, or refuses us.
        """
        with self.mailbox.session() as session:
            return self._look(session)

    def follow(self, wait: float, tell: Callable[[PollReport], None]) -> None:
        """Look, wait for the next mail at most so many seconds, and look again in a new conversation, without an end.

        Raises:
            ServiceUnavailableError: the mail server does not answer, or refuses us.
        """
        while True:
            with self.mailbox.session() as session:
                report = self._look(session)
                tell(report)
                if report.handled < PORTION:
                    session.wait(wait)

    def _look(self, session: MailboxSession) -> PollReport:
        outcomes: Counter[InboundOutcome] = Counter()
        prepared = False
        newest = self.inbound.newest(self.mailbox.name, session.uid_validity)
        for mail in session.after(newest, self.clock.now() - OLDEST, self.most_bytes, PORTION):
            if not prepared:
                self._prepare()
                prepared = True
            with self.handling() as handle:
                handled = handle(mail)
            if handled is not None:
                outcomes[handled.outcome] += 1
        return PollReport(dict(outcomes))

    def _prepare(self) -> None:
        try:
            self.prepare()
        except AlgoTradingError as error:  # the answers of commands that need it say so
            log.warning("commands of mails may not find everything: %s", error)
