"""Twelve sessions of two instruments in memory, with what strategies said about them, and an account."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Account
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.periods import Stage
from contracts.bars import bar_row, bar_rows
from contracts.signals import a_signal
from support.trading import Trading, an_account, opening

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")
DAY = Interval.DAY
PERIODS = trading_calendar("XNYS").periods(DAY, datetime(2013, 1, 2, tzinfo=UTC), datetime(2013, 1, 17, tzinfo=UTC))
DAYS = tuple(period.date for period in PERIODS)
CASH = "100000.00"
COSTS = Costs(Decimal("0.001"), Decimal(5))
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
        a_signal(SAID.get((day, strategy, instrument), Side.HOLD), instrument, midnight(DAYS[day]), strategy)
        for strategy in (FAST, SLOW)
        for instrument in (IBM, MSFT)
        if (instrument, DAYS[day]) != HALTED
    ]


@dataclass
class World(Trading):
    """Everything is stored from the beginning; what is decided is what `decide` was called for."""

    def __post_init__(self) -> None:
        self.bars.upsert(world_bars(), "test")
        self.actions.upsert(ACTIONS, "test")
        for day in range(len(DAYS)):
            self.signals.add(signals_of(day))

    def open(self, name: str = "paper", day: int = 0) -> Account:
        """An account that begins with a session, for which both strategies trade both instruments."""
        account = an_account(name, midnight(DAYS[day]), fraction="0.3", costs=COSTS)
        self.accounts.open(opening(account, CASH))
        for strategy in (FAST, SLOW):
            self.assign(strategy, IBM, MSFT, account=name)
        return account

    def assign(
        self, strategy: StrategyId, *instruments: Instrument, account: str = "paper", limits: Limits = NO_LIMITS
    ) -> None:
        """Let a strategy trade instruments for an account."""
        self.assignments.rows += [
            Assignment(strategy, Series(instrument), "stocks", account, "owner", limits) for instrument in instruments
        ]

    def decide(self, *days: int) -> None:
        """The sessions with these indices are decided."""
        for day in days:
            self.periods.mark("stocks", DAY, PERIODS[day].opened_at, Stage.DECIDED)
