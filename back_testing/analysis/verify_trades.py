"""Live agrees with backtest: stored orders, fills and exits are derived again from signals and bars."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal

import numpy as np

from algo_trading.calendars import Calendars
from algo_trading.domain.account import Account, AccountState, Position
from algo_trading.domain.bars import COLUMNS, Bars
from algo_trading.domain.costs import decimal_price, precision_of
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Execution, Order
from algo_trading.domain.signal import Side
from algo_trading.domain.time import DAY, Period, array_time, moment_of
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository, split_by_series
from algo_trading.repositories.signals import SignalRepository
from algo_trading.risk.matching import match
from algo_trading.services.place_exits import exit_in_bar
from algo_trading.services.prices import Bar


@dataclass(frozen=True)
class TradesReport:
    """How many orders, fills and exits were derived again, and the differences, a sentence each.

    Accounts on stored bars have `mismatches`. At a market fills are not those of bars: each difference is `explained`.
    """

    orders: int = 0
    fills: int = 0
    exits: int = 0
    mismatches: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()

    def __add__(self, other: "TradesReport") -> "TradesReport":
        return TradesReport(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


@dataclass
class _Trip:
    """A position from the order that opened it to the one that closed it, if there is one, with their fills."""

    entry: Order
    bought: list[Execution]
    closing: Order | None = None
    sold: list[Execution] = field(default_factory=list)


@dataclass(frozen=True)
class VerifyTrades:
    """Derive what accounts did.

    An order rests on a stored signal that says so. A fill has the price that its bar gives to the order. A position
    with exits was left in the first bar in which one of them is met, by the order that this makes, or stayed as long as
    none was. `simulated` says of an account whether its broker executes on stored bars.
    """

    accounts: AccountRepository
    signals: SignalRepository
    bars: BarRepository
    actions: CorporateActionRepository
    calendars: Calendars
    simulated: Callable[[Account], bool]

    def __call__(self, series: Sequence[Series] | None = None, strategies: Collection[str] = ()) -> TradesReport:
        """Check all accounts; only these series and the strategies of these names, where any are given."""
        report = TradesReport()
        for name in self.accounts.names():
            state = self.accounts.state(name)
            orders = {
                order.client_order_id: order
                for order in self.accounts.orders(name)
                if (series is None or order.series in series) and (not strategies or order.strategy.name in strategies)
            }
            executed = [one for one in self.accounts.executions(name) if one.client_order_id in orders]
            bars = split_by_series(self.bars.read(sorted({one.series for one in orders.values()}), None, None))
            for order in orders.values():
                report += self._signal(order)
            seen: set[str] = set()
            for one in executed:
                report += self._fill(state, orders[one.client_order_id], one, bars, again=one.client_order_id in seen)
                seen.add(one.client_order_id)
            for trip in _trips(orders, executed):
                report += self._exit(state, trip, bars.get(trip.entry.series))
        return report

    def _signal(self, order: Order) -> TradesReport:
        if not order.signal:
            return TradesReport()
        said = self.signals.find(order.signal)
        if said is None:
            return TradesReport(1, mismatches=(f"{_name(order)}: its signal is not stored",))
        if (said.side, said.strategy, said.series) != (order.side, order.strategy, order.series):
            return TradesReport(1, mismatches=(f"{_name(order)}: its signal says {said.side} {said.series}",))
        return TradesReport(1)

    def _fill(
        self, state: AccountState, order: Order, one: Execution, bars: dict[Series, Bars], *, again: bool
    ) -> TradesReport:
        """Compare the price of a fill with what the bar that it was in leads to; `again` for what followed a part."""
        own, simulated = bars.get(order.series), self.simulated(state.account)
        opened_at = self._opened_at(order, one, simulated=simulated)
        bar = None if own is None else _bar(own, opened_at)
        at = f"{_name(order)}: filled at {one.price.normalize():f} on {one.at:%Y-%m-%d %H:%M}"
        if bar is None:
            return TradesReport(fills=1, explained=(f"{at}, and no bar of that time is stored",))
        precision = precision_of(order.series.venue)
        open_, high, low = (decimal_price(price, precision) for price in (bar.open, bar.high, bar.low))
        if not simulated:
            away = float(one.price / open_ - 1)
            said = f"{at}, {away:+.2%} from the open of its bar, {open_.normalize():f}: at the market's price then"
            return TradesReport(fills=1, explained=(said,) if away else ())
        found = match(replace(order, triggered=again), open_, high, low)
        costs = state.account.costs
        price = found.price
        if price is not None and found.slips:
            price = costs.fill_price(order.side, price, precision)
        if price == one.price:
            return TradesReport(fills=1)
        derived = "nothing" if price is None else f"a fill at {price.normalize():f}"
        return TradesReport(fills=1, mismatches=(f"{at}, and its bar and the account's costs make {derived}",))

    def _opened_at(self, order: Order, one: Execution, *, simulated: bool) -> datetime:
        """The opening of the bar that a fill was in: the paper broker names it, at a market it is the running one."""
        calendar, interval = self.calendars(order.series.venue), order.series.interval
        if simulated:
            return calendar.parse(interval, one.id.partition(":")[2]).opened_at
        running = calendar.next(interval, calendar.newest_closed(interval, one.at).opened_at)
        return running.opened_at

    def _exit(self, state: AccountState, trip: _Trip, bars: Bars | None) -> TradesReport:
        """Find the first bar in which an exit of the position is met, and compare it with how it was left."""
        entry, closing, simulated = trip.entry, trip.closing, self.simulated(state.account)
        if not entry.exits or bars is None:
            return TradesReport()
        by_exit = closing is not None and (", entered at " in closing.reason or closing.rests)
        until = self._until(state, trip) if not by_exit else None
        first = self._opened_at(entry, trip.bought[0], simulated=simulated)
        last = trip.sold[-1].at if trip.sold else moment_of(bars.closed_at[-1])
        changed = self.actions.read([entry.instrument], last.date(), first.date() + DAY)
        if changed:
            said = f"{_name(entry)}: its exits are not derived, for there was the {changed[0]}"
            return TradesReport(exits=1, explained=(said,))
        derived = self._first_exit(state, trip, bars, first, until)
        if by_exit and derived is not None and closing is not None:
            if _same(derived, closing) or (not simulated and self._alike(derived, trip)):
                return TradesReport(exits=1)
        elif derived is None and not by_exit:
            return TradesReport(exits=1)
        how = "stays" if closing is None else f"was left on {closing.decided_at:%Y-%m-%d %H:%M} ({closing.reason})"
        bars_say = "no exit" if derived is None else f"{derived.reason} in {derived.period}"
        sentence = f"{_name(entry)}: the position {how}, and bars lead to: {bars_say}"
        if simulated:
            return TradesReport(exits=1, mismatches=(sentence,))
        return TradesReport(exits=1, explained=(f"{sentence} (a market is watched between bars, too)",))

    def _alike(self, derived: Order, trip: _Trip) -> bool:
        """Whether a market led to the same exit within the bar that does."""
        period = self.calendars(derived.series.venue).period(derived.series.interval, derived.opened_at)
        kind = derived.reason.partition(" at ")[0].partition(" of ")[0]
        within = period.starts_at <= trip.sold[0].at <= period.closed_at
        return trip.closing is not None and trip.closing.reason.startswith(kind) and within

    def _until(self, state: AccountState, trip: _Trip) -> datetime:
        """The moment before which bars have to begin for their exits to count where something else closed it."""
        if trip.closing is not None:
            return trip.closing.decided_at
        series = trip.entry.series
        clock = state.clock(series.venue, series.interval)
        if clock is None or clock.cursor is None:
            return trip.bought[0].at
        return self.calendars(series.venue).period(series.interval, clock.cursor).closed_at

    def _first_exit(
        self, state: AccountState, trip: _Trip, bars: Bars, first: datetime, until: datetime | None
    ) -> Order | None:
        """The order that leaves the position, by bars that begin before `until` (None: all), as live places it."""
        position = _position(trip)
        for period, bar in self._walk(trip.entry.series, bars, first):
            if until is not None and period.starts_at >= until:
                break
            order, position = exit_in_bar(state.account.name, position, bar, period)
            if order is not None:
                return order
        return None

    def _walk(self, series: Series, bars: Bars, first: datetime) -> Iterator[tuple[Period, Bar]]:
        """The bars in which there was trade, from one on."""
        calendar = self.calendars(series.venue)
        for index in range(int(np.searchsorted(bars.opened_at, array_time(first))), len(bars)):
            if bars.volume[index] > 0 and bars.open[index] > 0:
                period = calendar.period(series.interval, moment_of(bars.opened_at[index]))
                yield period, _values(bars, index)


def _trips(orders: dict[str, Order], executed: Sequence[Execution]) -> list[_Trip]:
    """Positions with the order that opened and the one that first closed each."""
    trips: list[_Trip] = []
    newest: dict[Holding, _Trip] = {}
    # What closes a position comes before what is opened at the same moment.
    for one in sorted(executed, key=lambda fill: (fill.at, not orders[fill.client_order_id].closes)):
        order = orders[one.client_order_id]
        holding = Holding(order.strategy, order.series)
        trip = newest.get(holding)
        if not order.closes:
            if trip is not None and trip.entry is order:
                trip.bought.append(one)
                continue
            newest[holding] = _Trip(order, [one])
            trips.append(newest[holding])
        elif trip is not None and trip.closing in {None, order}:
            trip.closing = order
            trip.sold.append(one)
    return trips


def _position(trip: _Trip) -> Position:
    """The position as it was opened."""
    bought, entry = trip.bought, trip.entry
    quantity = sum((one.quantity for one in bought), Decimal(0))
    price = bought[0].price if len(bought) == 1 else sum((one.value for one in bought), Decimal(0)) / quantity
    signed = quantity if entry.side is Side.BUY else -quantity
    return Position(
        entry.strategy, entry.series, signed, price, price, entry.client_order_id, entry.exits, bought[0].at
    )


def _same(derived: Order, stored: Order) -> bool:
    """Whether an order is the one that bars lead to."""
    names = ("client_order_id", "opened_at", "side", "type", "stop_price", "reason")
    return all(getattr(derived, name) == getattr(stored, name) for name in names)


def _bar(bars: Bars, opened_at: datetime) -> Bar | None:
    index = int(np.searchsorted(bars.opened_at, array_time(opened_at)))
    found = index < len(bars) and bars.opened_at[index] == array_time(opened_at)
    return _values(bars, index) if found else None


def _values(bars: Bars, index: int) -> Bar:
    return Bar(*(float(getattr(bars, name)[index]) for name in COLUMNS))


def _name(order: Order) -> str:
    return f"{order.account}: {order.side} {order.series} of {order.strategy.name} ({order.client_order_id[:8]})"
