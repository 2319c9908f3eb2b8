"""Prices of now: of what accounts hold, and of what is watched."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from algo_trading.domain.account import Account, Position
from algo_trading.domain.costs import precision_of
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.watchlist import Watchlist
from algo_trading.errors import AlgoTradingError
from algo_trading.gateways.brokers import Brokers
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.scores import ScoreRepository
from algo_trading.repositories.watchlists import WatchlistRepository
from algo_trading.services.prices import ReadPrices, split_price

LOG = logging.getLogger(__name__)
MOST_WATCHED = 250  # instruments; of more the first ones are read


@dataclass(frozen=True, slots=True)
class Quote:
    """A price and the moment that it is of."""

    price: float
    at: datetime


@dataclass(frozen=True, slots=True)
class HeldLine:
    """A position with the price of now (None: unknown). Fractions are counted from the entry price."""

    account: Account
    position: Position
    quote: Quote | None

    @property
    def change(self) -> float | None:
        """What the position has gained since its entry, as a fraction of the entry price."""
        entry = float(self.position.entry_price)
        if self.quote is None or not entry:
            return None
        return (self.quote.price / entry - 1.0) * (1.0 if self.position.quantity > 0 else -1.0)

    @property
    def target(self) -> Decimal | None:
        """The price at which it is left with a gain."""
        target = self.position.exits.target
        return None if target is None else self._level(self.position.entry_price, target)

    @property
    def stop(self) -> Decimal | None:
        """The price at which it is left with a loss, or by its trailing stop where that is nearer."""
        exits, found = self.position.exits, list[Decimal]()
        if exits.stop is not None:
            found.append(self._level(self.position.entry_price, -exits.stop))
        if exits.trailing is not None:
            found.append(self._level(self.position.best_price, -exits.trailing))
        nearest = max if self.position.quantity > 0 else min
        return nearest(found) if found else None

    def _level(self, price: Decimal, fraction: float) -> Decimal:
        side = 1 if self.position.quantity > 0 else -1
        level = price * (1 + side * Decimal(repr(fraction)))
        return level.quantize(precision_of(self.position.series.venue).price)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is held and what is watched, with prices; `at` is the moment of reading."""

    at: datetime
    held: tuple[HeldLine, ...]
    watched: Mapping[Instrument, Quote | None]


@dataclass(frozen=True)
class ReadWatch:
    """Read the newest price of everything that is held or watched.

    That is the last close or, where it is newer, the price of the newest scores, which the watch of candles takes
    every minute. What an account holds at a market has the price of its broker.
    """

    accounts: AccountRepository
    watchlists: WatchlistRepository
    prices: ReadPrices
    scores: ScoreRepository
    brokers: Brokers
    clock: Clock

    def __call__(self) -> Watch:
        """Everything, of all accounts."""
        states = [self.accounts.state(name) for name in self.accounts.names()]
        now = self.clock.now()
        held = [(state.account, position) for state in states for position in state.positions]
        series = {position.instrument: position.series for _, position in held}
        watched = dict(sorted(_shortest(self.watchlists.all()).items())[:MOST_WATCHED])
        quotes = self._quotes({*series.values(), *watched.values()}, now)
        lines = tuple(
            HeldLine(account, position, self._live(account, position) or quotes.get(position.instrument))
            for account, position in held
        )
        return Watch(now, lines, {one: quotes.get(one) for one in watched})

    def _quotes(self, series: Iterable[Series], now: datetime) -> dict[Instrument, Quote]:
        closes = self.prices.last_closes(series, now)
        oldest = min((last.date for last in closes.values()), default=now.date())
        splits = self.prices.splits([one.instrument for one in closes], now.date(), oldest)
        found: dict[Instrument, Quote] = {}
        for one, last in closes.items():
            quote = Quote(split_price(last, splits.get(one.instrument, ()), now.date()), last.at)
            known = found.get(one.instrument)
            found[one.instrument] = quote if known is None or known.at < quote.at else known
        for score in self.scores.newest():
            known = found.get(score.instrument)
            if known is not None and known.at < score.at <= now:
                found[score.instrument] = Quote(score.price, score.at)
        return found

    def _live(self, account: Account, position: Position) -> Quote | None:
        """The price at the account's broker, where it has one and answers."""
        try:
            broker = self.brokers(account)
            price = None if broker.simulated else broker.price(position.instrument)
        except AlgoTradingError as error:
            LOG.warning("no price of %s at %s: %s", position.instrument, account.broker, error)
            return None
        return None if price is None else Quote(float(price), self.clock.now())


def _shortest(watchlists: Iterable[Watchlist]) -> dict[Instrument, Series]:
    """The series of each watched instrument with the shortest bars: its last close is the newest."""
    found: dict[Instrument, Series] = {}
    for watchlist in watchlists:
        for one in watchlist.all_series:
            known = found.get(one.instrument)
            if known is None or one.interval.order < known.interval.order:
                found[one.instrument] = one
    return found
