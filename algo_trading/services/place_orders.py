"""From the signals of a period to orders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from algo_trading.calendars import Calendars
from algo_trading.domain.account import AccountState
from algo_trading.domain.costs import decimal_price, precision_of
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Entry, Holding
from algo_trading.domain.limits import EntryTerms, Limits
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.post import Levels, PostKey
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.time import Period
from algo_trading.domain.venue import venue_of
from algo_trading.domain.watchlist import Assignment
from algo_trading.gateways.brokers import Brokers
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.posts import PostRepository
from algo_trading.repositories.signals import SignalRepository
from algo_trading.risk.account_rules import approval_reason, exposure_refusal
from algo_trading.risk.equity import equity_of
from algo_trading.risk.limits import Proposal, refusal
from algo_trading.risk.sizers import sizer_of
from algo_trading.risk.sizing import Placing, client_order_id, orders_for
from algo_trading.services.equity_at import EquityAt
from algo_trading.services.find_targets import FindTargets
from algo_trading.services.prices import ReadPrices, split_price, trading_date

Assignments = Mapping[Holding, Assignment]


@dataclass(frozen=True, slots=True)
class PricedSignal:
    """A signal, and the market when an order for it can be placed (as `Proposal` has it)."""

    signal: Signal
    decided_at: datetime
    price: float
    priced_at: datetime
    price_before: float | None = None


@dataclass(frozen=True)
class PlaceOrders:
    """Decide which orders an account places for signals, and which it rejects.

    Only signals of the account's assignments count. The orders are not stored yet: who asks stores them together with
    how far the account has come.
    """

    accounts: AccountRepository
    signals: SignalRepository
    posts: PostRepository
    prices: ReadPrices
    brokers: Brokers
    calendars: Calendars
    levels: Levels
    targets: FindTargets

    def at_close(self, state: AccountState, assigned: Assignments, venue: str, period: Period) -> tuple[Order, ...]:
        """Orders for the signals decided at the close of a period."""
        wanted = self._wanted(self.signals.of_period(venue, period.interval, period.opened_at), assigned)
        priced = [PricedSignal(s, period.closed_at, s.close, period.closed_at) for s in wanted]
        until = self.calendars(venue).next(period.interval, period.opened_at).closed_at if priced else None
        return self._place(state, assigned, priced, moment=period.closed_at, period=period, valid_until=until)

    def on_posts(
        self, state: AccountState, assigned: Assignments, venue: str, period: Period, now: datetime | None = None
    ) -> tuple[Order, ...]:
        """Orders for the signals on posts that were known before a period began, but not before the one before did.

        At a market the period that goes on counts up to `now`: its start is not waited for.
        """
        before = self.calendars(venue).previous(period.interval, period.opened_at)
        until = now or period.starts_at
        found = self.signals.on_posts(venue, period.interval, before.starts_at, until)
        wanted = self._wanted(found, assigned)
        priced = [one for signal in wanted if (one := self._priced(signal, until)) is not None]
        return self._place(state, assigned, priced, moment=until, period=period, valid_until=period.closed_at)

    def _wanted(self, signals: Sequence[Signal], assigned: Assignments) -> list[Signal]:
        """Signals of the account that ask for something and are sure enough of it."""
        wanted = []
        for signal in signals:
            assignment = assigned.get(Holding(signal.strategy, signal.series))
            if assignment is None or signal.side is Side.HOLD:
                continue
            if self.levels.of(signal.confidence).reaches(assignment.limits.order_from):
                wanted.append(signal)
        return wanted

    def _priced(self, signal: Signal, until: datetime) -> PricedSignal | None:
        """A signal on a post, with the newest close by then and the one when the post was published."""
        post = self.posts.find(PostKey.parse(signal.post))
        series = signal.series
        last = self.prices.last_closes([series], until).get(series)
        if post is None or signal.available_at is None or last is None:
            return None
        seen = self.prices.last_closes([series], min(post.published_at, last.at)).get(series)
        before = None
        if seen is not None:
            splits = self.prices.splits([series.instrument], last.date, seen.date).get(series.instrument, [])
            before = split_price(seen, splits, last.date)
        return PricedSignal(signal, signal.available_at, last.price, last.at, before)

    def _place(
        self,
        state: AccountState,
        assigned: Assignments,
        priced: Sequence[PricedSignal],
        *,
        moment: datetime,
        period: Period,
        valid_until: datetime | None,
    ) -> tuple[Order, ...]:
        """The orders of signals, one after the other; `moment` is that of the prices by which equity is counted."""
        ids = {client_order_id(state.account.name, one.signal.key): one for one in priced}
        known = self.accounts.known_orders(ids) if ids else set()
        new = [one for order_id, one in ids.items() if order_id not in known]
        if not new:
            return ()
        venue = new[0].signal.series.venue
        today = trading_date(venue, period.closed_at)
        prices = self.prices.prices((position.series for position in state.positions), moment, today)
        equity = equity_of(state, prices, precision_of(venue).money)
        foreign = self._foreign(state, [one.signal.series for one in new])
        simulated = self.brokers(state.account).simulated
        book = self.accounts.entries(state.account.name) if state.account.rules.max_daily_loss is not None else ()
        loss = daily_loss_reason(state, book, self.prices, equity, moment, step=precision_of(venue).money)
        placed: list[Order] = []
        for one in new:
            holding = Holding(one.signal.strategy, one.signal.series)
            assignment = assigned[holding]
            exits = self.targets(one.signal.instrument, assignment.exits)
            fraction = self._fraction(state.account.sizer, one)
            placing = Placing(one.decided_at, None if simulated else valid_until, exits, fraction)
            limits = assignment.limits if simulated else replace(assignment.limits, trade_window=None)
            for order in orders_for(one.signal, state, equity, placing):
                checked = _within_limits(order, one, state, limits, foreign)
                if not simulated and not checked.closes:
                    checked = replace(checked, terms=_terms_of(one, assignment.limits))
                checked = self._within_rules(checked, state, equity, prices, loss)
                level = self.levels.of(one.signal.confidence)
                reason = approval_reason(checked, level, state.account.rules, state.account.currency)
                if reason and checked.status is OrderStatus.NEW:
                    checked = replace(checked, status=OrderStatus.HELD, reason=f"{checked.reason}; {reason}")
                placed.append(checked)
                state = state.ordering(checked)
        return tuple(placed)

    def _fraction(self, sizer: str, one: PricedSignal) -> Decimal | None:
        """What the account's sizer says of the instrument at the newest close; None where there is none."""
        if not sizer or one.signal.side is Side.HOLD:
            return None
        asked = sizer_of(sizer)
        bars = self.prices.newest_bars(one.signal.series, one.priced_at, asked.memory)
        return Decimal(repr(float(asked.fractions(bars)[-1]))) if bars is not None else Decimal(0)

    def _within_rules(
        self, order: Order, state: AccountState, equity: Decimal, prices: Mapping[Series, Decimal], loss: str
    ) -> Order:
        """The order, rejected where the account's rules do not allow its entry."""
        if order.closes or order.status is OrderStatus.REJECTED:
            return order
        reason = loss or exposure_refusal(order, state, equity, prices)
        return order.moved(OrderStatus.REJECTED, reason) if reason else order

    def _foreign(self, state: AccountState, series: Sequence[Series]) -> Mapping[Series, str]:
        """What is paid in another currency than the account's, with that currency."""
        rules = self.brokers(state.account).rules([one.instrument for one in series])
        quotes = {one: rules[one.instrument].quote for one in series if one.instrument in rules}
        return {one: quote for one, quote in quotes.items() if quote != state.account.currency}


