"""The book of an account: entries that are only ever added, whose sums are its cash and positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import StrategyId


class EntryKind(StrEnum):
    """Why an amount changed."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    FILL = "fill"
    COMMISSION = "commission"
    SPLIT = "split"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    BORROW = "borrow"
    DELISTED = "delisted"
    MERGED = "merged"
    CORRECTION = "correction"


class Holding(NamedTuple):
    """What one strategy holds of the instrument of one series: a sell closes only what the same strategy bought."""

    strategy: StrategyId
    series: Series

    @property
    def sort_key(self) -> tuple[StrategyId, tuple[str, str, int]]:
        """By strategy and series."""
        return self.strategy, self.series.sort_key


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the book.

    `amount` is of `asset`, a currency or coin kept as cash; without one it is of the instrument of `holding`. A line
    about cash names the holding that it was paid or received for, where there is one. `cause` names what is booked (the
    broker's execution id, a corporate action): with kind, asset and holding it is unique in an account. It counts from
    `effective_at`, and was written down at `booked_at`.
    """

    kind: EntryKind
    cause: str
    amount: Decimal
    effective_at: datetime
    booked_at: datetime
    asset: str = ""
    holding: Holding | None = None


@dataclass(frozen=True, slots=True)
class Sums:
    """What entries add up to: cash by asset, and quantities by holding; those that are zero are left out."""

    cash: Mapping[str, Decimal]
    held: Mapping[Holding, Decimal]


def sums_of(entries: Iterable[Entry]) -> Sums:
    """Cash and positions that follow from a book."""
    cash: dict[str, Decimal] = {}
    held: dict[Holding, Decimal] = {}
    for entry in entries:
        if entry.asset:
            cash[entry.asset] = cash.get(entry.asset, Decimal(0)) + entry.amount
        elif entry.holding is not None:
            held[entry.holding] = held.get(entry.holding, Decimal(0)) + entry.amount
    return Sums(
        {asset: amount for asset, amount in cash.items() if amount},
        {holding: amount for holding, amount in held.items() if amount},
    )


def differences(booked: Sums, other: Sums, says: str = "the book has") -> list[str]:
    """A sentence on every amount in which two sums differ, the first of which `says` so; empty where they agree."""
    sentences = []
    for asset in sorted({*booked.cash, *other.cash}):
        ours, theirs = booked.cash.get(asset, Decimal(0)), other.cash.get(asset, Decimal(0))
        if ours != theirs:
            sentences.append(f"{asset}: {says} {ours.normalize():f}, not {theirs.normalize():f}")
    for holding in sorted({*booked.held, *other.held}, key=lambda holding: holding.sort_key):
        ours, theirs = booked.held.get(holding, Decimal(0)), other.held.get(holding, Decimal(0))
        if ours != theirs:
            name = f"{holding.series} of {holding.strategy}"
            sentences.append(f"{name}: {says} {ours.normalize():f}, not {theirs.normalize():f}")
    return sentences
