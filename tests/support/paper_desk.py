"""A paper account on a desk: sessions made of plain numbers, and what they do to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal

from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Account, AccountState, Position
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind
from algo_trading.domain.limits import Limits
from algo_trading.domain.order import Execution, Order
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.accounts import AccountStep
from algo_trading.repositories.periods import Stage
from contracts.bars import bar_row, bar_rows
from fakes.accounts import FakeAccounts
from support.trading import NO_COSTS, STARTED, Trading, an_account, opening

CALENDAR = trading_calendar("XNYS")
DAYS = tuple(p.date for p in CALENDAR.periods(Interval.DAY, STARTED, datetime(2013, 2, 15, tzinfo=UTC)))
START, NEXT = DAYS[0], DAYS[1]
BEFORE = CALENDAR.previous(Interval.DAY, midnight(START))
IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
FAST, SLOW = StrategyId("fast", "{}"), StrategyId("slow", "{}")
USUAL = Costs(Decimal("0.001"), Decimal(5))

Prices = tuple[str, ...]  # open and close, and high and low where they matter


def a_state(
    cash: str = "1000.00",
    *positions: Position,
    pending: Iterable[Order] = (),
    costs: Costs = NO_COSTS,
    fraction: str = "1",
    shorts: bool = False,
) -> AccountState:
    """An account before its first session."""
    account = an_account(costs=costs, fraction=fraction, shorts=shorts)
    return AccountState(account, {"USD": Decimal(cash)}, tuple(positions), tuple(pending))


def held(quantity: str, instrument: Instrument = IBM, strategy: StrategyId = FAST, price: str = "10") -> Position:
    entry = Decimal(price)
    return Position(strategy, Series(instrument), Decimal(quantity), entry, entry, f"{strategy.name} {instrument}")


def an_order(order_id: str, side: Side, instrument: Instrument, strategy: StrategyId, reason: str) -> Order:
    at, decided = BEFORE.opened_at, BEFORE.closed_at
    return Order(order_id, "paper", strategy, Series(instrument), side, at, decided, reason, signal=order_id)


def a_buy(budget: str, instrument: Instrument = IBM, strategy: StrategyId = FAST, order_id: str = "buy") -> Order:
    return replace(an_order(order_id, Side.BUY, instrument, strategy, "it rises"), budget=Decimal(budget))


def a_sell(instrument: Instrument = IBM, strategy: StrategyId = FAST, order_id: str = "sell") -> Order:
    return replace(an_order(order_id, Side.SELL, instrument, strategy, "it falls"), closes=True)


def a_signal(
    side: Side, instrument: Instrument = IBM, strategy: StrategyId = FAST, day: date = START, size: float = 1.0
) -> Signal:
    return Signal(strategy, Series(instrument), midnight(day), side, 0.5, size, 10.0, f"it is {side}", "0f3c")


def a_split(value: float, instrument: Instrument = IBM, day: date = START) -> CorporateAction:
    return CorporateAction(instrument, day, ActionKind.SPLIT, value)


def a_dividend(value: float, instrument: Instrument = IBM, day: date = START) -> CorporateAction:
    return CorporateAction(instrument, day, ActionKind.DIVIDEND, value)


@dataclass(frozen=True)
class Day:
    """What one session did: the orders that changed, by their last change, with executions and entries."""

    state: AccountState
    orders: tuple[Order, ...]
    executions: tuple[Execution, ...]
    entries: tuple[Entry, ...]

    @property
    def positions(self) -> dict[tuple[StrategyId, Instrument], Decimal]:
        return quantities(self.state)

    def cash_of(self, kind: EntryKind) -> list[Decimal]:
        """The amounts of cash of the entries of a kind."""
        return [entry.amount for entry in self.entries if entry.kind is kind and entry.asset]


def quantities(state: AccountState) -> dict[tuple[StrategyId, Instrument], Decimal]:
    return {(position.strategy, position.instrument): position.quantity for position in state.positions}


@dataclass
class PaperDesk:
    """Moves an account from session to session and keeps what happened."""

    begin: AccountState
    limits: Mapping[StrategyId, Limits] = field(default_factory=dict)
    exits: Exits = NO_EXITS
    trading: Trading = field(default_factory=Trading)
    sessions: int = 0

    def __post_init__(self) -> None:
        account, at = self.begin.account, STARTED
        self.accounts.open(opening(account, str(self.begin.money)))
        entries = [
            Entry(EntryKind.CORRECTION, "what was held before", p.quantity, at, at, holding=p.holding)
            for p in self.begin.positions
        ]
        before = self.accounts.state(account.name)
        self.accounts.store(AccountStep(before, self.begin, at, self.begin.orders, entries=tuple(entries)))
        self.trading.assignments.rows += [
            Assignment(s, Series(i), "stocks", account.name, "owner", self.limits.get(s, Limits()), self.exits)
            for s in (FAST, SLOW)
            for i in (IBM, MSFT)
        ]

    @property
    def accounts(self) -> FakeAccounts:
        assert isinstance(self.trading.accounts, FakeAccounts)
        return self.trading.accounts

    @property
    def state(self) -> AccountState:
        return self.accounts.state(self.account.name)

    @property
    def account(self) -> Account:
        return self.begin.account

    @property
    def orders(self) -> dict[str, Order]:
        return {order.client_order_id: order for order in self.accounts.orders()}

    def session(
        self,
        prices: Mapping[Instrument, Prices],
        *signals: Signal,
        actions: Sequence[CorporateAction] = (),
        closed: Iterable[Instrument] = (),
    ) -> Day:
        """The next session, with prices as texts; nothing is traded of `closed`."""
        day, shut = DAYS[self.sessions], set(closed)
        self.sessions += 1
        rows = []
        for instrument, texts in prices.items():
            opened, close, *extremes = map(float, texts)
            high, low = extremes or (max(opened, close), min(opened, close))
            values = {"open": opened, "high": high, "low": low, "volume": 0.0 if instrument in shut else 1000.0}
            rows.append(bar_row(instrument, day, close, **values))
        self.trading.bars.upsert(bar_rows(*rows), "test")
        self.trading.actions.upsert(actions, "test")
        self.trading.signals.add([replace(signal, opened_at=midnight(day)) for signal in signals])
        self.trading.periods.mark("stocks", Interval.DAY, midnight(day), Stage.DECIDED)
        return self.run()

    def run(self) -> Day:
        """Dispatch, and tell what that did."""
        events, book, filled = self._events(), self.accounts.entries("paper"), self.accounts.executions("paper")
        self.trading.dispatch()
        new = self._events()[len(events) :]
        last = {key: number for number, key in enumerate(new)}
        return Day(
            self.state,
            tuple(self.orders[key] for key in sorted(last, key=last.__getitem__)),
            tuple(e for e in self.accounts.executions("paper") if e not in filled),
            tuple(e for e in self.accounts.entries("paper") if e not in book),
        )

    def _events(self) -> list[str]:
        return list(self.accounts.changed)
