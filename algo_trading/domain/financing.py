"""What cash earns and short positions cost overnight: the same rule for paper accounts and backtests.

A night is a change of the UTC date at which bars open, and counts 1/365 of the annual rate (actual/365, simple
interest for the nights between two bars). It is paid before the first bar of the new date opens. Interest is for all
cash, what short sales brought in included (the rebate that a prime broker pays); cash below zero pays the same rate.
Short positions cost `borrow` of their value at the last close.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Self

from algo_trading.domain.account import AccountState
from algo_trading.domain.costs import precision_of
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding

YEAR = 365  # nights
FINANCING = frozenset({EntryKind.INTEREST, EntryKind.BORROW})

_CAUSE = re.compile(
    r"(?P<count>\d+) nights? before (?P<until>[\d-]+) \((?P<venue>\S+)\) at (?P<rate>[\d.]+)(?: of (?P<price>[\d.]+))?"
)


@dataclass(frozen=True, slots=True)
class Nights:
    """The nights before the first bar of the date `until`, which opens at `venue`."""

    count: int
    until: date
    venue: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What nights are paid by: the annual rate, and of a short position the price of one."""

    nights: Nights
    rate: Decimal
    price: Decimal | None = None

    @classmethod
    def parse(cls, cause: str) -> Self:
        """The terms that an entry was booked for.

        Raises:
            ValueError: these are none.
        """
        found = _CAUSE.fullmatch(cause)
        if found is None:
            raise ValueError(f"{cause!r} is not what interest or a borrow fee is booked for")
        price = found["price"]
        nights = Nights(int(found["count"]), date.fromisoformat(found["until"]), found["venue"])
        return cls(nights, Decimal(found["rate"]), None if price is None else Decimal(price))

    def __str__(self) -> str:
        nights, of = self.nights, "" if self.price is None else f" of {self.price.normalize():f}"
        count = f"{nights.count} night{'' if nights.count == 1 else 's'}"
        return f"{count} before {nights.until} ({nights.venue}) at {self.rate.normalize():f}{of}"

    def paid(self, amount: Decimal) -> Decimal:
        """What an amount of cash earns, or a quantity costs (negative, as it is when short).

        What is below the step of money is not ours.
        """
        value = amount if self.price is None else amount * self.price
        step = precision_of(self.nights.venue).money
        return (value * self.rate * self.nights.count / YEAR).quantize(step, ROUND_FLOOR)


def overnight(
    state: AccountState, nights: Nights, prices: Mapping[Series, Decimal], at: datetime, booked_at: datetime
) -> tuple[AccountState, tuple[Entry, ...]]:
    """The account after some nights, at `at`, and the entries: interest first, then a fee for each short position.

    A short position without a price costs nothing.
    """
    costs, currency, entries = state.account.costs, state.account.currency, []
    if nights.count <= 0:
        return state, ()
    earned = Terms(nights, costs.interest)
    if interest := earned.paid(state.money):
        entries.append(Entry(EntryKind.INTEREST, str(earned), interest, at, booked_at, currency))
    for position in state.positions:
        if position.quantity < 0 and position.series in prices:
            terms = Terms(nights, costs.borrow, prices[position.series])
            if fee := terms.paid(position.quantity):
                entries.append(Entry(EntryKind.BORROW, str(terms), fee, at, booked_at, currency, position.holding))
    for entry in entries:
        state = state.paid(currency, entry.amount)
    return state, tuple(entries)


def financing_of(entry: Entry, cash: Decimal, held: Mapping[Holding, Decimal]) -> Decimal:
    """What an entry of interest or of a borrow fee should be, of an account with this cash and these positions.

    It is nothing where the entry does not say for what it was booked.
    """
    amount = cash if entry.holding is None else held.get(entry.holding, Decimal(0))
    try:
        return Terms.parse(entry.cause).paid(amount)
    except ValueError:
        return Decimal(0)
