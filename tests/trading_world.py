"""Twelve sessions of two instruments in memory, with what strategies said about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pyarrow as pa

from algo_trading.calendars import market_calendar
from algo_trading.domain.account import Account, Entry, Fill, Order
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.limits import Limits
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.subscription import OutboxItem, Subscription
from algo_trading.repositories.signals import Stage
from algo_trading.risk.costs import Costs
from algo_trading.risk.sizing import SizingRules
from algo_trading.services.execute import ExecuteReport, ExecuteSignals
from algo_trading.services.notify import NotifySubscribers
from algo_trading.services.paper_session import Desk
from contracts.bars import bar_row, bar_rows
from contracts.signals import a_signal
from fakes.accounts import FakeAccounts
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.outbox import FakeOutbox
from fakes.posts import FakePosts
from fakes.signals import FakeSessionLog, FakeSignals
from fakes.subscriptions import FakeSubscriptions
from paper_desk import LEVELS

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")
DAYS = tuple(session.date for session in market_calendar("XNYS").sessions(date(2013, 1, 2), date(2013, 1, 17)))
# Which session (by index) brings a buy (+) or a sell (-) of whom; everything else is a hold.
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
ACTIONS = (
    CorporateAction(IBM, DAYS[3], ActionKind.SPLIT, 2.0),
    CorporateAction(IBM, DAYS[3], ActionKind.DIVIDEND, 0.25),
    CorporateAction(MSFT, DAYS[7], ActionKind.DIVIDEND, 0.5),
)
HALTED = (MSFT, DAYS[6])  # a session without a bar


def close_of(instrument: Instrument, day: int) -> float:
    """Closes as traded; IBM is split 2:1 at index 3."""
    rising = 100.0 + 3 * day if instrument == IBM else 30.0 - 0.5 * day
    return rising / 2 if instrument == IBM and day >= 3 else rising


def world_bars() -> pa.Table:
    rows = [
        bar_row(instrument, session, close_of(instrument, day))
        for day, session in enumerate(DAYS)
        for instrument in (IBM, MSFT)
        if (instrument, session) != HALTED
    ]
    return bar_rows(*rows)


def signals_of(day: int) -> list[Signal]:
    return [
        a_signal(SAID.get((day, strategy, instrument), Side.HOLD), instrument, DAYS[day], strategy)
        for strategy in (FAST, SLOW)
        for instrument in (IBM, MSFT)
        if (instrument, DAYS[day]) != HALTED
    ]


@dataclass
class World:
    """Everything is stored from the beginning; what is decided is what `decide` was called for."""

    bars: FakeBars = field(default_factory=FakeBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    signals: FakeSignals = field(default_factory=FakeSignals)
    sessions: FakeSessionLog = field(default_factory=FakeSessionLog)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    subscriptions: FakeSubscriptions = field(default_factory=FakeSubscriptions)
    costs: Costs = Costs(Decimal("0.001"), Decimal(5))  # noqa: RUF009 - frozen
    sizing: SizingRules = SizingRules(Decimal("0.3"))  # noqa: RUF009 - frozen
    outbox_limit: int = 10_000
    posts: FakePosts = field(default_factory=FakePosts)
    limits: dict[StrategyId, Limits] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bars.upsert(world_bars(), "test")
        self.actions.upsert(ACTIONS, "test")
        for day in range(len(DAYS)):
            self.signals.add(signals_of(day))

    @property
    def outbox(self) -> FakeOutbox:
        return self.subscriptions.outbox

    def decide(self, *days: int) -> None:
        """The sessions with these indices are decided."""
        for day in days:
            self.sessions.mark("XNYS", DAYS[day], Stage.DECIDED)

    def execute(self) -> list[ExecuteReport]:
        return ExecuteSignals(
            self.accounts, self.sessions, self.signals, self.bars, self.actions, self.posts,
            Desk(self.costs, self.sizing, self.limits, LEVELS, "America/New_York"),
        )()  # fmt: skip

    def notify(self) -> int:
        return NotifySubscribers(
            self.subscriptions, self.sessions, self.signals, self.outbox, self.outbox_limit, self.limits, LEVELS
        )()

    def books(self, name: str = "paper") -> tuple[Account, list[Order], list[Fill], list[Entry]]:
        """All that an account holds and did."""
        entries = list(self.accounts.entries(name))
        return self.accounts.get(name), self.accounts.orders(name), self.accounts.fills(name), entries

    def mails(self) -> tuple[list[Subscription], Mapping[str, OutboxItem]]:
        """Where subscriptions stand, and every mail."""
        return self.subscriptions.all(), dict(sorted(self.outbox.stored.items()))
