"""Mails of the outbox go out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from algo_trading.domain.corporate_actions import adjusted
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.post import Levels, PostKey
from algo_trading.domain.signal import StrategyId
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.notification.compose import compose, sender_address
from algo_trading.notification.notice import Notice, notice_of
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.subscriptions import Channel, DeferredError, OutboxRepository, UndeliverableError
from algo_trading.strategies.registry import build_strategy

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
NOTICES_KEPT = 64  # each about 100 kB; the outbox is in session order, so readers of one signal are near each other


@dataclass(frozen=True)
class DeliveryReport:
    """What became of the mails that were due: sent, to be tried again, given up.

    `error` is the sentence of the last one that is to be tried again, empty if there is none.
    """

    sent: int = 0
    retried: int = 0
    failed: int = 0
    error: str = ""


@dataclass(frozen=True)
class DeliverMails:
    """Send what waits in the outbox, one mail and one transaction after the other."""

    outbox: OutboxRepository
    signals: SignalRepository
    bars: BarRepository
    actions: CorporateActionRepository
    channel: Channel
    clock: Clock
    sender: str
    posts: PostRepository
    limits: Mapping[StrategyId, Limits]
    levels: Levels

    def __call__(self) -> DeliveryReport:
        """Send every mail that is due now; one that is refused does not hold up the others.

        It ends early when the channel as a whole does not work: the mails stay in the outbox.

        Raises:
            ConfigError: `sender` is no mail address.
        """
        sender = sender_address(self.sender)
        notice = lru_cache(maxsize=NOTICES_KEPT)(self._notice)
        sent = retried = failed = 0
        error, working = "", True
        due = self.clock.now()  # fixed: what is put off now is not taken again
        while working:
            with self.outbox.claim(due) as claimed:
                if claimed is None:
                    break
                item = claimed.item
                try:
                    message = compose(notice(item.signal_key), item, sender, self.clock.now())
                    self.channel.deliver(message, item.dedupe_key)
                except UndeliverableError as refusal:
                    claimed.failed(str(refusal))
                    failed += 1
                except AlgoTradingError as trouble:
                    error = str(trouble)
                    claimed.retry(error, self.clock.now() + pause(item.attempts))
                    retried += 1
                    working = isinstance(trouble, DeferredError) or not isinstance(trouble, ServiceUnavailableError)
                else:
                    claimed.sent(self.clock.now())
                    sent += 1
        return DeliveryReport(sent, retried, failed, error)

    def _notice(self, signal_key: str) -> Notice:
        signal = self.signals.find(signal_key)
        if signal is None:
            raise UndeliverableError(f"there is no signal {signal_key}")
        instrument, interval = signal.instrument, signal.interval
        table = self.bars.read([instrument], interval, None, signal.session)
        bars = split_by_instrument(table, interval).get(instrument)
        if bars is None or bars.session(-1) != signal.session:
            raise UndeliverableError(f"there is no bar of {instrument} for {signal.session}")
        strategy = build_strategy(signal.strategy.name, json.loads(signal.strategy.params))
        seen = adjusted(bars, self.actions.read([instrument], signal.session))
        post = self.posts.find(PostKey.parse(signal.post)) if signal.post else None
        level, wanted = self.levels.of(signal.confidence), self.limits.get(signal.strategy, NO_LIMITS).order_from
        unordered = ""
        if not level.reaches(wanted):
            unordered = f"Nothing is ordered: the confidence is {level}, and {strategy.name} orders from {wanted} on."
        return notice_of(signal, seen, strategy, level, post=post, unordered=unordered)


def pause(attempts: int) -> timedelta:
    """How long to wait after `attempts` earlier ones: a minute, doubling up to an hour."""
    return min(FIRST_PAUSE * (1 << min(attempts, 10)), LONGEST_PAUSE)
