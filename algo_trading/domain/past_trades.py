"""Trades that are over: what a strategy bought and sold of a series, and what it brought."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from algo_trading.domain.ledger import Entry, Holding


@dataclass(frozen=True, slots=True)
class PastTrade:
    """From the first fill of a position to the one that closed it.

    `profit` is in the account's currency after commissions, dividends included, `result` its fraction of what was paid
    for the position (of what its sale brought, where it was short).
    """

    opened_at: datetime
    closed_at: datetime
    profit: Decimal
    result: float


def past_trades(book: Iterable[Entry], holding: Holding, currency: str) -> list[PastTrade]:
    """The trades of a holding that are over, oldest first; amounts of other assets than `currency` do not count."""
    moments: defaultdict[datetime, list[Entry]] = defaultdict(list)
    for entry in book:
        if entry.holding == holding:
            moments[entry.effective_at].append(entry)
    found = []
    held, paid, received, opened_at = Decimal(0), Decimal(0), Decimal(0), None
    short = False
    for at in sorted(moments):
        before = held
        held += sum((one.amount for one in moments[at] if not one.asset), Decimal(0))
        cash = [one.amount for one in moments[at] if one.asset == currency]
        if not before and held:
            opened_at, paid, received, short = at, Decimal(0), Decimal(0), held < 0
        paid -= sum((amount for amount in cash if amount < 0), Decimal(0))
        received += sum((amount for amount in cash if amount > 0), Decimal(0))
        if before and not held and opened_at is not None:
            invested = received if short else paid
            result = float((received - paid) / invested) if invested else 0.0
            found.append(PastTrade(opened_at, at, received - paid, result))
    return found