def daily_loss_reason(
    state: AccountState,
    book: Sequence[Entry],
    prices: ReadPrices,
    equity: Decimal,
    moment: datetime,
    *,
    step: Decimal,
) -> str:
    """Why no entry is placed any more today; empty where the day's loss is small enough, or not limited."""
    most = state.account.rules.max_daily_loss
    if most is None:
        return ""
    midnight = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    before = EquityAt(prices)(state.account, book, midnight, step)
    lost = before.equity + before.paid_since - equity
    if lost < most * before.equity:
        return ""
    return f"the account has lost {lost:.2f} of {before.equity:.2f} since 00:00 UTC, and {most:.1%} is the most"


def _within_limits(
    order: Order, one: PricedSignal, state: AccountState, limits: Limits, foreign: Mapping[Series, str]
) -> Order:
    """The order, rejected where its entry is not allowed; what closes a position always is."""
    if order.closes or order.status is OrderStatus.REJECTED:
        return order
    reason = ""
    if order.series in foreign:
        currency = state.account.currency
        reason = f"{order.instrument} is paid in {foreign[order.series]}, and the account is kept in {currency}"
    taken = {held.instrument for held in state.positions if held.strategy == order.strategy}
    taken |= {o.instrument for o in state.orders if o.strategy == order.strategy and not o.closes}
    zone = venue_of(order.series.venue).zone
    proposal = Proposal(one.decided_at, zone, one.price, one.priced_at, one.price_before, len(taken))
    reason = reason or refusal(limits, proposal)
    return order.moved(OrderStatus.REJECTED, reason) if reason else order


def _terms_of(one: PricedSignal, limits: Limits) -> EntryTerms:
    """What is judged when the entry is sent to a market: the window in its own zone or the venue's, and the prices."""
    window = limits.trade_window
    if window is not None and not window.zone:
        window = replace(window, zone=venue_of(one.signal.series.venue).zone)
    precision = precision_of(one.signal.series.venue)
    before = None if one.price_before is None else decimal_price(one.price_before, precision)
    price = decimal_price(one.price, precision)
    return EntryTerms(price, one.priced_at, before, window, limits.max_price_age, limits.max_move)
