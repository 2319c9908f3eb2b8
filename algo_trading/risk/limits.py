"""From a strategy's limits and what the market did to a refusal with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from algo_trading.domain.limits import EntryTerms, Limits, TradeWindow

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
    if reason := _outside(limits.trade_window, proposal.decided_at, proposal.zone):
        return reason
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


def sending_refusal(terms: EntryTerms, now: datetime, quote: Decimal | None) -> str:
    """Why an entry is not sent any more, in one sentence with the figures; empty where it is.

    `quote` is the price of now; without one nothing is said about how far it has moved.
    """
    if reason := _outside(terms.window, now, "UTC"):
        return reason
    age = now - terms.priced_at
    if terms.max_age is not None and age > terms.max_age:
        return (
            f"the price that it was decided at is {age / HOUR:.1f} hours old, more than the {terms.max_age / HOUR:g} "
            "allowed"
        )
    if terms.max_move is None or quote is None:
        return ""
    for since, price in (("the decision", terms.price), ("the post", terms.price_before)):
        move = float(quote / price - 1) if price else 0.0
        if abs(move) - terms.max_move > ROUNDING:
            return (
                f"the price has moved by {move:+.1%} since {since}, to {quote.normalize():f}, more than the "
                f"{terms.max_move:.1%} allowed"
            )
    return ""


def _outside(window: TradeWindow | None, moment: datetime, zone: str) -> str:
    if window is None:
        return ""
    zone = window.zone or zone
    local = moment.astimezone(ZoneInfo(zone))
    return "" if local.time() in window else f"{local:%H:%M} in {zone} is outside the trade window {window}"
