"""The services that trade for accounts, on repositories in memory and with the paper broker."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property

from algo_trading.adapters.paper_broker import PaperBroker
from algo_trading.calendars import trading_calendar
from algo_trading.domain.account import Account, AccountState, Mode
from algo_trading.domain.booking import book_deposit
from algo_trading.domain.costs import Costs
from algo_trading.domain.ledger import Entry, differences, sums_of
from algo_trading.domain.order import Execution, Order
from algo_trading.domain.post import Levels
from algo_trading.gateways.brokers import Brokers
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.risk.targets import TargetTable
from algo_trading.services.approve_orders import ReadAnswers
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.correct_account import CorrectAccount
from algo_trading.services.dispatch import DispatchReport, DispatchSignals
from algo_trading.services.find_targets import FindTargets
from algo_trading.services.hear_updates import HearUpdates
from algo_trading.services.order_gate import OrderGate
from algo_trading.services.place_exits import PlaceExits
from algo_trading.services.place_orders import PlaceOrders
from algo_trading.services.prices import ReadPrices
from algo_trading.services.reconcile import Reconcile
from algo_trading.services.submit_orders import SubmitOrders
from algo_trading.services.verify_accounts import VerifyAccounts
from algo_trading.services.watch_positions import WatchPositions
from back_testing.analysis.verify_trades import VerifyTrades
from fakes.account_checks import FakeAccountChecks
from fakes.accounts import FakeAccounts
from fakes.approvals import FakeApprovals
from fakes.assignments import FakeAssignments
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.kill_switch import FakeKillSwitch
from fakes.listings import FakeListings
from fakes.locks import FakeLocks
from fakes.periods import FakePeriodLog
from fakes.posts import FakePosts
from fakes.signals import FakeSignals

NO_COSTS = Costs(Decimal(0), Decimal(0))
LEVELS = Levels(medium=0.4, high=0.7)
STARTED = datetime(2013, 1, 2, tzinfo=UTC)

Books = tuple[AccountState, list[Order], list[Execution], list[Entry]]


def an_account(
    name: str = "paper",
    start: datetime = STARTED,
    *,
    fraction: str = "1",
    costs: Costs = NO_COSTS,
    currency: str = "USD",
    mode: Mode = Mode.PAPER,
    shorts: bool = False,
) -> Account:
    return Account(name, "paper", currency, mode, "owner", start, Decimal(fraction), costs, shorts)


def opening(account: Account, cash: str, at: datetime = STARTED) -> AccountStep:
    """The step that opens an account with some cash."""
    booking = book_deposit(AccountState(account), Decimal(cash), "opening deposit", account.start, at)
    return AccountStep(AccountState(account), booking.state, at, entries=booking.entries)


@dataclass
class Trading:
    """Accounts, and what they trade on."""

    accounts: AccountRepository = field(default_factory=FakeAccounts)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    periods: FakePeriodLog = field(default_factory=FakePeriodLog)
    signals: FakeSignals = field(default_factory=FakeSignals)
    posts: FakePosts = field(default_factory=FakePosts)
    bars: FakeBars = field(default_factory=FakeBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    locks: FakeLocks = field(default_factory=FakeLocks)
    clock: FakeClock = field(default_factory=FakeClock)
    find_broker: Brokers | None = None  # instead of the paper broker for everybody
    levels: Levels = LEVELS
    listings: FakeListings = field(default_factory=FakeListings)
    kill_switch: FakeKillSwitch = field(default_factory=FakeKillSwitch)
    live_account: str = ""

    @property
    def approvals(self) -> FakeApprovals:
        return FakeApprovals(self.accounts if isinstance(self.accounts, FakeAccounts) else FakeAccounts())

    @cached_property
    def checks(self) -> FakeAccountChecks:
        return FakeAccountChecks(self.accounts)

    @property
    def prices(self) -> ReadPrices:
        return ReadPrices(self.bars, self.actions)

    @property
    def brokers(self) -> Brokers:
        return self.find_broker or (lambda _: PaperBroker(self.prices))

    @property
    def submit(self) -> SubmitOrders:
        gate = OrderGate(self.accounts.entries_sent, self.kill_switch.current, self.live_account, self.clock)
        return SubmitOrders(
            self.accounts, self.brokers, gate, self.book, ReadAnswers(self.approvals, self.clock), self.clock
        )

    @property
    def book(self) -> BookExecutions:
        return BookExecutions(self.accounts, self.brokers, self.clock)

    @cached_property
    def hear(self) -> HearUpdates:
        return HearUpdates(self.accounts, self.brokers, self.book, self.locks)

    @property
    def place(self) -> PlaceOrders:
        return PlaceOrders(
            self.accounts,
            self.signals,
            self.posts,
            self.prices,
            self.brokers,
            trading_calendar,
            self.levels,
            FindTargets(self.listings, TargetTable()),
        )

    @property
    def dispatch(self) -> Callable[[], list[DispatchReport]]:
        return DispatchSignals(
            self.accounts,
            self.assignments,
            self.periods,
            self.actions,
            self.prices,
            self.place,
            PlaceExits(self.prices),
            self.submit,
            self.book,
            self.correct_account,
            self.brokers,
            self.locks,
            trading_calendar,
            self.clock,
        )

    @property
    def watch(self) -> WatchPositions:
        return WatchPositions(
            self.accounts, self.submit, self.book, self.brokers, self.locks, trading_calendar, self.clock
        )

    @property
    def reconcile(self) -> Reconcile:
        return Reconcile(self.accounts, self.brokers, self.locks)

    @property
    def verify_accounts(self) -> VerifyAccounts:
        return VerifyAccounts(
            self.accounts, self.actions, self.checks, self.prices, self.locks, trading_calendar, self.clock
        )

    @property
    def correct_account(self) -> CorrectAccount:
        return CorrectAccount(self.verify_accounts, self.clock)

    def books(self, name: str = "paper") -> Books:
        """All that an account holds and did; its cash and positions are what its book adds up to."""
        state, entries = self.accounts.state(name), self.accounts.entries(name)
        assert differences(sums_of(entries), state.sums) == []
        return state, self.accounts.orders(name), self.accounts.executions(name), entries


def verifying(trading: Trading, *, simulated: bool = True) -> VerifyTrades:
    """What derives the orders, fills and exits of its accounts again, which are `simulated` on bars or at a market."""
    return VerifyTrades(
        trading.accounts, trading.signals, trading.bars, trading.actions, trading_calendar, lambda _account: simulated
    )  # fmt: skip
