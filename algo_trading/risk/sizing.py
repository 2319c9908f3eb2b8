"""From a signal to the orders it leads to, or to a rejection with its reason."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from algo_trading.domain.account import AccountState
from algo_trading.domain.costs import QUANTITY_STEP, precision_of
from algo_trading.domain.exits import NO_EXITS, Exits
from algo_trading.domain.ledger import Holding
from algo_trading.domain.order import Order, OrderStatus
from algo_trading.domain.signal import Side, Signal
from algo_trading.domain.venue import AssetClass, venue_of


@dataclass(frozen=True, slots=True)
class Placing:
    """When the orders of a signal are decided, until when they may be sent, and the exits of what they open.

    An entry takes at most `fraction` of the equity, beside the bound that the account sets (None: that alone).
    """

    decided_at: datetime
    valid_until: datetime | None = None
    exits: Exits = NO_EXITS
    fraction: Decimal | None = None


def orders_for(signal: Signal, state: AccountState, equity: Decimal, placing: Placing) -> tuple[Order, ...]:
    """The orders that a signal leads to: none for a hold, one for most, two where a short account changes sides.

    A buy while the strategy holds or is buying the instrument, and a sell while it holds nothing that it could sell, is
    rejected. Where the signal asks for a number of shares, a buy takes no more of them.
    """
    if signal.side is Side.HOLD:
        return ()
    base = Order(
        client_order_id=client_order_id(state.account.name, signal.key),
        account=state.account.name,
        strategy=signal.strategy,
        series=signal.series,
        side=signal.side,
        opened_at=signal.opened_at,
        decided_at=placing.decided_at,
        reason=signal.reason,
        signal=signal.key,
        valid_until=placing.valid_until,
    )
    held = state.position(Holding(signal.strategy, signal.series))
    shorts = may_short(state, signal)
    opens = signal.side is Side.BUY or shorts
    if held is None or held.quantity * _sign(signal.side) > 0:
        if not opens:
            return (_unless_waiting(base, state, f"the strategy holds no {signal.instrument} to sell", closes=True),)
        return (_opening(base, signal, state, equity, placing),)
    closing = _unless_waiting(base, state, "", closes=True)
    if not shorts or closing.status is OrderStatus.REJECTED:
        return (closing,)
    reversed_id = client_order_id(state.account.name, f"{signal.key}\nreverse")
    return (closing, _sized(replace(base, client_order_id=reversed_id), signal, state, equity, placing))


def _opening(order: Order, signal: Signal, state: AccountState, equity: Decimal, placing: Placing) -> Order:
    held = state.position(Holding(signal.strategy, signal.series))
    sized = _sized(order, signal, state, equity, placing)
    if held is not None:
        short = "" if held.quantity > 0 else "is short of "
        verb = f"already {short or 'holds '}{abs(held.quantity).normalize():f}"
        return sized.moved(OrderStatus.REJECTED, f"the strategy {verb} {signal.instrument}")
    return sized if sized.status is OrderStatus.REJECTED else _unless_waiting(sized, state, "", closes=False)


def _sized(order: Order, signal: Signal, state: AccountState, equity: Decimal, placing: Placing) -> Order:
    """The order with its budget and the most that it takes, rejected where that is nothing."""
    precision = precision_of(signal.series.venue)
    most = state.account.position_fraction
    part = most if placing.fraction is None else min(most, placing.fraction)
    share = part * Decimal(repr(signal.size))
    budget = (equity * share).quantize(precision.money, ROUND_DOWN)
    quantity = None
    if signal.shares is not None:
        quantity = Decimal(repr(signal.shares)).quantize(QUANTITY_STEP, ROUND_DOWN)
    order = replace(order, budget=budget, quantity=quantity, exits=placing.exits)
    if budget <= 0:
        return order.moved(OrderStatus.REJECTED, f"nothing to spend: equity {equity:.2f}, share of it {share:.4f}")
    if quantity is not None and quantity < precision.quantity:
        asked = f"the strategy asks for {quantity.normalize():f}"
        whole = f"{asked} of a share, and shares are whole"
        return order.moved(OrderStatus.REJECTED, whole if precision.whole else f"{asked} {signal.instrument}")
    return order


def _unless_waiting(order: Order, state: AccountState, refusal: str, *, closes: bool) -> Order:
    """The order, rejected with `refusal` or where another one of the same holding still waits."""
    order = replace(order, closes=closes)
    waiting = [o for o in state.orders if (o.strategy, o.series) == (order.strategy, order.series) and not o.rests]
    if waiting and not refusal:
        refusal = f"an order to {waiting[0].side} {order.instrument} is still waiting"
    return order.moved(OrderStatus.REJECTED, refusal) if refusal else order


def may_short(state: AccountState, signal: Signal) -> bool:
    """Whether the account and the venue allow selling what is not held: no spot market of coins does."""
    return state.account.shorts and venue_of(signal.series.venue).asset_class is not AssetClass.CRYPTO


def _sign(side: Side) -> int:
    return 1 if side is Side.BUY else -1


def client_order_id(account: str, cause: str) -> str:
    """The same for the same account and cause (a signal's key), always; 32 characters, as exchanges allow."""
    return hashlib.sha256(f"{account}\n{cause}".encode()).hexdigest()[:32]
