"""Signals become mails in the outbox, for everyone who subscribed."""

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date

from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.subscription import EVERY, OutboxItem, OutboxStatus, Subscription
from algo_trading.errors import AlgoTradingError
from algo_trading.repositories.signals import SessionLog, SignalRepository, Stage
from algo_trading.repositories.subscriptions import OutboxRepository, SubscriptionRepository
from algo_trading.services.execute import next_session


@dataclass(frozen=True)
class NotifySubscribers:
    """Advance every subscription through the decided sessions after its cursor, as accounts are.

    The cursor and the mails of a session are written in one transaction; the mail's key comes from the signal and the
    address, so nobody gets the same mail twice however often a session runs.
    """

    subscriptions: SubscriptionRepository
    sessions: SessionLog
    signals: SignalRepository
    outbox: OutboxRepository
    outbox_limit: int

    def __call__(self) -> int:
        """Put the mails that are due into the outbox and return how many are new.

        Raises:
            AlgoTradingError: the outbox is full; cursors stay where they are and go on once it has been emptied.
        """
        return sum(self._advance(subscription) for subscription in self.subscriptions.all())

    def _advance(self, subscription: Subscription) -> int:
        queued = 0
        while (new := self._step(subscription)) is not None:
            queued += new
        return queued

    def _step(self, subscription: Subscription) -> int | None:
        """The new mails of the next session; None if there is none to go to."""
        with ExitStack() as stack:
            try:
                locked = stack.enter_context(self.subscriptions.locked(subscription))
            except KeyError:
                return None  # it was removed meanwhile
            current = locked.subscription
            session = next_session(current.venue, current.start, current.cursor)
            if not self.sessions.reached(current.venue, session, Stage.DECIDED):
                return None
            new = locked.advance(session, self._items(current, session))
            if new:
                self._require_room(new)  # an error here takes the step back
            return new

    def _items(self, subscription: Subscription, session: date) -> list[OutboxItem]:
        return [
            OutboxItem(_key(signal, subscription.address), subscription.address, signal.key, session)
            for signal in self.signals.of_session(subscription.venue, session)
            if signal.side is not Side.HOLD
            and subscription.symbol in {EVERY, signal.instrument.symbol}
            and subscription.strategy in {EVERY, signal.strategy.name}
        ]

    def _require_room(self, wanted: int) -> None:
        # Counted without the step that is not committed yet.
        waiting = self.outbox.counts()[OutboxStatus.PENDING]
        if waiting + wanted > self.outbox_limit:
            raise AlgoTradingError(
                f"the outbox is full: {waiting} mails wait (mail.outbox_limit is {self.outbox_limit}); "
                "repair the channel and run `algo-trading deliver`, or raise the limit"
            )


def _key(signal: Signal, address: str) -> str:
    return hashlib.sha256(f"{address}\n{signal.key}".encode()).hexdigest()[:32]
