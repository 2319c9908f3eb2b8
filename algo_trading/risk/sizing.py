"""From a signal to an order, or to a refusal with its reason."""

import hashlib
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from algo_trading.domain.account import Account, Order, OrderStatus
from algo_trading.domain.signal import Side, Signal

CENT = Decimal("0.01")
SHARE_STEP = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class SizingRules:
    """How much one entry may spend: `position_fraction` of the account's equity times the signal's own size."""

    position_fraction: Decimal


def order_for(signal: Signal, account: Account, equity: Decimal, rules: SizingRules) -> Order | None:
    """The order that a signal leads to; None for a hold.

    A buy while the strategy holds or is buying the instrument, and a sell while it holds nothing, is refused. Where the
    signal asks for a number of shares, a buy takes no more of them.
    """
    if signal.side is Side.HOLD:
        return None
    same = [p for p in account.positions if (p.strategy, p.instrument) == (signal.strategy, signal.instrument)]
    waiting = [o for o in account.pending if (o.strategy, o.instrument) == (signal.strategy, signal.instrument)]
    refusal, budget, quantity = "", None, None
    if signal.side is Side.BUY:
        share = rules.position_fraction * Decimal(repr(signal.size))
        budget = (equity * share).quantize(CENT, ROUND_DOWN)
        if same:
            refusal = f"the strategy already holds {same[0].quantity.normalize():f} {signal.instrument}"
        elif budget <= 0:
            refusal = f"nothing to spend: equity {equity:.2f}, share of it {share:.4f}"
        if signal.shares is not None:
            quantity = Decimal(repr(signal.shares)).quantize(SHARE_STEP, ROUND_DOWN)
            if quantity < 1 and not refusal:
                refusal = f"the strategy asks for {quantity.normalize():f} of a share, and shares are whole"
    elif not same:
        refusal = f"the strategy holds no {signal.instrument} to sell"
    if waiting and not refusal:
        refusal = f"an order to {waiting[0].side} {signal.instrument} is still waiting"
    return Order(
        client_order_id=client_order_id(account.name, signal),
        strategy=signal.strategy,
        instrument=signal.instrument,
        side=signal.side,
        budget=budget,
        decided_session=signal.session,
        status=OrderStatus.REFUSED if refusal else OrderStatus.PENDING,
        reason=refusal or signal.reason,
        quantity=quantity,
    )


def client_order_id(account: str, signal: Signal) -> str:
    """The same for the same account and signal, always; 32 characters, as exchanges allow."""
    return hashlib.sha256(f"{account}\n{signal.key}".encode()).hexdigest()[:32]
