"""One session in the life of a paper account, as a pure function.

In the order of the day: corporate actions and orders for signals on posts before the open, waiting orders at the open,
orders for the session's own signals at the close.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

from algo_trading.domain.account import Account, Entry, EntryKind, Fill, Order, OrderStatus, Position
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.limits import NO_LIMITS, Limits
from algo_trading.domain.post import Levels
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.repositories.accounts import AccountStep
from algo_trading.risk.costs import CENT, PRICE_STEP, Costs
from algo_trading.risk.limits import Proposal, refusal
from algo_trading.risk.sizing import SHARE_STEP, SizingRules, order_for

ROUNDED_UP = Decimal("0.02")  # the most that rounding can add to value and commission


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one instrument for one session, as traded. `opened` is False where there was no bar or no volume.

    `previous` is the last close before the session, of the shares that a split of the session has made of it.
    """

    open: Decimal
    close: Decimal
    opened: bool
    previous: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """A signal, and the market when an order for it can be placed (as `Proposal` has it)."""

    signal: Signal
    decided_at: datetime
    price: float
    priced_at: datetime
    price_before: float | None = None


@dataclass(frozen=True)
class SessionInputs:
    """What is known at the close of `session`. A quote without a bar carries the last known close.

    `on_posts` are signals on posts that could be known before the open but not before the open of the session before,
    `at_close` those decided at the close.
    """

    session: date
    quotes: Mapping[Instrument, Quote]
    actions: Sequence[CorporateAction]
    at_close: Sequence[Offer]
    on_posts: Sequence[Offer] = ()


@dataclass(frozen=True)
class Desk:
    """The rules by which an account trades; a strategy that is not in `limits` has none. `zone` is the venue's."""

    costs: Costs
    sizing: SizingRules
    limits: Mapping[StrategyId, Limits]
    levels: Levels
    zone: str


def price(value: float) -> Decimal:
    """A stored price as money, to a millionth."""
    return Decimal(repr(value)).quantize(PRICE_STEP)


def advance(account: Account, inputs: SessionInputs, desk: Desk) -> AccountStep:
    """Move `account` to `inputs.session`."""
    step = AccountStep(account)
    for action in sorted(inputs.actions, key=lambda a: (a.ex_date, a.kind is ActionKind.DIVIDEND, a.instrument)):
        step = _apply(step, action, inputs.session)
    step = replace(step, entries=_summed(step.entries))
    step = _order(step, inputs.on_posts, {name: quote.previous for name, quote in inputs.quotes.items()}, desk)
    # Sells first: what they bring in can pay for the buys.
    for order in sorted(step.account.pending, key=lambda order: order.side is Side.BUY):
        step = _fill(step, order, inputs, desk.costs)
    step = _order(step, inputs.at_close, {name: quote.close for name, quote in inputs.quotes.items()}, desk)
    return replace(step, account=replace(step.account, cursor=inputs.session))


def _order(step: AccountStep, offers: Sequence[Offer], prices: Mapping[Instrument, Decimal], desk: Desk) -> AccountStep:
    """Place the orders of signals, one after the other."""
    account, orders = step.account, []
    equity = equity_of(account, prices)
    for offer in offers:
        order = _decided(offer, account, equity, desk)
        if order is not None:
            orders.append(order)
            waiting = (order,) if order.status is OrderStatus.PENDING else ()
            account = replace(account, pending=(*account.pending, *waiting))
    return replace(step, account=account, orders=(*step.orders, *orders))


def _decided(offer: Offer, account: Account, equity: Decimal, desk: Desk) -> Order | None:
    """The order for one signal, refused where a limit of its strategy says so; None below the level of orders."""
    signal = offer.signal
    limits = desk.limits.get(signal.strategy, NO_LIMITS)
    if not desk.levels.of(signal.confidence).reaches(limits.order_from):
        return None
    order = order_for(signal, account, equity, desk.sizing)
    if order is None or order.side is Side.SELL or order.status is OrderStatus.REFUSED:
        return order
    taken = {held.instrument for held in account.positions if held.strategy == signal.strategy}
    taken |= {o.instrument for o in account.pending if o.strategy == signal.strategy and o.side is Side.BUY}
    reason = refusal(
        limits,
        Proposal(offer.decided_at, desk.zone, offer.price, offer.priced_at, offer.price_before, len(taken)),
    )
    return replace(order, status=OrderStatus.REFUSED, reason=reason) if reason else order


def equity_of(account: Account, prices: Mapping[Instrument, Decimal]) -> Decimal:
    """Cash and positions at the last known prices; a position without one counts as worthless."""
    held = sum((p.quantity * prices[p.instrument] for p in account.positions if p.instrument in prices), Decimal(0))
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
    step = replace(step, account=account, entries=(*step.entries, *entries))
    return _split_orders(step, action.instrument, value) if action.kind is ActionKind.SPLIT else step


def _split_orders(step: AccountStep, instrument: Instrument, ratio: Decimal) -> AccountStep:
    """Orders for a number of shares that wait while a split is made are for as many new ones."""
    split = {
        order.client_order_id: replace(order, quantity=(order.quantity * ratio).quantize(SHARE_STEP, ROUND_DOWN))
        for order in step.account.pending
        if order.instrument == instrument and order.quantity is not None
    }
    pending = tuple(split.get(order.client_order_id, order) for order in step.account.pending)
    return replace(step, account=replace(step.account, pending=pending), orders=(*step.orders, *split.values()))


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
    shares, value, commission = _affordable(order.budget, at, costs, order.quantity)
    if value + commission > order.budget:
        shares, value, commission = _affordable(order.budget - ROUNDED_UP, at, costs, order.quantity)
    if order.quantity is not None and order.quantity < 1:
        return _refuse(step, order, f"a split has left {order.quantity.normalize():f} of a share to buy")
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


def _affordable(money: Decimal, at: Decimal, costs: Costs, most: Decimal | None) -> tuple[Decimal, Decimal, Decimal]:
    """How many shares `money` buys, up to `most`, their value and the commission, both rounded to the cent."""
    shares = (money / (at * (1 + costs.commission))).quantize(Decimal(1), ROUND_DOWN)
    if most is not None:
        shares = min(shares, most.quantize(Decimal(1), ROUND_DOWN))
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
