"""Accounts derived again from deposits, executions and corporate actions, and compared with what is stored."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from algo_trading.calendars import Calendars, TradingCalendar
from algo_trading.domain.account import AccountClock, AccountState
from algo_trading.domain.booking import actions_between, price_after
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.derivation import Derivation, Effect, Fill, booked_changes, derive, unlike
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, differences, sums_of
from algo_trading.domain.time import Period, midnight
from algo_trading.domain.venue import venue_of
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.account_checks import AccountCheck, AccountCheckRepository
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import CorporateActionRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.services.prices import ReadPrices, period_dates, trading_date


class AccountDiffersError(AlgoTradingError):
    """An account is not what its deposits, fills and corporate actions come to."""


@dataclass(frozen=True)
class VerifyReport:
    """What was derived of an account, and the differences that were found, a sentence each.

    `book` compares the sums of the book with cash and positions, `derived` what deposits, fills and actions come to;
    `actions` names corporate actions that are known otherwise now than they were booked.
    """

    account: str
    fills: int = 0
    book: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether there is no difference."""
        return not self.found

    @property
    def found(self) -> tuple[str, ...]:
        """All differences."""
        return (*self.book, *self.derived, *self.actions)


@dataclass(frozen=True)
class VerifyAccounts:
    """Compare, change nothing in any account, and record the verdicts."""

    accounts: AccountRepository
    actions: CorporateActionRepository
    checks: AccountCheckRepository
    prices: ReadPrices
    locks: ExclusiveWork
    calendars: Calendars
    clock: Clock

    def __call__(self, names: Iterable[str] | None = None) -> list[VerifyReport]:
        """Verify the named accounts, or all, each while nobody else works on it; KeyError if there is no such one."""
        reports = []
        for name in self.accounts.names() if names is None else names:
            with self.locks.exclusively(f"account {name}"):
                reports.append(self.verify(name))
        return reports

    def verify(self, name: str) -> VerifyReport:
        """Verify an account whose exclusive work the caller has."""
        changed_at = self.actions.changed_at()
        state, book, made = self.derived(name)
        report = VerifyReport(
            name,
            made.fills,
            tuple(differences(sums_of(book), state.sums)),
            tuple(differences(made.sums, state.sums, "deposits, fills and actions make")),
            tuple(unlike(booked_changes(book), made.changes)),
        )
        self.checks.record(AccountCheck(name, self.clock.now(), report.found, changed_at))
        return report

    def derived(self, name: str) -> tuple[AccountState, Sequence[Entry], Derivation]:
        """What is in an account, its book, and what it comes to; whoever asks has its exclusive work."""
        state, book = self.accounts.state(name), self.accounts.entries(name)
        orders = {order.client_order_id: order for order in self.accounts.orders(name)}
        fills = [Fill(orders[one.client_order_id], one) for one in self.accounts.executions(name)]
        return state, book, derive(state.account.currency, book, fills, self._effects(state, fills))

    def _effects(self, state: AccountState, fills: Sequence[Fill]) -> list[Effect]:
        """The actions that the account's clocks have passed, in their order."""
        effects = []
        for clock in state.clocks:
            traded = [fill for fill in fills if clock.times(fill.order.series)]
            last = passed(clock, self.calendars)
            if last is None or not traded:
                continue
            calendar = self.calendars(clock.venue)
            first = trading_date(clock.venue, min(fill.execution.at for fill in traded))
            due = actions_between(self._actions(traded, first, last), first - timedelta(days=1), last)
            series = {fill.order.series for fill in traded}
            for period, together in groupby(due, key=lambda action: _period(calendar, clock, action)):
                effects += self._together(clock, period, list(together), series)
        return effects

    def _actions(self, traded: Sequence[Fill], first: date, last: date) -> list[CorporateAction]:
        """The actions of what was traded, and of what that was merged into."""
        found: list[CorporateAction] = []
        known: set[Instrument] = set()
        wanted = {fill.order.instrument for fill in traded}
        while wanted:
            known |= wanted
            read = self.actions.read(sorted(wanted), last, first)
            found += read
            merged = (one for one in read if one.kind is ActionKind.MERGED)
            wanted = {Instrument(one.target, one.instrument.venue) for one in merged} - known
        return found

    def _together(
        self, clock: AccountClock, period: Period, actions: Sequence[CorporateAction], series: Collection[Series]
    ) -> list[Effect]:
        """The effects of actions before a period, with what each finds left of the last close."""
        left: dict[Instrument, Decimal] = {}
        if any(action.kind in {ActionKind.SPLIT, ActionKind.MERGED} for action in actions):
            before = self.calendars(clock.venue).previous(clock.interval, period.opened_at)
            after, _ = period_dates(clock.venue, before, period)
            found = self.prices.prices(series, period.starts_at, after)
            left = {one.instrument: price for one, price in found.items()}
        effects = []
        for action in actions:
            effects.append(Effect(period.starts_at, clock, action, left.get(action.instrument)))
            if action.instrument in left:
                left[action.instrument] = price_after(action, left[action.instrument])
        return effects


def passed(clock: AccountClock, calendars: Calendars) -> date | None:
    """The last date whose corporate actions a clock has passed; None before its first period."""
    newest = max((at for at in (clock.cursor, clock.begun) if at is not None), default=None)
    if newest is None:
        return None
    return trading_date(clock.venue, calendars(clock.venue).period(clock.interval, newest).closed_at)


def _period(calendar: TradingCalendar, clock: AccountClock, action: CorporateAction) -> Period:
    """The period before which an account applies an action: the first one that trades on its ex-date or later."""
    zone, length = ZoneInfo(venue_of(clock.venue).zone), clock.interval.length
    begins = midnight(action.ex_date).replace(tzinfo=zone).astimezone(UTC)
    period = calendar.first_from(clock.interval, begins - (length if clock.interval.intraday else 2 * length))
    while trading_date(clock.venue, period.closed_at) < action.ex_date:
        period = calendar.next(clock.interval, period.opened_at)
    return period


def agreed(reports: Sequence[VerifyReport]) -> Sequence[VerifyReport]:
    """The reports, if there is no difference in any.

    Raises:
        AccountDiffersError: there is; the first ones are named.
    """
    differing = [report for report in reports if not report.agrees]
    if differing:
        named = "; ".join(f"{report.account}: {report.found[0]}" for report in differing[:3])
        raise AccountDiffersError(
            f"{len(differing)} of {len(reports)} accounts are not what their fills and corporate actions come to: "
            f"{named}; `algo-trading verify-account` lists everything"
        )
    return reports
