"""Accounts: whose they are, how far they have come, and what is in them. Money is Decimal."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from algo_trading.domain.account_rules import NO_RULES, AccountRules
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Holding, Sums
from algo_trading.domain.order import Order
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import Interval


class Mode(StrEnum):
    """Whether an account trades real money."""

    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that entries may spend, in the account's currency: one order, a UTC day, and all that is held together.

    None asks nothing. They belong to the account, not to the configuration: only `algo-trading account live` sets them.
    """

    order: Decimal | None = None
    day: Decimal | None = None
    total: Decimal | None = None


NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it was opened.

    `broker` is the name of the plug-in that trades for it, `currency` the asset in which it is kept. Periods that
    opened before `start` never trade. One entry may spend `position_fraction` of its equity times the signal's own
    size; where there is a `sizer` (risk/sizers.py spells it), the part that it says, and at most that fraction. With
    `shorts` a strategy may also sell what it does not hold, where the venue allows that.
    """

    name: str
    broker: str
    currency: str
    mode: Mode
    owner: str
    start: datetime
    position_fraction: Decimal
    costs: Costs
    shorts: bool = False
    caps: Caps = NO_CAPS
    rules: AccountRules = NO_RULES
    sizer: str = ""


@dataclass(frozen=True, slots=True)
class AccountClock:
    """How far an account has come in the periods of one venue and interval.

    `start` is when the first period may open that it takes part in, `cursor` when the newest processed one opened
    (None: none was). `begun` is the next one once its corporate actions and orders on posts are done with.
    """

    venue: str
    interval: Interval
    start: datetime
    cursor: datetime | None = None
    begun: datetime | None = None

    @property
    def key(self) -> tuple[str, Interval]:
        """What it is the clock of."""
        return self.venue, self.interval

    def times(self, series: Series) -> bool:
        """Whether a series follows this clock."""
        return (series.venue, series.interval) == self.key


@dataclass(frozen=True, slots=True)
class Position:
    """What one strategy holds of one instrument, negative when it is short.

    `opened_by` is the id of the order that opened it, `entry_price` what one cost then (slippage included) and
    `best_price` the best price since, both as the splits and dividends since have left them. `exits` were the
    assignment's when it was opened, which was at `entered_at`.
    """

    strategy: StrategyId
    series: Series
    quantity: Decimal
    entry_price: Decimal
    best_price: Decimal
    opened_by: str
    exits: Exits = NO_EXITS
    entered_at: datetime | None = field(default=None, compare=False)  # that of the first execution

    @property
    def holding(self) -> Holding:
        """Which strategy holds which series."""
        return Holding(self.strategy, self.series)

    @property
    def instrument(self) -> Instrument:
        """What is held."""
        return self.series.instrument


@dataclass(frozen=True)
class AccountState:
    """What is in an account: cash by asset, positions by holding, orders that may still be executed, and its clocks.

    `version` counts the steps that were stored: who changes an account has read the newest one.
    """

    account: Account
    cash: Mapping[str, Decimal] = field(default_factory=dict)
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()
    clocks: tuple[AccountClock, ...] = ()
    version: int = field(default=0, compare=False)

    @property
    def money(self) -> Decimal:
        """Cash in the account's currency."""
        return self.cash.get(self.account.currency, Decimal(0))

    @property
    def sums(self) -> Sums:
        """Cash and positions, to be compared with what the book adds up to."""
        return Sums(
            {asset: amount for asset, amount in self.cash.items() if amount},
            {position.holding: position.quantity for position in self.positions},
        )

    def position(self, holding: Holding) -> Position | None:
        """The position of a holding."""
        place = self._place(holding)
        return None if place is None else self.positions[place]

    def clock(self, venue: str, interval: Interval) -> AccountClock | None:
        """The clock of a venue and interval."""
        return next((clock for clock in self.clocks if clock.key == (venue, interval)), None)

    def paid(self, asset: str, amount: Decimal) -> "AccountState":
        """With an amount of cash more, or less where it is negative."""
        return replace(self, cash={**self.cash, asset: self.cash.get(asset, Decimal(0)) + amount})

    def holding(self, position: Position) -> "AccountState":
        """With this position instead of the one of the same holding; gone where its quantity is zero."""
        place = self._place(position.holding)
        if place is not None:  # it keeps its place, or leaves it
            after = (position,) if position.quantity else ()
            return replace(self, positions=(*self.positions[:place], *after, *self.positions[place + 1 :]))
        if not position.quantity:
            return self
        return replace(self, positions=tuple(sorted((*self.positions, position), key=lambda one: one.holding.sort_key)))

    def ordering(self, order: Order) -> "AccountState":
        """With this order instead of the one of the same id, in its place; gone where nothing can become of it."""
        after, key = () if order.status.final else (order,), order.client_order_id
        for place, waiting in enumerate(self.orders):
            if waiting.client_order_id == key:
                return replace(self, orders=(*self.orders[:place], *after, *self.orders[place + 1 :]))
        return replace(self, orders=(*self.orders, *after)) if after else self

    def timed(self, clock: AccountClock) -> "AccountState":
        """With this clock instead of the one of the same venue and interval."""
        others = [known for known in self.clocks if known.key != clock.key]
        return replace(self, clocks=tuple(sorted([*others, clock], key=lambda c: (c.venue, c.interval.order))))

    def _place(self, holding: Holding) -> int | None:
        """Where in `positions` that of a holding is; thousands of executions look for theirs, one after the other."""
        strategy, series = holding
        name, params = strategy.name, strategy.params
        for place, one in enumerate(self.positions):
            if one.strategy.name == name and one.strategy.params == params and one.series == series:
                return place
        return None
