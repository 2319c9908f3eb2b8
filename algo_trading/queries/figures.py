"""Figures as the command line and the pages write them, so that they agree to the digit."""

from decimal import Decimal
from math import isfinite

from algo_trading.notification.words import price_text
from algo_trading.queries.orders import FilledPart


def confidence_text(confidence: float) -> str:
    """A confidence in whole percent: 62%."""
    return f"{confidence:.0%}"


def quantity_text(quantity: Decimal) -> str:
    """A quantity without trailing zeros."""
    return f"{quantity.normalize():f}"


def filled_text(fill: FilledPart | None) -> str:
    """What of an order is filled: 10 at 20.50 on 2013-01-03; nothing where nothing is."""
    if fill is None:
        return ""
    return f"{quantity_text(fill.quantity)} at {price_text(float(fill.price))} on {fill.at:%Y-%m-%d}"


def amount_text(value: float | None) -> str:
    """A large figure with all its digits, nothing where it is unknown."""
    return "" if value is None else f"{value:,.12g}"


def ranked_text(value: float, rank: float, average: float, sign: str = "+") -> str:
    """A figure of a candle in per cent with its rank in parentheses, and a line with the average of closed candles.

    Rank and average are left out where there is none. `sign` is "" for figures that are never negative.
    """
    shown = f"{value:{sign}z.1f} ({rank:.1f})" if isfinite(rank) else f"{value:{sign}z.1f}"
    return f"{shown}\navg {average:{sign}z.1f}" if isfinite(average) else shown
