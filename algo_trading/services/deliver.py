"""Mails of the outbox go out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial

from algo_trading.calendars import market_calendar
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import adjusted
from algo_trading.domain.instrument import Instrument, Interval
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.post import Levels, PostKey
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.times import moment_of
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.notification.compose import compose, sender_address
from algo_trading.notification.notice import Notice, notice_of
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_instrument
from algo_trading.repositories.clock import Clock
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.subscriptions import Channel, DeferredError, OutboxRepository, UndeliverableError
from algo_trading.risk.limits import Proposal, refusal
from algo_trading.strategies.registry import build_strategy

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
NOTICES_KEPT = 64  # each about 100 kB; the outbox is in session order, so readers of one signal are near each other
PICTURES_KEPT = 16  # bars of a symbol, and their charts: many posts fall on the same bar

Picture = tuple[Bars, dict[tuple[StrategyId, Side], bytes]]
Pictures = Callable[[Instrument, Interval, date], Picture]


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

    def __call__(self, progress: Callable[[int], None] = lambda _sent: None) -> DeliveryReport:
        """Send every mail that is due now; one that is refused does not hold up the others.

        It ends early when the channel as a whole does not work: the mails stay in the outbox. `progress` hears how many
        are sent.

        Raises:
            ConfigError: `sender` is no mail address.
        """
        sender = sender_address(self.sender)
        pictures = lru_cache(maxsize=PICTURES_KEPT)(self._picture)
        notice = lru_cache(maxsize=NOTICES_KEPT)(partial(self._notice, pictures=pictures))
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
                    progress(sent)
        return DeliveryReport(sent, retried, failed, error)

    def _notice(self, signal_key: str, pictures: Pictures) -> Notice:
        signal = self.signals.find(signal_key)
        if signal is None:
            raise UndeliverableError(f"there is no signal {signal_key}")
        strategy = build_strategy(signal.strategy.name, json.loads(signal.strategy.params))
        bars, charts = pictures(signal.instrument, signal.interval, signal.session)
        chart = charts.get((signal.strategy, signal.side))
        post = self.posts.find(PostKey.parse(signal.post)) if signal.post else None
        level, unordered = self.levels.of(signal.confidence), self._unordered(signal, bars)
        notice = notice_of(signal, bars, strategy, level, chart=chart, post=post, unordered=unordered)
        charts[signal.strategy, signal.side] = notice.chart
        return notice

    def _picture(self, instrument: Instrument, interval: Interval, session: date) -> Picture:
        """The bars up to a session, and room for the charts of the signals that fall on its bar."""
        bars = split_by_instrument(self.bars.read([instrument], interval, None, session), interval).get(instrument)
        if bars is None or bars.session(-1) != session:
            raise UndeliverableError(f"there is no bar of {instrument} for {session}")
        return adjusted(bars, self.actions.read([instrument], session)), {}

    def _unordered(self, signal: Signal, bars: Bars) -> str:
        """Why the signal leads to no order, as far as that is certain already; empty if it may."""
        limits, level = self.limits.get(signal.strategy, NO_LIMITS), self.levels.of(signal.confidence)
        if not level.reaches(limits.order_from):
            name = signal.strategy.name
            return f"Nothing is ordered: the confidence is {level}, and {name} orders from {limits.order_from} on."
        if signal.side is Side.SELL or signal.available_at is None:
            return ""
        closed = moment_of(bars.closed_at[-1])
        zone = market_calendar(signal.instrument.venue).zone
        reason = refusal(limits, Proposal(signal.available_at, zone, signal.close, closed, None, 0))
        return f"Nothing is ordered: {reason}." if reason else ""


def pause(attempts: int) -> timedelta:
    """How long to wait after `attempts` earlier ones: a minute, doubling up to an hour."""
    return min(FIRST_PAUSE * (1 << min(attempts, 10)), LONGEST_PAUSE)
