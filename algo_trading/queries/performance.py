"""How an account has done: equity day by day, returns, fees, and what each strategy brought on each series."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np

from algo_trading.domain.account import AccountState
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import CorporateAction
from algo_trading.domain.ledger import Entry, EntryKind, Holding
from algo_trading.domain.time import array_time, midnight, moment_of
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, split_by_series
from algo_trading.services.equity_at import PAYMENTS
from algo_trading.services.prices import LastClose, ReadPrices, split_price, trading_date

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity at a moment, in the account's currency, and what 1 at the start has become without payments since."""

    at: datetime
    equity: float
    growth: float


@dataclass(frozen=True, slots=True)
class HoldingResult:
    """What a strategy brought on a series, realized or not and after fees in the account's currency.

    `value` is that of what it holds, `fees` by asset, `fills` the number of executions.
    """

    strategy: str
    series: str
    profit: float
    value: float
    fees: Mapping[str, Decimal]
    fills: int


@dataclass(frozen=True, slots=True)
class Performance:
    """An account's results. Returns and drawdown are time-weighted: payments in and out do not count.

    A position is worth its last close; coins kept as cash (fees paid in them, dust) have no price and count nothing.
    """

    account: str
    currency: str
    curve: tuple[EquityPoint, ...]
    total_return: float
    max_drawdown: float
    paid: Decimal
    fees: Mapping[str, Decimal]
    results: tuple[HoldingResult, ...]


@dataclass(frozen=True)
class ReadPerformance:
    """Add up an account's book and price it with stored closes."""

    accounts: AccountRepository
    bars: BarRepository
    prices: ReadPrices

    def __call__(self, name: str, now: datetime) -> Performance:
        """The performance up to a moment, or up to the newest period that was processed if that is earlier.

        KeyError if there is no such account.
        """
        state, entries = self.accounts.state(name), self.accounts.entries(name)
        account, currency = state.account, state.account.currency
        book = sorted(entries, key=lambda one: one.effective_at)
        processed = max((clock.cursor for clock in state.clocks if clock.cursor), default=now)
        priced = self._priced(book, account.start, min(now, processed))
        now = min(now, max([account.start, processed, *priced.closes(), *(one.effective_at for one in book)]))
        curve = tuple(_curve(book, currency, _moments(account.start, now), priced))
        growths = np.array([point.growth for point in curve])
        drawdowns = 1.0 - growths / np.maximum.accumulate(growths)
        return Performance(
            account=name,
            currency=currency,
            curve=curve,
            total_return=curve[-1].growth - 1.0,
            max_drawdown=float(np.max(drawdowns)),
            paid=sum((one.amount for one in book if one.kind in PAYMENTS), Decimal(0)),
            fees=_fees(book),
            results=tuple(_results(book, state, priced, now)),
        )

    def _priced(self, book: Sequence[Entry], start: datetime, now: datetime) -> "_Closes":
        holdings = sorted({one.holding.series for one in book if one.holding is not None}, key=lambda one: one.sort_key)
        if not holdings:
            return _Closes({})
        # What is held at the start may not have traded for long: its close is the last one before.
        before = split_by_series(self.bars.read_last(holdings, start, 2))
        first = min([start, *(moment_of(bars.opened_at[0]) for bars in before.values())])
        found = split_by_series(self.bars.read(holdings, first, now))
        splits = self.prices.splits([one.instrument for one in holdings], now.date(), first.date())
        return _Closes({str(series): (bars, splits.get(series.instrument, [])) for series, bars in found.items()})


@dataclass(frozen=True)
class _Closes:
    """Closes of series, and their splits."""

    bars: Mapping[str, tuple[Bars, list[CorporateAction]]]

    def closes(self) -> list[datetime]:
        """When the last bar of each series closed."""
        return [moment_of(bars.closed_at[-1]) for bars, _ in self.bars.values() if len(bars)]

    def value(self, holding: Holding, quantity: Decimal, moment: datetime) -> float:
        """What a quantity is worth at a moment; nothing where there is no close before."""
        bars, splits = self.bars.get(str(holding.series), (None, []))
        closed = 0 if bars is None else int(np.searchsorted(bars.closed_at, array_time(moment), side="right"))
        if bars is None or not closed or not quantity:
            return 0.0
        at = moment_of(bars.closed_at[closed - 1])
        last = LastClose(float(bars.close[closed - 1]), at, trading_date(holding.series.venue, at))
        known = [split for split in splits if midnight(split.ex_date) < moment]
        return float(quantity) * split_price(last, known, moment.date())


def _moments(start: datetime, now: datetime) -> list[datetime]:
    """The account's start, each 00:00 UTC after it, and now."""
    first = midnight(start.date()) + DAY
    days = max((now - first) // DAY + 1, 0)
    found = [start, *(first + number * DAY for number in range(days))]
    return found if found[-1] >= now else [*found, now]


def _curve(book: Sequence[Entry], currency: str, moments: Sequence[datetime], priced: _Closes) -> list[EquityPoint]:
    """Equity and growth at each moment: a period's payments are taken off its end (time-weighted by the day)."""
    cash, held = Decimal(0), defaultdict[Holding, Decimal](Decimal)
    points: list[EquityPoint] = []
    left = list(book[::-1])
    for number, moment in enumerate(moments):
        paid = Decimal(0)
        while left and (left[-1].effective_at < moment or (number == 0 and left[-1].effective_at == moment)):
            one = left.pop()
            if one.asset == currency:
                cash += one.amount
                paid += one.amount if one.kind in PAYMENTS else 0
            elif not one.asset and one.holding is not None:
                held[one.holding] += one.amount
        equity = float(cash) + sum(priced.value(holding, quantity, moment) for holding, quantity in held.items())
        growth = 1.0
        if points:
            before = points[-1]
            growth = before.growth * ((equity - float(paid)) / before.equity if before.equity else 1.0)
        points.append(EquityPoint(moment, equity, growth))
    return points


def _fees(book: Sequence[Entry]) -> dict[str, Decimal]:
    """Commissions by asset; those taken in what was bought are named by its symbol."""
    fees = defaultdict[str, Decimal](Decimal)
    for one in book:
        if one.kind is EntryKind.COMMISSION:
            fees[one.asset or (one.holding.series.symbol if one.holding else "")] -= one.amount
    return dict(sorted(fees.items()))


def _results(book: Sequence[Entry], state: AccountState, priced: _Closes, now: datetime) -> list[HoldingResult]:
    by_holding = defaultdict[Holding, list[Entry]](list)
    for one in book:
        if one.holding is not None:
            by_holding[one.holding].append(one)
    results = []
    for holding in sorted(by_holding, key=lambda one: one.sort_key):
        own = by_holding[holding]
        position = state.position(holding)
        value = 0.0 if position is None else priced.value(holding, position.quantity, now)
        cash = sum((one.amount for one in own if one.asset == state.account.currency), Decimal(0))
        fills = sum(one.kind is EntryKind.FILL and not one.asset for one in own)
        results.append(
            HoldingResult(holding.strategy.name, str(holding.series), float(cash) + value, value, _fees(own), fills)
        )
    return results
