"""An account's cash and positions, derived again from deposits, executions and corporate actions, not its book."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from algo_trading.domain.account import AccountClock
from algo_trading.domain.booking import cash_for, cause_of, divided, dust_cause, split_quantity, split_ratio
from algo_trading.domain.coins import is_coin_venue, split_pair
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.ends import end_of
from algo_trading.domain.financing import FINANCING, financing_of
from algo_trading.domain.ledger import Entry, EntryKind, Holding, Sums
from algo_trading.domain.order import Execution, Order
from algo_trading.domain.signal import Side
from algo_trading.domain.time import midnight

OF_ACTIONS = {EntryKind.SPLIT, EntryKind.DIVIDEND, EntryKind.DELISTED, EntryKind.MERGED}
CORRECTED = ", corrected at "  # between the cause of an action and the moment, in the causes of corrections


class Fill(NamedTuple):
    """An execution and its order."""

    order: Order
    execution: Execution


class Effect(NamedTuple):
    """A corporate action and the moment from which it counts for the holdings that follow a clock.

    `previous` is what the actions since the last close have left of it.
    """

    at: datetime
    clock: AccountClock
    action: CorporateAction
    previous: Decimal | None = None


class Change(NamedTuple):
    """What a corporate action or a night changes: cash of `asset`, or, where that is empty, what the holding has.

    `at` is the beginning of the action's ex-date, or the end of the night, whose interest belongs to no holding.
    """

    cause: str
    at: datetime
    asset: str
    holding: Holding | None


@dataclass
class Derivation:
    """What an account comes to after so many fills; `changes` are the amounts that its corporate actions brought.

    `prices` are those of the newest fills.
    """

    currency: str
    cash: dict[str, Decimal] = field(default_factory=dict)
    held: dict[Holding, Decimal] = field(default_factory=dict)
    changes: dict[Change, Decimal] = field(default_factory=dict)
    prices: dict[Holding, Decimal] = field(default_factory=dict)
    fills: int = 0

    @property
    def sums(self) -> Sums:
        """Cash and positions that are not zero."""
        return Sums(
            {asset: amount for asset, amount in self.cash.items() if amount},
            {holding: amount for holding, amount in self.held.items() if amount},
        )

    def pay(self, asset: str, amount: Decimal) -> None:
        """Cash comes, or goes where it is negative."""
        self.cash[asset] = self.cash.get(asset, Decimal(0)) + amount

    def fill(self, one: Fill) -> None:
        """Shares for cash; a fee that was taken in the coin that is traded makes the position smaller."""
        order, execution = one
        self.fills += 1
        holding, sign = Holding(order.strategy, order.series), 1 if order.side is Side.BUY else -1
        change, pair = sign * execution.quantity, split_pair(order.series.symbol)
        coin = pair[0] if pair is not None and is_coin_venue(order.series.venue) else ""
        self.prices[holding] = execution.price
        self.pay(self.currency, -sign * execution.value)
        if coin and execution.commission_asset == coin != self.currency:
            change -= execution.commission
        elif execution.commission:
            self.pay(execution.commission_asset, -execution.commission)
        self.held[holding] = self.held.get(holding, Decimal(0)) + change

    def act(self, effect: Effect) -> None:
        """A split multiplies what is held, a dividend pays for it; an end turns it into cash or something else."""
        action = effect.action
        cause, at = cause_of(action), midnight(action.ex_date)
        for holding, quantity in [*self.held.items()]:
            if not quantity or holding.series.instrument != action.instrument or not effect.clock.times(holding.series):
                continue
            if action.kind.ends:
                self.end(effect, holding)
            elif action.kind is ActionKind.SPLIT:
                ratio = split_ratio(action.value)
                self.held[holding], in_lieu = split_quantity(holding.series, quantity, ratio, effect.previous)
                if in_lieu:
                    self.pay(self.currency, in_lieu)
                    self.changes[Change(cause, at, self.currency, holding)] = in_lieu
                self.changes[Change(cause, at, "", holding)] = self.held[holding] - quantity
            else:
                amount = cash_for(holding.series, quantity, action.value)
                self.pay(self.currency, amount)
                self.changes[Change(cause, at, self.currency, holding)] = amount

    def end(self, effect: Effect, holding: Holding) -> None:
        """What is held of an instrument that ends becomes cash, or what takes its place."""
        action = effect.action
        cause, at, quantity = cause_of(action), midnight(action.ex_date), self.held.pop(holding)
        ended = end_of(holding.series, quantity, action, effect.previous)
        self.changes[Change(cause, at, "", holding)] = -quantity
        if ended.series is not None and ended.quantity:
            after = Holding(holding.strategy, ended.series)
            self.held[after] = self.held.get(after, Decimal(0)) + ended.quantity
            self.changes[Change(cause, at, "", after)] = ended.quantity
            self.prices.setdefault(after, divided(self.prices[holding], split_ratio(action.value)))
        if ended.cash:
            self.pay(self.currency, ended.cash)
            self.changes[Change(cause, at, self.currency, holding)] = ended.cash

    def dust(self, asset: str, holding: Holding) -> None:
        """What was left of a position became cash of its coin."""
        self.pay(asset, self.held.pop(holding, Decimal(0)))

    def finance(self, entry: Entry) -> None:
        """Interest or a borrow fee, of what is there by now at the rate and price that were booked."""
        amount = financing_of(entry, self.cash.get(entry.asset, Decimal(0)), self.held)
        self.pay(entry.asset, amount)
        self.changes[Change(entry.cause, entry.effective_at, entry.asset, entry.holding)] = amount


def derive(currency: str, book: Iterable[Entry], fills: Iterable[Fill], effects: Iterable[Effect]) -> Derivation:
    """Go through what happened in the order in which it happened; of one moment, corporate actions come first.

    Of the book only what nothing else tells is taken: deposits, withdrawals, that dust was cleared (not how much), and
    for which nights interest and borrow fees were booked, at which rates and prices (not which amounts). What was
    executed before a night was booked is before it, whatever its time.
    """
    made, book = Derivation(currency), list(book)
    nights = sorted({entry.effective_at for entry in book if entry.kind in FINANCING})
    booked_in = _nights_before(book)
    steps: list[tuple[int, datetime, int, Effect | Fill | Entry]] = [
        (bisect_right(nights, effect.at), effect.at, 0, effect) for effect in effects
    ]
    for fill in fills:
        at = fill.execution.at
        steps.append((booked_in.get(fill.execution.id, bisect_right(nights, at)), at, 1, fill))
    for entry in book:
        at = entry.effective_at
        dust = entry.kind is EntryKind.CORRECTION and entry.asset and entry.cause.startswith(dust_cause(""))
        if dust or entry.kind in {EntryKind.DEPOSIT, EntryKind.WITHDRAWAL}:
            steps.append((bisect_right(nights, at), at, 2, entry))
        elif entry.kind in FINANCING:
            steps.append((bisect_right(nights, at), nights[0], -1, entry))
    for *_, step in sorted(steps, key=lambda one: one[:3]):
        if isinstance(step, Effect):
            made.act(step)
        elif isinstance(step, Fill):
            made.fill(step)
        elif step.kind in FINANCING:
            made.finance(step)
        elif step.holding is not None:
            made.dust(step.asset, step.holding)
        else:
            made.pay(step.asset, step.amount)
    return made


def _nights_before(book: Iterable[Entry]) -> dict[str, int]:
    """How many nights had been booked before each execution was."""
    found: dict[str, int] = {}
    nights: set[datetime] = set()
    for entry in book:
        if entry.kind in FINANCING:
            nights.add(entry.effective_at)
        elif entry.kind is EntryKind.FILL:
            found[entry.cause] = len(nights)
    return found


def booked_changes(book: Iterable[Entry]) -> dict[Change, Decimal]:
    """What the book says that corporate actions and nights changed, corrections included."""
    found: dict[Change, Decimal] = {}
    for entry in book:
        corrects = entry.kind is EntryKind.CORRECTION and CORRECTED in entry.cause
        if corrects or entry.kind in {*OF_ACTIONS, *FINANCING}:
            change = Change(entry.cause.partition(CORRECTED)[0], entry.effective_at, entry.asset, entry.holding)
            found[change] = found.get(change, Decimal(0)) + entry.amount
    return {change: amount for change, amount in found.items() if amount}


def corrections(booked: Mapping[Change, Decimal], derived: Mapping[Change, Decimal]) -> dict[Change, Decimal]:
    """What would have to be booked besides, by action, for the book to say what is known of them now."""
    zero = Decimal(0)
    missing = {change: derived.get(change, zero) - booked.get(change, zero) for change in {*booked, *derived}}
    ordered = sorted(
        missing, key=lambda one: (one.at, one.cause, one.asset, (one.holding and one.holding.sort_key) or ())
    )
    return {change: missing[change] for change in ordered if missing[change]}


def unlike(booked: Mapping[Change, Decimal], derived: Mapping[Change, Decimal]) -> Sequence[str]:
    """A sentence on every corporate action that was booked otherwise than it is known now."""
    sentences = []
    for change in corrections(booked, derived):
        has, should = booked.get(change, Decimal(0)), derived.get(change, Decimal(0))
        what = change.holding.series.symbol if change.holding and not change.asset else change.asset
        who = change.holding.strategy.name if change.holding else "the account"
        said = f"{change.cause}: {who} should have got {should.normalize():f} {what}"
        sentences.append(f"{said}, and {has.normalize():f} was booked")
    return sentences
