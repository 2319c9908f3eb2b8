"""How things stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from algo_trading.calendars import Calendars
from algo_trading.domain.account import AccountClock, AccountState
from algo_trading.domain.costs import precision_of
from algo_trading.domain.instrument import Series
from algo_trading.domain.order import OrderStatus
from algo_trading.domain.post import PostKind
from algo_trading.domain.time import DAY, Interval, period_key
from algo_trading.domain.watchlist import Assignment, Watchlist
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.account_checks import AccountCheck, AccountCheckRepository
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, IndicatorRepository
from algo_trading.repositories.notices import Outbox
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.posts import FeedStateRepository, MentionRepository, PostRepository
from algo_trading.repositories.quality import QuarantineRepository
from algo_trading.repositories.recommendations import RecommendationRepository
from algo_trading.repositories.signals import SignalRepository
from algo_trading.repositories.strategy_failures import StrategyFailureRepository
from algo_trading.repositories.watchlists import AssignmentRepository, WatchlistRepository
from algo_trading.risk.equity import equity_of
from algo_trading.services.dispatch import next_period
from algo_trading.services.prices import ReadPrices, trading_date

CENT = Decimal("0.01")
ERRORS_SHOWN = 5
LONG_WITHOUT = timedelta(days=15)  # bars: longer than any holidays of an exchange
CALENDAR_AHEAD = timedelta(days=60)  # in which somebody has to bring newer calendars


@dataclass(frozen=True)
class WatchlistStatus:
    """What is watched, and by interval the key of the newest period that is decided (None: none yet)."""

    venue: str
    source: str
    intervals: tuple[str, ...]
    symbols: tuple[str, ...]
    latest: Mapping[str, str | None]


@dataclass(frozen=True)
class ClockStatus:
    """How far an account has come in the periods of a venue and interval, by their keys.

    `waits_for` is the first period that it cannot process because it is not decided yet.
    """

    venue: str
    interval: str
    cursor: str | None
    waits_for: str


@dataclass(frozen=True)
class AccountStatus:
    """What is in an account: `equity` is its cash and positions at the last closes that it has processed.

    `cursor` and `waits_for` are those of the clock that is furthest behind; all are in `clocks`. `differences` are what
    the newest verification of its book found (`verified_at`; None: it was not verified yet). `untraded` are series that
    it holds or has ordered and that have no bars any more, with the newest one's date.
    """

    name: str
    broker: str
    currency: str
    mode: str
    owner: str
    cursor: str | None
    waits_for: str | None
    cash: str
    equity: str
    positions: Mapping[str, str]
    clocks: tuple[ClockStatus, ...]
    verified_at: datetime | None = None
    differences: tuple[str, ...] = ()
    untraded: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True)
class RecommendationStatus:
    """What the newest review says about a series; `strategy` is "none" where none survives."""

    symbol: str
    session: date
    strategy: str
    deflated_sharpe: float | None
    trials: int
    reason: str
    report: str


@dataclass(frozen=True)
class FeedStatus:
    """How far a feed has been read; `error` is the sentence of its last try, empty if that worked."""

    name: str
    newest: datetime | None
    tried: datetime
    error: str


@dataclass(frozen=True)
class FailingStatus:
    """A strategy that raises an error on a series since a period, with what it said last."""

    strategy: str
    series: str
    since: datetime
    error: str


@dataclass(frozen=True)
class Status:
    """Counts and cursors of the market database.

    `latest_partition` is the key of the newest decided period, of a daily watchlist if there is one. `mail_errors` are
    the most frequent reasons of mails that failed for good, with their number. `calendars_ending` are watched venues
    whose sessions are known for less than CALENDAR_AHEAD, with the last one. `without_bars` are, by watchlist, symbols
    that no bar ever came for although others have some.
    """

    latest_partition: str | None
    watchlists: Mapping[str, WatchlistStatus]
    calendars_ending: Mapping[str, date]
    without_bars: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    outbox: Mapping[str, int]
    mail_errors: Mapping[str, int]
    orders: Mapping[str, int]
    accounts: tuple[AccountStatus, ...]
    recommendations: tuple[RecommendationStatus, ...]
    feeds: tuple[FeedStatus, ...]
    failing: tuple[FailingStatus, ...]


@dataclass(frozen=True)
class ReadStatus:
    """Look, and touch nothing."""

    watchlists: WatchlistRepository
    assignments: AssignmentRepository
    bars: BarRepository
    indicators: IndicatorRepository
    signals: SignalRepository
    quarantine: QuarantineRepository
    outbox: Outbox
    accounts: AccountRepository
    checks: AccountCheckRepository
    periods: PeriodLog
    recommendations: RecommendationRepository
    posts: PostRepository
    mentions: MentionRepository
    feed_states: FeedStateRepository
    failures: StrategyFailureRepository
    prices: ReadPrices
    calendars: Calendars
    clock: Clock

    def __call__(self) -> Status:
        """The state now."""
        posts, watchlists, assignments = self.posts.counts(), self.watchlists.all(), self.assignments.all()
        decided = {
            (one.name, interval): self.periods.newest(one.name, interval, Stage.DECIDED)
            for one in watchlists
            for interval in one.all_intervals
        }
        return Status(
            latest_partition=_latest(decided),
            watchlists={one.name: _watchlist(one, decided) for one in watchlists},
            calendars_ending=self._calendars_ending(watchlists),
            without_bars=self._without_bars(watchlists),
            rows={
                "bars": self.bars.count(),
                "indicators": self.indicators.count(),
                "signals": self.signals.count(),
                "quarantined": self.quarantine.count(),
                "posts": posts[PostKind.POST],
                "articles": posts[PostKind.ARTICLE],
                "mentions": self.mentions.count(),
            },
            outbox=self.outbox.counts(),
            mail_errors=self.outbox.errors(ERRORS_SHOWN),
            orders=order_counts(self.accounts.order_counts()),
            accounts=self.account_states(assignments),
            recommendations=tuple(
                RecommendationStatus(
                    symbol=str(found.series),
                    session=found.session,
                    strategy=str(found.strategy or "none"),
                    deflated_sharpe=found.deflated_sharpe,
                    trials=found.trials,
                    reason=found.reason,
                    report=found.report,
                )
                for found in self.recommendations.newest()
            ),
            feeds=tuple(
                FeedStatus(state.name, state.watermark.published_at, state.tried_at, state.error)
                for state in self.feed_states.all()
            ),
            failing=tuple(
                FailingStatus(str(one.strategy), str(one.series), one.since, one.error) for one in self.failures.open()
            ),
        )

    def _calendars_ending(self, watchlists: Sequence[Watchlist]) -> dict[str, date]:
        ends = {one.venue: self.calendars(one.venue).last for one in watchlists}
        return {venue: last for venue, last in sorted(ends.items()) if last < self.clock.now().date() + CALENDAR_AHEAD}

    def _without_bars(self, watchlists: Sequence[Watchlist]) -> dict[str, tuple[str, ...]]:
        stored = {extent.series.instrument for extent in self.bars.extents()}
        missing = {
            one.name: tuple(i.symbol for i in one.instruments if i not in stored)
            for one in watchlists
            if any(i in stored for i in one.instruments)
        }
        return {name: symbols for name, symbols in missing.items() if symbols}

    def account_states(self, assignments: Sequence[Assignment] | None = None) -> tuple[AccountStatus, ...]:
        """What is in each account, sorted by name."""
        known = self.assignments.all() if assignments is None else assignments
        checks = self.checks.all()
        return tuple(
            self._account(self.accounts.state(name), known, checks.get(name, AccountCheck(name)))
            for name in self.accounts.names()
        )

    def _account(self, state: AccountState, assignments: Sequence[Assignment], check: AccountCheck) -> AccountStatus:
        account = state.account
        traded = {
            (one.series.venue, one.series.interval): AccountClock(one.series.venue, one.series.interval, account.start)
            for one in assignments
            if one.account == account.name
        }
        clocks = sorted((traded | {clock.key: clock for clock in state.clocks}).values(), key=_by_length)
        waiting = {clock.key: next_period(clock, self.calendars) for clock in clocks}
        shown = {
            clock.key: ClockStatus(
                clock.venue,
                str(clock.interval),
                _key(clock.interval, clock.cursor),
                waiting[clock.key].key,
            )
            for clock in clocks
        }
        behind = min(waiting, key=lambda key: waiting[key].closed_at, default=None)
        return AccountStatus(
            name=account.name,
            broker=account.broker,
            currency=account.currency,
            mode=str(account.mode),
            owner=account.owner,
            cursor=shown[behind].cursor if behind else None,
            waits_for=shown[behind].waits_for if behind else None,
            cash=_money(state.money),
            equity=_money(self._equity(state)),
            positions={f"{p.strategy} {p.series}": f"{p.quantity.normalize():f}" for p in state.positions},
            clocks=tuple(shown.values()),
            verified_at=check.checked_at,
            differences=check.found,
            untraded=self._untraded(state),
        )

    def _untraded(self, state: AccountState) -> dict[str, date]:
        """Series of positions and waiting orders whose newest bar is long before what their clock has processed."""
        found: dict[str, date] = {}
        for clock in state.clocks:
            concerned = {*(one.series for one in state.positions), *(one.series for one in state.orders)}
            wanted = {series for series in concerned if clock.times(series)}
            if clock.cursor is None or not wanted:
                continue
            for series, opened in self.bars.newest_before(sorted(wanted), clock.cursor + DAY).items():
                if clock.cursor - opened > LONG_WITHOUT + series.interval.length:
                    found[str(series)] = opened.date()
        return dict(sorted(found.items()))

    def _equity(self, state: AccountState) -> Decimal:
        prices: dict[Series, Decimal] = {}
        for clock in state.clocks:
            held = [p.series for p in state.positions if clock.times(p.series)]
            if held and clock.cursor is not None:
                closed = self.calendars(clock.venue).period(clock.interval, clock.cursor).closed_at
                prices |= self.prices.prices(held, closed, trading_date(clock.venue, closed))
        steps = [precision_of(clock.venue).money for clock in state.clocks]
        return equity_of(state, prices, min(steps, default=CENT))


def order_counts(by_status: Mapping[str, int]) -> dict[str, int]:
    """Orders by what has become of them; an order is pending as long as something still may."""
    pending = sum(count for status, count in by_status.items() if not OrderStatus(status).final)
    return {
        "pending": pending,
        "filled": by_status[OrderStatus.FILLED],
        "refused": by_status[OrderStatus.REJECTED],
        "cancelled": by_status[OrderStatus.CANCELLED],
        "expired": by_status[OrderStatus.EXPIRED],
    }


def _latest(decided: Mapping[tuple[str, Interval], datetime | None]) -> str | None:
    known = [(interval, opened_at) for (_, interval), opened_at in decided.items() if opened_at is not None]
    daily = [(interval, opened_at) for interval, opened_at in known if not interval.intraday]
    if not known:
        return None
    return period_key(*max(daily or known, key=lambda one: one[1]))


def _watchlist(one: Watchlist, decided: Mapping[tuple[str, Interval], datetime | None]) -> WatchlistStatus:
    newest = {interval: decided[one.name, interval] for interval in one.intervals}
    return WatchlistStatus(
        venue=one.venue,
        source=one.source,
        intervals=tuple(map(str, one.intervals)),
        symbols=one.symbols,
        latest={str(interval): _key(interval, opened) for interval, opened in newest.items()},
    )


def _money(amount: Decimal) -> str:
    """With two decimals, or as many as there are."""
    cents = amount.quantize(CENT)
    return f"{cents if cents == amount else amount.normalize():f}"


def _key(interval: Interval, opened_at: datetime | None) -> str | None:
    return None if opened_at is None else period_key(interval, opened_at)


def _by_length(clock: AccountClock) -> tuple[str, int]:
    return clock.venue, clock.interval.order
