"""From a strategy's limits and what the market did to a refusal with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from algo_trading.domain.limits import Limits

HOUR = timedelta(hours=1)
ROUNDING = 1e-9  # from 100 to 102 is not more than 2 %


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that a strategy proposes, and what was known when it did.

    `decided_at` is aware, `zone` is the venue's time zone. `price` is the newest one, of `priced_at`; `price_before`
    is the one at the publication of the post that the signal rests on (None: it rests on none, or there was no price
    yet), on the same scale. `positions` counts the instruments that the strategy holds or is buying.
    """

    decided_at: datetime
    zone: str
    price: float
    priced_at: datetime
    price_before: float | None
    positions: int


def refusal(limits: Limits, proposal: Proposal) -> str:
    """Why the entry is refused, in one sentence with the figures; empty where it is not."""
    window, local = limits.trade_window, proposal.decided_at.astimezone(ZoneInfo(proposal.zone))
    if window is not None and local.time() not in window:
        return f"{local:%H:%M} in {proposal.zone} is outside the trade window {window}"
    age = proposal.decided_at - proposal.priced_at
    if limits.max_price_age is not None and age > limits.max_price_age:
        return f"the newest price is {age / HOUR:.1f} hours old, more than the {limits.max_price_age / HOUR:g} allowed"
    if limits.max_move is not None and proposal.price_before:
        move = proposal.price / proposal.price_before - 1
        if abs(move) - limits.max_move > ROUNDING:
            return f"the price has moved by {move:+.1%} since the post, more than the {limits.max_move:.1%} allowed"
    if limits.max_positions is not None and proposal.positions >= limits.max_positions:
        return f"the strategy holds or is buying {proposal.positions} of at most {limits.max_positions} positions"
    return ""
