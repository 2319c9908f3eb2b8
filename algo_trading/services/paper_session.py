"""One session in the life of a paper account, as a pure function.

In the order of the day: corporate actions before the open, waiting orders at the open, new orders at the close.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from algo_trading.domain.account import Account, Entry, EntryKind, Fill, Order, OrderStatus, Position
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.repositories.accounts import AccountStep
from algo_trading.risk.costs import CENT, PRICE_STEP, Costs
from algo_trading.risk.sizing import SizingRules, order_for

SHARE_STEP = Decimal("0.00000001")
ROUNDED_UP = Decimal("0.02")  # the most that rounding can add to value and commission


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one instrument for one session, as traded. `opened` is False where there was no bar or no volume."""

    open: Decimal
    close: Decimal
    opened: bool


@dataclass(frozen=True)
class SessionInputs:
    """What is known at the close of `session`. A quote without a bar carries the last known close."""

    session: date
    quotes: Mapping[Instrument, Quote]
    actions: Sequence[CorporateAction]
    signals: Sequence[Signal]


def price(value: float) -> Decimal:
    """A stored price as money, to a millionth."""
    return Decimal(repr(value)).quantize(PRICE_STEP)


def advance(account: Account, inputs: SessionInputs, costs: Costs, rules: SizingRules) -> AccountStep:
    """Move `account` to `inputs.session`."""
    step = AccountStep(account)
    for action in sorted(inputs.actions, key=lambda a: (a.ex_date, a.kind is ActionKind.DIVIDEND, a.instrument)):
        step = _apply(step, action, inputs.session)
    step = replace(step, entries=_summed(step.entries))
    # Sells first: what they bring in can pay for the buys.
    for order in sorted(account.pending, key=lambda order: order.side is Side.BUY):
        step = _fill(step, order, inputs, costs)
    equity = equity_of(step.account, inputs.quotes)
    decided = (order_for(signal, step.account, equity, rules) for signal in inputs.signals)
    orders = [order for order in decided if order is not None]
    pending = (*step.account.pending, *(order for order in orders if order.status is OrderStatus.PENDING))
    moved = replace(step.account, cursor=inputs.session, pending=pending)
    return replace(step, account=moved, orders=(*step.orders, *orders))


def equity_of(account: Account, quotes: Mapping[Instrument, Quote]) -> Decimal:
    """Cash and positions at the last known closes; a position without one counts as worthless."""
    held = sum(
        (p.quantity * quotes[p.instrument].close for p in account.positions if p.instrument in quotes), Decimal(0)
    )
    return (account.cash + held).quantize(CENT, ROUND_HALF_EVEN)


def _apply(step: AccountStep, action: CorporateAction, session: date) -> AccountStep:
    positions, entries, cash = [], [], step.account.cash
    value = Decimal(repr(action.value))
    for position in step.account.positions:
        if position.instrument != action.instrument:
            positions.append(position)
        elif action.kind is ActionKind.SPLIT:
            quantity = (position.quantity * value).quantize(SHARE_STEP, ROUND_DOWN)
            change = quantity - position.quantity
            entries.append(Entry(session, EntryKind.SPLIT, position.strategy, position.instrument, Decimal(0), change))
            if quantity:
                positions.append(replace(position, quantity=quantity))
        else:
            paid = (position.quantity * value).quantize(CENT, ROUND_DOWN)
            cash += paid
            entry = Entry(session, EntryKind.DIVIDEND, position.strategy, position.instrument, paid, Decimal(0))
            entries.append(entry)
            positions.append(position)
    account = replace(step.account, positions=tuple(positions), cash=cash)
    return replace(step, account=account, entries=(*step.entries, *entries))


def _summed(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """One line for each kind of action: two ex-dates between one session and the next come to the same session."""
    sums: dict[tuple[EntryKind, StrategyId, Instrument], Entry] = {}
    for entry in entries:
        key = (entry.kind, entry.strategy, entry.instrument)
        before = sums.get(key, replace(entry, cash=Decimal(0), quantity=Decimal(0)))
        sums[key] = replace(entry, cash=before.cash + entry.cash, quantity=before.quantity + entry.quantity)
    return tuple(sums.values())


def _fill(step: AccountStep, order: Order, inputs: SessionInputs, costs: Costs) -> AccountStep:
    quote = inputs.quotes.get(order.instrument)
    if quote is None or not quote.opened:
        return step
    at = costs.fill_price(order.side, quote.open)
    if order.side is Side.BUY:
        return _buy(step, order, at, inputs.session, costs)
    same = [p for p in step.account.positions if (p.strategy, p.instrument) == (order.strategy, order.instrument)]
    if not same:
        return _refuse(step, order, "a split has left nothing to sell")
    (held,) = same
    value = (held.quantity * at).quantize(CENT, ROUND_DOWN)
    commission = costs.commission_on(value)
    fill = Fill(order.client_order_id, inputs.session, held.quantity, at, commission)
    remaining = tuple(position for position in step.account.positions if position is not held)
    return _settle(step, order, fill, value - commission, remaining)


def _buy(step: AccountStep, order: Order, at: Decimal, session: date, costs: Costs) -> AccountStep:
    account = step.account
    assert order.budget is not None
    shares, value, commission = _affordable(order.budget, at, costs)
    if value + commission > order.budget:
        shares, value, commission = _affordable(order.budget - ROUNDED_UP, at, costs)
    if shares <= 0:
        return _refuse(step, order, f"the budget of {order.budget} does not buy one share at {at:.2f}")
    if value + commission > account.cash:
        what = "1 share costs" if shares == 1 else f"{shares} shares cost"
        reason = f"{what} {value + commission} with commission, and the account has {account.cash}"
        return _refuse(step, order, reason)
    fill = Fill(order.client_order_id, session, shares, at, commission)
    bought = Position(order.strategy, order.instrument, shares)
    positions = sorted((*account.positions, bought), key=lambda p: (p.strategy, p.instrument))
    return _settle(step, order, fill, -(value + commission), tuple(positions))


def _affordable(money: Decimal, at: Decimal, costs: Costs) -> tuple[Decimal, Decimal, Decimal]:
    """How many shares `money` buys, their value and the commission, both rounded to the cent."""
    shares = (money / (at * (1 + costs.commission))).quantize(Decimal(1), ROUND_DOWN)
    value = (shares * at).quantize(CENT, ROUND_HALF_EVEN)
    return shares, value, costs.commission_on(value)


def _settle(step: AccountStep, order: Order, fill: Fill, cash: Decimal, positions: tuple[Position, ...]) -> AccountStep:
    quantity = fill.quantity if order.side is Side.BUY else -fill.quantity
    entry = Entry(fill.session, EntryKind.FILL, order.strategy, order.instrument, cash, quantity)
    account = replace(_without(step.account, order), cash=step.account.cash + cash, positions=positions)
    filled = replace(order, status=OrderStatus.FILLED)
    return replace(
        step,
        account=account,
        orders=(*step.orders, filled),
        fills=(*step.fills, fill),
        entries=(*step.entries, entry),
    )


def _refuse(step: AccountStep, order: Order, reason: str) -> AccountStep:
    refused = replace(order, status=OrderStatus.REFUSED, reason=reason)
    return replace(step, account=_without(step.account, order), orders=(*step.orders, refused))


def _without(account: Account, order: Order) -> Account:
    return replace(account, pending=tuple(waiting for waiting in account.pending if waiting is not order))
