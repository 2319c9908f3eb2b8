"""Signals become mails in the outbox, for everyone who subscribed."""

import hashlib
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime

from algo_trading.calendars import market_calendar
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.post import Levels
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.subscription import EVERY, OutboxItem, OutboxStatus, Subscription
from algo_trading.errors import AlgoTradingError
from algo_trading.repositories.signals import SessionLog, SignalRepository, Stage
from algo_trading.repositories.subscriptions import OutboxRepository, SubscriptionRepository
from algo_trading.services.execute import next_session

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class NotifySubscribers:
    """Advance every subscription through the decided sessions after its cursor, as accounts are.

    The cursor and the mails of a session are written in one transaction; the mail's key comes from the signal and the
    address, so nobody gets the same mail twice however often a session runs. A signal on a post is mailed as soon as
    there is one, unless a session that closed after the post is behind the cursor already.
    """

    subscriptions: SubscriptionRepository
    sessions: SessionLog
    signals: SignalRepository
    outbox: OutboxRepository
    outbox_limit: int
    limits: Mapping[StrategyId, Limits]
    levels: Levels

    def __call__(self) -> int:
        """Put the mails that are due into the outbox and return how many are new.

        Raises:
            AlgoTradingError: the outbox is full; cursors stay where they are and go on once it has been emptied.
        """
        return sum(self._advance(subscription) for subscription in self.subscriptions.all())

    def _advance(self, subscription: Subscription) -> int:
        queued, decided = 0, True
        while decided:
            new, decided = self._step(subscription)
            queued += new
        return queued

    def _step(self, subscription: Subscription) -> tuple[int, bool]:
        """The new mails of the next session and of posts, and whether there was a session to go to."""
        with ExitStack() as stack:
            try:
                locked = stack.enter_context(self.subscriptions.locked(subscription))
            except KeyError:
                return 0, False  # it was removed meanwhile
            current = locked.subscription
            session = next_session(current.venue, current.start, current.cursor)
            decided = self.sessions.reached(current.venue, session, Stage.DECIDED)
            told = self._on_posts(current, session if decided else None)
            if decided:
                told += self.signals.of_session(current.venue, session)
                locked.advance(session)
            new = locked.queue([_item(signal, current) for signal in told if self._concerns(signal, current)])
            if new:
                self._require_room(new)  # an error here takes the step back
            return new, decided

    def _on_posts(self, subscription: Subscription, session: date | None) -> list[Signal]:
        """Signals on posts after the close at the cursor and before that of `session` (None: all there are)."""
        calendar = market_calendar(subscription.venue)
        last = subscription.cursor or calendar.previous(subscription.start).date
        before = calendar.session(session).closes_at if session else END_OF_TIME
        return self.signals.on_posts(subscription.venue, calendar.session(last).closes_at, before)

    def _concerns(self, signal: Signal, subscription: Subscription) -> bool:
        level = self.levels.of(signal.confidence)
        return (
            signal.side is not Side.HOLD
            and subscription.symbol in {EVERY, signal.instrument.symbol}
            and subscription.strategy in {EVERY, signal.strategy.name}
            and level.reaches(self.limits.get(signal.strategy, NO_LIMITS).mail_from)
        )

    def _require_room(self, wanted: int) -> None:
        # Counted without the step that is not committed yet.
        waiting = self.outbox.counts()[OutboxStatus.PENDING]
        if waiting + wanted > self.outbox_limit:
            raise AlgoTradingError(
                f"the outbox is full: {waiting} mails wait (mail.outbox_limit is {self.outbox_limit}); "
                "repair the channel and run `algo-trading deliver`, or raise the limit"
            )


def _item(signal: Signal, subscription: Subscription) -> OutboxItem:
    key = hashlib.sha256(f"{subscription.address}\n{signal.key}".encode()).hexdigest()[:32]
    return OutboxItem(key, subscription.address, signal.key, signal.session)
