"""What executions and corporate actions do to an account: its state afterwards and the entries of its book."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from math import floor

from algo_trading.domain.account import AccountClock, AccountState, Position
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import FRACTIONS, QUANTITY_STEP, precision_of
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding
from algo_trading.domain.order import Execution, Order
from algo_trading.domain.signal import Side
from algo_trading.domain.time import midnight

ORDER = (ActionKind.SPLIT, ActionKind.DIVIDEND, ActionKind.MERGED, ActionKind.DELISTED)  # within a day
LARGEST_SPLIT = 10_000  # a ratio is a fraction of whole numbers up to this, if one is the same float
PRICE_STEP = FRACTIONS.price
LONGEST_PRICE = 100  # digits: a few reverse splits by a billion make a price longer than Decimal's usual 28


@dataclass(frozen=True)
class Booking:
    """A state, the entries that led to it, and the orders that changed on the way."""

    state: AccountState
    entries: tuple[Entry, ...] = ()
    orders: tuple[Order, ...] = ()


def book_deposit(state: AccountState, amount: Decimal, cause: str, at: datetime, booked_at: datetime) -> Booking:
    """Cash that is paid into the account, or out of it where it is negative."""
    kind = EntryKind.DEPOSIT if amount >= 0 else EntryKind.WITHDRAWAL
    asset = state.account.currency
    return Booking(state.paid(asset, amount), (Entry(kind, cause, amount, at, booked_at, asset),))


def book_execution(state: AccountState, order: Order, execution: Execution, base: str, booked_at: datetime) -> Booking:
    """A fill, or a part of one. A commission taken in `base`, the asset that is traded, makes the position smaller.

    The order's status is not changed, only how much of it is filled: whether it is done with the broker says.
    """
    holding, currency = Holding(order.strategy, order.series), state.account.currency
    sign = 1 if order.side is Side.BUY else -1
    quantity, cash, at = sign * execution.quantity, -sign * execution.value, execution.at
    entries = [
        Entry(EntryKind.FILL, execution.id, quantity, at, booked_at, holding=holding),
        Entry(EntryKind.FILL, execution.id, cash, at, booked_at, currency, holding),
    ]
    state = state.paid(currency, cash)
    if execution.commission:
        in_base = execution.commission_asset == base != currency
        asset = "" if in_base else execution.commission_asset
        entries.append(Entry(EntryKind.COMMISSION, execution.id, -execution.commission, at, booked_at, asset, holding))
        if in_base:
            quantity -= execution.commission
        else:
            state = state.paid(asset, -execution.commission)
    state = state.holding(_changed(state.position(holding), order, quantity, execution))
    order = replace(order, filled=order.filled + execution.quantity)
    return Booking(state.ordering(order), tuple(entries), (order,))


def book_dust(state: AccountState, order: Order, base: str, at: datetime) -> Booking:
    """What an order has left of the position that it closed, too little to be sold, becomes cash of the asset `base`.

    The strategy holds nothing any more, and may enter again.
    """
    holding, cause = Holding(order.strategy, order.series), dust_cause(order.client_order_id)
    position = state.position(holding)
    assert position is not None, "somebody holds the dust"
    entries = (
        Entry(EntryKind.CORRECTION, cause, -position.quantity, at, at, holding=holding),
        Entry(EntryKind.CORRECTION, cause, position.quantity, at, at, base, holding),
    )
    return Booking(state.holding(replace(position, quantity=Decimal(0))).paid(base, position.quantity), entries)


def _changed(position: Position | None, order: Order, change: Decimal, execution: Execution) -> Position:
    """The position after so much was bought (or sold, where it is negative) by an execution."""
    price, order_id = execution.price, order.client_order_id
    before = position.quantity if position is not None else Decimal(0)
    after = before + change
    if position is None or before * after < 0:
        return Position(order.strategy, order.series, after, price, price, order_id, order.exits, execution.at)
    if abs(after) <= abs(before):
        return replace(position, quantity=after)
    entry = (position.entry_price * abs(before) + price * abs(change)) / abs(after)
    best = max(position.best_price, price) if after > 0 else min(position.best_price, price)
    return replace(position, quantity=after, entry_price=entry.quantize(PRICE_STEP), best_price=best)


def book_action(
    state: AccountState, clock: AccountClock, action: CorporateAction, previous: Decimal | None, booked_at: datetime
) -> Booking:
    """A split or dividend, for what follows a clock: positions held before it, and orders that wait.

    The end of an instrument is booked by `ends.book_end`.

    `previous` is what the actions since the last close have left of it, by which the prices that exits are counted from
    follow a dividend, as adjusted bars do, and at which a part of a share is paid out.
    """
    entries = []
    for position in state.positions:
        if position.instrument != action.instrument or not clock.times(position.series):
            continue
        at, currency = midnight(action.ex_date), state.account.currency
        if action.kind is ActionKind.SPLIT:
            after, in_lieu = _split(position, split_ratio(action.value), previous)
            kind, amount, asset = EntryKind.SPLIT, after.quantity - position.quantity, ""
            if in_lieu:
                state = state.paid(currency, in_lieu)
                entries.append(Entry(kind, cause_of(action), in_lieu, at, booked_at, currency, position.holding))
        else:
            after = _ex_dividend(position, Decimal(repr(action.value)), previous)
            amount = cash_for(position.series, position.quantity, action.value)
            kind, asset = EntryKind.DIVIDEND, currency
            state = state.paid(asset, amount)
        state = state.holding(after)
        entries.append(Entry(kind, cause_of(action), amount, at, booked_at, asset, position.holding))
    booking = Booking(state, tuple(entries))
    return _split_orders(booking, clock, action) if action.kind is ActionKind.SPLIT else booking


def _split(position: Position, ratio: Fraction, previous: Decimal | None) -> tuple[Position, Decimal]:
    """The position after a split, and the cash in lieu of a part of a share."""
    quantity, in_lieu = split_quantity(position.series, position.quantity, ratio, previous)
    after = replace(
        position,
        quantity=quantity,
        entry_price=divided(position.entry_price, ratio),
        best_price=divided(position.best_price, ratio),
    )
    return after, in_lieu


def split_quantity(
    series: Series, quantity: Decimal, ratio: Fraction, previous: Decimal | None
) -> tuple[Decimal, Decimal]:
    """What a split makes of a quantity, and the cash in lieu of what is left over where shares are whole.

    It is paid for at the close before (`previous`), divided by the ratio, and rounded like a dividend; where there is
    none the part of a share stays.
    """
    precision = precision_of(series.venue)
    if previous is None or not precision.whole:
        return times(quantity, ratio), Decimal(0)
    exact = Fraction(quantity) * ratio
    whole = int(exact)
    steps = floor((exact - whole) * Fraction(previous) / ratio / Fraction(precision.money))
    return Decimal(whole), steps * precision.money


def cash_for(series: Series, quantity: Decimal, value: float) -> Decimal:
    """What is paid for a quantity, or taken from who is short; what is below the step of money is not ours."""
    return (quantity * Decimal(repr(value))).quantize(precision_of(series.venue).money, ROUND_FLOOR)


def _ex_dividend(position: Position, value: Decimal, previous: Decimal | None) -> Position:
    """The position with the prices of its exits adjusted, where it has any."""
    if not position.exits or previous is None or not 0 < value < previous:
        return position
    ratio = 1 / (1 - Fraction(value) / Fraction(previous))
    return replace(
        position,
        entry_price=divided(position.entry_price, ratio),
        best_price=divided(position.best_price, ratio),
    )


def price_after(action: CorporateAction, price: Decimal) -> Decimal:
    """What an action leaves of a price."""
    if action.kind is ActionKind.SPLIT:
        step = precision_of(action.instrument.venue).price
        return divided(price, split_ratio(action.value)).quantize(step)
    value = Decimal(repr(action.value))
    return price - value if action.kind is ActionKind.DIVIDEND and 0 < value < price else price


def _split_orders(booking: Booking, clock: AccountClock, action: CorporateAction) -> Booking:
    """Orders for a number of shares, or at a price, that wait while a split is made follow it."""
    ratio, state, changed = split_ratio(action.value), booking.state, []
    for order in state.orders:
        if order.instrument == action.instrument and clock.times(order.series):
            after = replace(
                order,
                quantity=None if order.quantity is None else times(order.quantity, ratio),
                limit_price=None if order.limit_price is None else divided(order.limit_price, ratio),
                stop_price=None if order.stop_price is None else divided(order.stop_price, ratio),
            )
            if after != order:
                changed.append(after)
                state = state.ordering(after)
    return Booking(state, booking.entries, tuple(changed))


def dust_cause(client_order_id: str) -> str:
    """What the entries of the dust that an order left are booked for."""
    return f"dust of {client_order_id}"


def cause_of(action: CorporateAction) -> str:
    """What the entries of an action are booked for."""
    return f"{action.kind.noun} of {action.instrument.symbol} ({action.instrument.venue}) on {action.ex_date}"


def split_ratio(value: float) -> Fraction:
    """New shares for one old, exactly: 1/3 where the stored float is that of 1/3."""
    simple = Fraction(value).limit_denominator(LARGEST_SPLIT)
    return simple if float(simple) == value else Fraction(Decimal(repr(value)))


def times(quantity: Decimal, ratio: Fraction) -> Decimal:
    """A quantity after a split, rounded towards zero to eight decimals."""
    exact = Fraction(quantity) * ratio
    return (int(exact / Fraction(QUANTITY_STEP)) * QUANTITY_STEP).quantize(QUANTITY_STEP, ROUND_DOWN)


def divided(price: Decimal, ratio: Fraction) -> Decimal:
    """A price after a split."""
    exact = Fraction(price) / ratio
    with localcontext() as context:
        context.prec = LONGEST_PRICE
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PRICE_STEP)


def actions_between(actions: list[CorporateAction], after: date, until: date) -> list[CorporateAction]:
    """Those with `after` < ex-date <= `until` in the order in which they count.

    A day's splits come before its dividends, and these before an end.
    """
    due = [action for action in actions if after < action.ex_date <= until]
    return sorted(due, key=lambda a: (a.ex_date, ORDER.index(a.kind), a.instrument))
