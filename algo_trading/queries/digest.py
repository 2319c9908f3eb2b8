"""What a digest says: prices, indicators, signals and sentiment of one's instruments, and one's accounts."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import adjusted
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.post import Mention
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import DAY, Interval, array_time
from algo_trading.indicators.moving_averages import sma
from algo_trading.indicators.oscillators import rsi
from algo_trading.notification.digest import AccountDigest, Digest, InstrumentDigest
from algo_trading.notification.words import price_text
from algo_trading.queries.performance import ReadPerformance
from algo_trading.queries.selection import Selection
from algo_trading.queries.signals import SignalList
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.posts import MentionRepository
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.subscriptions import SubscriptionRepository
from algo_trading.repositories.users import UserRepository
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.score_candles import closed_by

MOST = 40  # instruments of a digest
READ, SHOWN = 260, 60  # bars that are read of each, and that its picture shows
MOST_SIGNALS = 200
AVERAGES, RSI = (50, 200), 14


@dataclass(frozen=True)
class CollectDigest:
    """Implements ReadDigest.

    One's instruments are those that an address subscribes to, one's accounts those of the user with that address (all
    of them for an owner).
    """

    subscriptions: SubscriptionRepository
    alerts: ScoreAlertRepository
    assignments: AssignmentRepository
    bars: BarRepository
    actions: CorporateActionRepository
    signals: SignalList
    mentions: MentionRepository
    accounts: AccountRepository
    users: UserRepository
    performance: ReadPerformance

    def __call__(self, address: str, since: datetime, now: datetime) -> Digest:
        """What happened between two moments."""
        own = [one for one in self.subscriptions.all() if one.address == address]
        wanted = self._instruments(address, own)
        series = self._series(wanted[:MOST], now - since)
        bars = split_by_series(self.bars.read_last(series, now, READ)) if series else {}
        actions = self.actions.read([one.instrument for one in bars], now.date()) if bars else []
        mentions = self._mentions([one.instrument for one in bars], since, now)
        signals = self._signals(own, since, now)
        found = [
            self._digest(adjusted(closed, actions), since, mentions[one.instrument], signals[one.instrument])
            for one, stored in bars.items()
            if len(closed := closed_by(stored, now))
        ]
        return Digest(found, self._accounts(address, since, now), max(len(wanted) - MOST, 0))

    def _instruments(self, address: str, own: Sequence[Subscription]) -> list[Instrument]:
        assigned = {
            one.series.instrument
            for one in self.assignments.all()
            if any(_concerns(subscription, one.strategy.name, one.series.instrument) for subscription in own)
        }
        return sorted(assigned | {one.instrument for one in self.alerts.all() if one.address == address})

    def _series(self, instruments: Sequence[Instrument], span: timedelta) -> list[Series]:
        """Of each the days where the digest covers days and they are stored, else the shortest bars."""
        stored: defaultdict[Instrument, set[Interval]] = defaultdict(set)
        for one in self.bars.series():
            stored[one.instrument].add(one.interval)
        found = []
        for instrument in instruments:
            intervals = sorted(stored[instrument], key=lambda interval: interval.order)
            if intervals:
                daily = Interval.DAY in intervals and span >= DAY
                found.append(Series(instrument, Interval.DAY if daily else intervals[0]))
        return found

    def _mentions(
        self, instruments: Sequence[Instrument], since: datetime, now: datetime
    ) -> Mapping[Instrument, list[Mention]]:
        found: defaultdict[Instrument, list[Mention]] = defaultdict(list)
        for mention in self.mentions.of_instruments(instruments, since, now) if instruments else ():
            found[mention.instrument].append(mention)
        return found

    def _signals(
        self, own: Sequence[Subscription], since: datetime, now: datetime
    ) -> Mapping[Instrument, list[Signal]]:
        """The buys and sells that the address is told of, on bars that opened in this time."""
        found: defaultdict[Instrument, list[Signal]] = defaultdict(list)
        listed = self.signals.listed(Selection(first=since.date(), last=now.date()), MOST_SIGNALS) if own else []
        for one in listed:
            recent = since <= one.opened_at + one.series.interval.length and one.opened_at < now
            mine = any(_concerns(subscription, one.strategy.name, one.instrument) for subscription in own)
            if recent and mine and one.side is not Side.HOLD:
                found[one.instrument].append(one)
        return found

    def _digest(
        self, bars: Bars, since: datetime, mentions: Sequence[Mention], signals: Sequence[Signal]
    ) -> InstrumentDigest:
        before = int(np.searchsorted(bars.closed_at, array_time(since), side="right")) - 1
        return InstrumentDigest(
            series=bars.series,
            closes=bars.close[-SHOWN:],
            change=float(bars.close[-1] / bars.close[before] - 1) if before >= 0 else None,
            indicators=_indicators(bars),
            signals=signals,
            mentions=len(mentions),
            sentiment=float(np.mean([one.sentiment for one in mentions])) if mentions else 0.0,
        )

    def _accounts(self, address: str, since: datetime, now: datetime) -> list[AccountDigest]:
        user = next((one for one in self.users.all() if one.address.lower() == address.lower()), None)
        if user is None:
            return []
        states = [self.accounts.state(name) for name in self.accounts.names()]
        return [
            self._account(state.account.name, since, now)
            for state in states
            if (user.is_owner or state.account.owner == user.name) and state.account.start < now
        ]

    def _account(self, name: str, since: datetime, now: datetime) -> AccountDigest:
        result = self.performance(name, now)
        place = max(bisect_right([point.at for point in result.curve], since) - 1, 0)
        return AccountDigest(
            name=name,
            currency=result.currency,
            equity=result.curve[-1].equity,
            change=result.curve[-1].growth / result.curve[place].growth - 1 if result.curve[place].growth else 0.0,
            total_return=result.total_return,
            max_drawdown=result.max_drawdown,
            positions=[(one.strategy, one.series, one.value, one.profit) for one in result.results if one.value],
        )


def _concerns(subscription: Subscription, strategy: str, instrument: Instrument) -> bool:
    return (
        subscription.symbol in {EVERY, instrument.symbol}
        and subscription.strategy in {EVERY, strategy}
        and subscription.venue in {EVERY, instrument.venue}
    )


def _indicators(bars: Bars) -> dict[str, str]:
    """Averages and relative strength at the last bar, where there are bars enough."""
    found = {
        f"SMA {window}": price_text(float(sma(bars.close, window)[-1])) for window in AVERAGES if len(bars) >= window
    }
    if len(bars) > RSI:
        found[f"RSI {RSI}"] = f"{float(rsi(bars.close, RSI)[-1]):.0f}"
    return found
