"""Everything that notices are made of and go to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from algo_trading.domain.instrument import Series
from algo_trading.domain.limits import Limits
from algo_trading.domain.notice import NoticeKind, NoticeStatus
from algo_trading.domain.post import Levels
from algo_trading.domain.signal import Signal
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import UnknownNameError
from algo_trading.gateways.channels import Channel
from algo_trading.notification.signal import SignalRenderer
from algo_trading.repositories.bars import bars_table
from algo_trading.services.deliver import DeliverNotices, DeliveryReport
from algo_trading.strategies.registry import strategy_of
from fakes.accounts import FakeAccounts
from fakes.assignments import FakeAssignments
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.channel import FakeChannel
from fakes.clock import FakeClock
from fakes.notices import FakeNotices
from fakes.posts import FakePosts
from fakes.signals import FakeSignals
from support.mail_examples import NOON, a_notice, ibm_bars, ibm_signal

LEVELS = Levels(medium=0.4, high=0.7)


class CountingBars(FakeBars):
    """Counts its reads."""

    reads = 0

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> Any:
        self.reads += 1
        return super().read(series, first, last)


@dataclass
class House:
    """Everything that notices are made of and go to."""

    signals: FakeSignals = field(default_factory=FakeSignals)
    bars: CountingBars = field(default_factory=CountingBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    outbox: FakeNotices = field(default_factory=FakeNotices)
    channel: FakeChannel = field(default_factory=FakeChannel)
    others: dict[str, FakeChannel] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON))
    sender: str = "algo-trading@localhost"
    posts: FakePosts = field(default_factory=FakePosts)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    page: str = ""

    def deliver(self, progress: Callable[[int], None] = lambda _sent: None) -> DeliveryReport:
        renderer = SignalRenderer(
            self.signals, self.bars, self.actions, self.posts, self.assignments, strategy_of, LEVELS, self.accounts,
            lambda _instrument: self.page,
        )  # fmt: skip
        renderers = {NoticeKind.SIGNAL: renderer}
        return DeliverNotices(self.outbox, renderers, self.channel_named, self.clock, self.sender)(progress)

    def channel_named(self, name: str) -> Channel:
        if name and name not in self.others:
            raise UnknownNameError(f"there is no channel {name!r}")
        return self.others[name] if name else self.channel

    def queue(self, *recipients: str, signal: Signal | None = None, channel: str = "") -> None:
        for recipient in recipients:
            key = f"k{len(self.outbox.stored)}"
            self.outbox.stored[key] = replace(a_notice(key, recipient, signal), channel=channel)

    def assign(self, limits: Limits, account: str = "paper") -> None:
        signal = ibm_signal()
        self.assignments.rows.append(Assignment(signal.strategy, signal.series, "stocks", account, "owner", limits))

    def status(self, key: str) -> tuple[NoticeStatus, int, str]:
        notice = self.outbox.stored[key]
        return notice.status, notice.attempts, notice.last_error


def a_house() -> House:
    """IBM's bars with one of a later session, and the signal about it."""
    house = House()
    bars = ibm_bars()
    later = replace(
        bars[-1:], opened_at=bars.opened_at[-1:] + 86_400_000_000, closed_at=bars.closed_at[-1:] + 86_400_000_000
    )
    house.bars.upsert(bars_table([bars[-120:], replace(later, close=later.close * 10)]), "sample")
    house.signals.add([ibm_signal()])
    return house
