"""Accounts move period by period, each exactly once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from algo_trading.calendars import Calendars
from algo_trading.domain.account import AccountClock, AccountState, Position
from algo_trading.domain.booking import Booking, actions_between, book_action, price_after
from algo_trading.domain.ends import book_end
from algo_trading.domain.financing import Nights, overnight
from algo_trading.domain.ledger import Entry, Holding
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.time import Interval, Period
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.brokers import Brokers
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository, AccountStep
from algo_trading.repositories.bars import CorporateActionRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.watchlists import AssignmentRepository
from algo_trading.services.approve_orders import asked_until, question_of
from algo_trading.services.book_executions import BookExecutions
from algo_trading.services.correct_account import CorrectAccount
from algo_trading.services.freshness import IsStale, never_stale
from algo_trading.services.place_exits import PlaceExits
from algo_trading.services.place_orders import Assignments, PlaceOrders
from algo_trading.services.prices import ReadPrices, period_dates
from algo_trading.services.submit_orders import SubmitOrders

ClockKey = tuple[str, Interval]


@dataclass(frozen=True)
class DispatchReport:
    """How far an account was moved and what that did: orders placed, executed and rejected in these periods.

    `periods` are their keys in the order in which they were processed.
    """

    account: str
    periods: tuple[str, ...] = ()
    ordered: int = 0
    filled: int = 0
    rejected: int = 0


@dataclass
class _Pass:
    """One account on its way."""

    state: AccountState
    assigned: Assignments
    watchlists: Mapping[ClockKey, Collection[str]]  # whose periods must be decided before a clock goes on
    periods: list[str] = field(default_factory=list)
    ordered: int = 0
    filled: int = 0
    rejected: int = 0

    def placed(self, orders: Sequence[Order]) -> None:
        self.ordered += len(orders)
        self.rejected += sum(order.status is OrderStatus.REJECTED for order in orders)


@dataclass(frozen=True)
class DispatchSignals:
    """Move every account through the decided periods after its clocks.

    The periods of an account's clocks are taken in the order in which they close, and it stops before the first one
    that is not decided yet: they share its cash, so runs that finish out of order, or many periods backfilled at once,
    end in the same state. Periods before an account's start, or behind its clock, never trade.

    Signals that are `stale` are passed over: the account goes on as if nothing had been said. At a broker that trades
    on a market, signals on posts wait for no period.

    Splits and dividends that came late, changed or were withdrawn since are corrected first, booked now for then.

    In a period come corporate actions and orders for signals on posts before the open, executions within it, and orders
    for its own signals at the close, stored together with how far the clock has come. Every step is a transaction of
    its own, and one that was done is not done again: a process may die between any two of them.
    """

    accounts: AccountRepository
    assignments: AssignmentRepository
    periods: PeriodLog
    actions: CorporateActionRepository
    prices: ReadPrices
    place: PlaceOrders
    exits: PlaceExits
    submit: SubmitOrders
    book: BookExecutions
    correct: CorrectAccount
    brokers: Brokers
    locks: ExclusiveWork
    calendars: Calendars
    clock: Clock
    stale: IsStale = never_stale

    def __call__(self) -> list[DispatchReport]:
        """Move every account as far as it goes.

        Raises:
            AlgoTradingError: one could not be moved on; the others have been.
        """
        reports, failure = [], None
        for name in self.accounts.names():
            try:
                with self.locks.exclusively(f"account {name}"):
                    reports.append(self._account(name))
            except AlgoTradingError as error:
                failure = failure or error
        if failure is not None:
            raise failure
        return reports

    def _account(self, name: str) -> DispatchReport:
        self.correct.where_revised(name)
        everything = self.assignments.all()
        own = [assignment for assignment in everything if assignment.account == name]
        one = _Pass(
            self.accounts.state(name),
            {Holding(assignment.strategy, assignment.series): assignment for assignment in own},
            # What is left of a strategy that trades no more follows the watchlists of others.
            {**_watchlists(everything), **_watchlists(own)},
        )
        self._wind(one)
        # What an earlier pass left unsent, and what a market did since.
        self._submit(one)
        self._book(one)
        due = {clock.key: self._next(one, clock) for clock in one.state.clocks if clock.key in _clocked(one)}
        while (key := _earliest(due)) is not None:
            (venue, interval), period = key, due[key]
            clock = one.state.clock(venue, interval)
            assert clock is not None
            assert period is not None
            if not self._decided(one, clock, period):
                break
            due[key] = self._next(one, self._period(one, clock, period))
        self._on_posts(one)
        return DispatchReport(name, tuple(one.periods), one.ordered, one.filled, one.rejected)

    def _on_posts(self, one: _Pass) -> None:
        """At a market, signals on posts become orders at once; on stored bars they do in their period."""
        if self.brokers(one.state.account).simulated:
            return
        now = self.clock.now()
        for clock in one.state.clocks:
            if clock.key in _clocked(one) and clock.start <= now:
                calendar = self.calendars(clock.venue)
                running = calendar.next(clock.interval, calendar.newest_closed(clock.interval, now).opened_at)
                if orders := self.place.on_posts(one.state, one.assigned, clock.venue, running, now):
                    self._store(one, one.state, orders)
                    one.placed(orders)
                    self._submit(one)
                    self._book(one)

    def _wind(self, one: _Pass) -> None:
        """Give the account the clocks that it needs and has not.

        They begin with the account or, where that has moved already, from where it is now.
        """
        closes = [
            self.calendars(clock.venue).period(clock.interval, clock.cursor).closed_at
            for clock in one.state.clocks
            if clock.cursor is not None
        ]
        start = max(closes, default=one.state.account.start)
        after = one.state
        for venue, interval in _clocked(one) - {clock.key for clock in one.state.clocks}:
            after = after.timed(AccountClock(venue, interval, start))
        if after != one.state:
            self._store(one, after)

    def _next(self, one: _Pass, clock: AccountClock) -> Period | None:
        """The period that a clock goes to; None where nobody watches its bars any more, and it stands still."""
        return next_period(clock, self.calendars) if one.watchlists.get(clock.key) else None

    def _decided(self, one: _Pass, clock: AccountClock, period: Period) -> bool:
        """Whether every watchlist of the clock has decided the period."""
        return all(
            self.periods.reached(name, clock.interval, period.opened_at, Stage.DECIDED)
            for name in one.watchlists[clock.key]
        )

    def _period(self, one: _Pass, clock: AccountClock, period: Period) -> AccountClock:
        if clock.begun != period.opened_at:
            clock = self._begin(one, clock, period)
        self._submit(one)
        self._book(one, clock.venue, period)
        staying = self._exit(one, clock, period)
        timely = {held: own for held, own in one.assigned.items() if not self.stale(own.watchlist, period)}
        orders = self.place.at_close(one.state, timely, clock.venue, period)
        clock = replace(clock, cursor=period.opened_at, begun=None)
        after = one.state.timed(clock)
        for position in staying:
            after = after.holding(position)
        self._store(one, after, orders)
        one.placed(orders)
        one.periods.append(period.key)
        self._submit(one)
        return clock

    def _begin(self, one: _Pass, clock: AccountClock, period: Period) -> AccountClock:
        """Interest and borrow fees, corporate actions, and then orders for signals on posts, before the open.

        That it was done is stored only where the period can do something: then a second time would do it again.
        """
        state, financing = self._overnight(one.state, clock, period)
        booking = self._act(state, clock, period)
        booking = replace(booking, entries=(*financing, *booking.entries))
        orders = self.place.on_posts(booking.state, one.assigned, clock.venue, period)
        if booking.entries or booking.orders or orders or any(clock.times(o.series) for o in one.state.orders):
            clock = replace(clock, begun=period.opened_at)
            self._store(one, booking.state.timed(clock), (*booking.orders, *orders), booking.entries)
            one.placed(orders)
        return clock

    def _overnight(
        self, state: AccountState, clock: AccountClock, period: Period
    ) -> tuple[AccountState, tuple[Entry, ...]]:
        """What the nights since the account's newest period earned and cost; a real broker books its own."""
        costs, known = state.account.costs, [at for c in state.clocks for at in (c.cursor, c.begun) if at is not None]
        if not (costs.interest or costs.borrow) or not known or not self.brokers(state.account).simulated:
            return state, ()
        before, until = max(known).date(), period.opened_at.date()
        short = [position.series for position in state.positions if position.quantity < 0]
        prices = self.prices.prices(short, period.starts_at, before)
        nights = Nights((until - before).days, until, clock.venue)
        return overnight(state, nights, prices, period.starts_at, self.clock.now())

    def _act(self, state: AccountState, clock: AccountClock, period: Period) -> Booking:
        """The splits and dividends of the days since the clock's last period, in their order."""
        concerned = {p.series for p in state.positions if clock.times(p.series)}
        instruments = {s.instrument for s in concerned} | {o.instrument for o in state.orders if clock.times(o.series)}
        booking = Booking(state)
        if not instruments:
            return booking
        calendar, cursor = self.calendars(clock.venue), clock.cursor
        before = None if cursor is None else calendar.period(clock.interval, cursor)
        after, until = period_dates(clock.venue, before, period)
        due = actions_between(self.actions.read(sorted(instruments), until, after), after, until)
        if not due:
            return booking
        previous = self.prices.prices(concerned, period.starts_at, after)
        left = {series.instrument: price for series, price in previous.items()}
        now = self.clock.now()
        for action in due:
            book = book_end if action.kind.ends else book_action
            made = book(booking.state, clock, action, left.get(action.instrument), now)
            if action.instrument in left:
                left[action.instrument] = price_after(action, left[action.instrument])
            booking = Booking(made.state, (*booking.entries, *made.entries), (*booking.orders, *made.orders))
        last = {order.client_order_id: order for order in booking.orders}
        return replace(booking, orders=tuple(last.values()))

    def _exit(self, one: _Pass, clock: AccountClock, period: Period) -> Sequence[Position]:
        """Leave positions whose exit was met within the period; the others come back with their best prices."""
        watched = any(position.exits and clock.times(position.series) for position in one.state.positions)
        if not watched or not self.brokers(one.state.account).simulated:
            return ()
        report = self.exits(one.state, clock, period)
        if report.orders:
            self._store(one, one.state, report.orders)
            one.placed(report.orders)
            self._submit(one)
            self._book(one, clock.venue, period)
        return report.staying

    def _submit(self, one: _Pass) -> None:
        sent = self.submit(one.state)
        one.state = sent.state
        one.rejected += sent.rejected

    def _book(self, one: _Pass, venue: str = "", period: Period | None = None) -> None:
        booked = self.book(one.state, venue, period)
        one.state = booked.state
        one.filled += booked.executed
        one.rejected += booked.rejected

    def _store(
        self, one: _Pass, after: AccountState, orders: Sequence[Order] = (), entries: Sequence[Entry] = ()
    ) -> None:
        now = self.clock.now()
        orders = [asked_until(order, one.state.account, now) for order in orders]
        for order in orders:
            after = after.ordering(order)
        questions = tuple(
            question_of(order, one.state.account, now) for order in orders if order.status is OrderStatus.HELD
        )
        step = AccountStep(one.state, after, now, tuple(orders), entries=tuple(entries), approvals=questions)
        one.state = self.accounts.store(step)


def _clocked(one: _Pass) -> set[ClockKey]:
    """The venues and intervals of what the account may trade, holds, or has ordered."""
    series = [holding.series for holding in one.assigned]
    series += [position.series for position in one.state.positions]
    series += [order.series for order in one.state.orders]
    return {(s.venue, s.interval) for s in series}


def _earliest(due: Mapping[ClockKey, Period | None]) -> ClockKey | None:
    """The clock whose next period closes first, of those that have one."""
    closes = {key: period.closed_at for key, period in due.items() if period is not None}
    return min(closes, key=lambda key: (closes[key], key[1].order, key[0]), default=None)


def _watchlists(assignments: Sequence[Assignment]) -> dict[ClockKey, set[str]]:
    found: dict[ClockKey, set[str]] = {}
    for one in assignments:
        found.setdefault((one.series.venue, one.series.interval), set()).add(one.watchlist)
    return found


def next_period(clock: AccountClock, calendars: Calendars) -> Period:
    """The period after the clock's cursor, or the first one not before its start."""
    calendar = calendars(clock.venue)
    if clock.cursor is not None:
        return calendar.next(clock.interval, clock.cursor)
    return calendar.first_from(clock.interval, clock.start)
