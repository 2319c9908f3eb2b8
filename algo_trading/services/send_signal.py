"""A signal of a program's own is sent to those who subscribed to its ticker and strategy."""

from dataclasses import dataclass
from datetime import UTC, datetime

from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.sent_signal import SentSignal
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.notices import Announcement, NoticeQueue

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class SendSignal:
    """Queue notices of a sent signal; it changes no account and is no decision of a strategy."""

    queue: NoticeQueue
    clock: Clock
    outbox_limit: int

    def __call__(self, sent: SentSignal, venue: str, test_address: str) -> int:
        """Queue it for the subscribers, or as a test for one address; returns how many notices are new.

        Raises:
            ConfigError: a test has no address to go to.
            AlgoTradingError: the outbox is full.
        """
        content = Content(NoticeKind.SENT_SIGNAL, sent.key, self.clock.now())
        if sent.test:
            if not test_address:
                raise ConfigError("you have no email address yet that a test could go to; an owner can add one")
            return self.queue.tell(content, [test_address])
        with self.queue.step() as step:
            new = step.queue([Announcement(content, venue, sent.symbol, sent.strategy, END_OF_TIME)])
            if new and self.queue.pending() + new > self.outbox_limit:
                raise AlgoTradingError(f"the outbox is full (mail.outbox_limit is {self.outbox_limit})")
        return new
