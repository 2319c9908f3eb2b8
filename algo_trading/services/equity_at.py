"""What an account was worth at a moment, by its book."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from algo_trading.domain.account import Account
from algo_trading.domain.ledger import Entry, EntryKind, sums_of
from algo_trading.services.prices import ReadPrices

PAYMENTS = frozenset({EntryKind.DEPOSIT, EntryKind.WITHDRAWAL})


@dataclass(frozen=True, slots=True)
class Worth:
    """Equity at a moment, and what was paid in (or out, negative) since, in the account's currency."""

    equity: Decimal
    paid_since: Decimal


@dataclass(frozen=True)
class EquityAt:
    """Add up a book as it stood, with the last closes before. Coins kept as cash have no price and count nothing."""

    prices: ReadPrices

    def __call__(self, account: Account, entries: Iterable[Entry], moment: datetime, step: Decimal) -> Worth:
        """What the entries that count before `moment` come to, to a step of money."""
        book = list(entries)
        sums = sums_of(one for one in book if one.effective_at < moment)
        held = {holding.series for holding in sums.held}
        prices = self.prices.prices(held, moment, moment.date())
        value = sum((q * prices[h.series] for h, q in sums.held.items() if h.series in prices), Decimal(0))
        equity = (sums.cash.get(account.currency, Decimal(0)) + value).quantize(step, ROUND_HALF_EVEN)
        paid = (one.amount for one in book if one.kind in PAYMENTS and one.effective_at >= moment)
        return Worth(equity, sum(paid, Decimal(0)))
