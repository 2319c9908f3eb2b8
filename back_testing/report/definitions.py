"""What each statistic is called, how it is written and what it means.

The meaning of a figure that `metrics` computes is what its docstring there says.
"""

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date

from back_testing.engine import metrics
from back_testing.engine.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic ready to be shown; `tone` is "good", "bad" or empty."""

    key: str
    label: str
    text: str
    meaning: str
    tone: str = ""


def percent(value: float) -> str:
    """A fraction in percent."""
    return f"{value:,.2%}"


def ratio(value: float) -> str:
    """A plain number."""
    return f"{value:,.2f}"


def money(value: float) -> str:
    """An amount."""
    return f"{value:,.2f}"


def whole(value: float) -> str:
    """A count."""
    return f"{value:,.0f}"


def counted(count: int, noun: str) -> str:
    """`1 setting`, `2,000 settings`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


LABELS: dict[str, tuple[str, Callable[[float], str]]] = {
    "final_equity": ("Final equity", money),
    "total_return": ("Total return", percent),
    "cagr": ("Annual growth (CAGR)", percent),
    "volatility": ("Volatility, annual", percent),
    "sharpe": ("Sharpe ratio", ratio),
    "sortino": ("Sortino ratio", ratio),
    "calmar": ("Calmar ratio", ratio),
    "max_drawdown": ("Maximum drawdown", percent),
    "max_drawdown_days": ("Longest drawdown, days", whole),
    "exposure": ("Exposure", percent),
    "n_trades": ("Trades", whole),
    "win_rate": ("Win rate", percent),
    "profit_factor": ("Profit factor", ratio),
    "expectancy": ("Expectancy", percent),
    "best_trade": ("Best trade", percent),
    "worst_trade": ("Worst trade", percent),
    "average_duration": ("Average duration, days", ratio),
    "sqn": ("SQN", ratio),
    "buy_and_hold_return": ("Buy and hold", percent),
    "alpha": ("Alpha, annual", percent),
    "beta": ("Beta", ratio),
    "costs_paid": ("Costs paid", money),
    "start": ("First bar", str),
    "end": ("Last bar", str),
    "bars": ("Bars", whole),
}

MEANINGS = {
    "final_equity": "Cash and positions at the last close, in money.",
    "n_trades": "Closed round trips, from entry to exit.",
    "buy_and_hold_return": "Total return of buying at the first chance and holding to the end, under the same costs.",
    "costs_paid": "Commissions and what slippage took, of all trades, in money.",
    "start": "Session of the first bar that could be traded.",
    "end": "Session of the last bar.",
    "bars": "Bars from the first to the last, in the market or not.",
}

SIGNED = {"total_return", "cagr", "sharpe", "sortino", "calmar", "alpha", "expectancy", "sqn", "buy_and_hold_return"}


def figures(statistics: Statistics) -> list[Figure]:
    """Every statistic, in order."""
    return [_figure(field.name, getattr(statistics, field.name)) for field in fields(statistics)]


def meaning(key: str) -> str:
    """What a statistic is."""
    return MEANINGS.get(key) or inspect.getdoc(getattr(metrics, key)) or ""


def _figure(key: str, value: float | date) -> Figure:
    label, write = LABELS[key]
    if isinstance(value, date):
        return Figure(key, label, value.isoformat(), meaning(key))
    if math.isnan(value):
        return Figure(key, label, "\u2013", meaning(key))
    text = "\u221e" if math.isinf(value) else write(value)
    tone = "" if key not in SIGNED or value == 0 else "good" if value > 0 else "bad"
    return Figure(key, label, text, meaning(key), tone)
