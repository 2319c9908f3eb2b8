"""Strategies that said something about two instruments, and subscribers of them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.post import Levels
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.periods import Stage
from algo_trading.services.notify import QueueNotices
from contracts.signals import a_signal
from fakes.assignments import FakeAssignments
from fakes.notices import FakeNotices
from fakes.periods import FakePeriodLog
from fakes.signals import FakeSignals
from fakes.subscriptions import FakeSubscriptions

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")


FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")


LEVELS = Levels(medium=0.4, high=0.7)


NEW_YORK = trading_calendar("XNYS")


PERIODS = NEW_YORK.periods(Interval.DAY, datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 17, tzinfo=UTC))


DAYS = [period.opened_at for period in PERIODS]


BEFORE = NEW_YORK.previous(Interval.DAY, DAYS[0]).closed_at


ALL = range(len(DAYS))


HOUR = timedelta(hours=1)


# Which session (by index) brings a buy or a sell of whom; everything else is a hold.
SAID = {
    (0, FAST, IBM): Side.BUY,
    (1, SLOW, IBM): Side.BUY,
    (2, FAST, MSFT): Side.BUY,
    (4, FAST, IBM): Side.SELL,
    (5, SLOW, MSFT): Side.BUY,
    (6, FAST, IBM): Side.BUY,
    (8, SLOW, IBM): Side.SELL,
    (8, FAST, MSFT): Side.SELL,
    (9, SLOW, MSFT): Side.SELL,
    (10, FAST, MSFT): Side.BUY,
}


EVERYTHING = sorted((day, strategy.name, instrument.symbol) for day, strategy, instrument in SAID)


def close(day: int) -> datetime:
    """The close of a session by its index; -1 is the one before the first."""
    return PERIODS[day].closed_at if day >= 0 else BEFORE


@dataclass
class Desk:
    """What strategies said is stored from the beginning; what is decided is what `decide` was called for."""

    signals: FakeSignals = field(default_factory=FakeSignals)
    periods: FakePeriodLog = field(default_factory=FakePeriodLog)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    outbox_limit: int = 10_000

    def __post_init__(self) -> None:
        self.outbox = FakeNotices(self.subscriptions, self.periods)
        self.limit()
        for day, opened_at in enumerate(DAYS):
            self.signals.add(
                [
                    a_signal(SAID.get((day, strategy, instrument), Side.HOLD), instrument, opened_at, strategy)
                    for strategy in (FAST, SLOW)
                    for instrument in (IBM, MSFT)
                ]
            )

    def limit(self, limits: Limits = NO_LIMITS, account: str = "paper") -> None:
        """Let every strategy trade everything for an account, FAST under these limits."""
        self.assignments.rows += [
            Assignment(strategy, Series(one), "stocks", account, "owner", limits if strategy is FAST else NO_LIMITS)
            for strategy in (FAST, SLOW)
            for one in (IBM, MSFT)
        ]

    def decide(self, *days: int, watchlist: str = "stocks") -> None:
        for day in days:
            self.periods.mark(watchlist, Interval.DAY, DAYS[day], Stage.DECIDED)

    def notify(self) -> int:
        return QueueNotices(
            self.subscriptions, self.outbox, self.signals, self.assignments, LEVELS, trading_calendar, self.outbox_limit
        )()

    def signal_of(self, key: str) -> Signal:
        signal = self.signals.find(key)
        assert signal is not None
        return signal

    def received(self, address: str = "a@localhost") -> list[tuple[int, str, str]]:
        """Session (by index), strategy and symbol of each notice to an address at a close, sorted."""
        found = [self.signal_of(one.content.key) for one in self.outbox.notices() if one.recipient == address]
        return sorted((DAYS.index(s.opened_at), s.strategy.name, s.instrument.symbol) for s in found if not s.post)

    def received_on_posts(self, address: str = "a@localhost") -> list[str]:
        """The posts that an address has notices about, sorted."""
        found = [self.signal_of(one.content.key) for one in self.outbox.notices() if one.recipient == address]
        return sorted(signal.post for signal in found if signal.post)

    def posted(
        self,
        at: datetime,
        confidence: float = 0.5,
        identity: str = "1",
        *,
        side: Side = Side.BUY,
        instrument: Instrument = IBM,
    ) -> str:
        """A signal on a post that became available at a moment; its key."""
        opened_at = NEW_YORK.newest_closed(Interval.DAY, at - HOUR).opened_at
        signal = a_signal(side, instrument, opened_at, FAST)
        signal = replace(signal, confidence=confidence, post=f"file:{identity}", available_at=at)
        self.signals.add([signal])
        return signal.key


def a_desk(*subscriptions: Subscription) -> Desk:
    desk = Desk()
    for subscription in subscriptions or (a_subscription(),):
        desk.subscriptions.add(subscription)
    return desk


def a_subscription(
    symbol: str = EVERY, strategy: str = EVERY, day: int = 0, address: str = "a@localhost", venue: str = EVERY
) -> Subscription:
    """One that begins with the session with this index."""
    return Subscription(address, symbol, strategy, venue, close(day - 1))


OVERLAPPING = (
    a_subscription(),
    a_subscription("IBM"),
    a_subscription("IBM", "fast"),
    a_subscription("MSFT", "slow", 3, "b@localhost"),
)
