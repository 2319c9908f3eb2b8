"""What an account has by its fills and the corporate actions that hold, in plain Python.

Cash and shares are sums in exact fractions, day by day: before the first fill of its ex-date an action is applied to
what is held then. The part of a share that a split leaves over is paid for at the last close before, divided by the
ratio; money is rounded down to the cent, so that who is short pays the cent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor


@dataclass(frozen=True)
class Fill:
    """So many shares came (went, where negative) and so much cash was paid for them, costs included."""

    day: int
    owner: str  # the strategy
    symbol: str
    shares: Fraction
    paid: Fraction


@dataclass(frozen=True)
class Action:
    """A split into `value` shares for one, or a dividend of `value` a share, where `ratio` is False."""

    day: int
    symbol: str
    ratio: bool
    value: Fraction


@dataclass
class Book:
    """Cash, the shares that each strategy has of each symbol, and whether more was sold at any time than was there."""

    cash: Fraction
    shares: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    oversold: bool = False


def book(
    cash: Fraction,
    fills: Iterable[Fill],
    actions: Iterable[Action],
    closes: Mapping[tuple[str, int], Fraction],
) -> Book:
    """What is left; `closes` are those of a symbol on a day, as traded, where it has a bar.

    On one day a split comes before a dividend, which is paid on the new shares.
    """
    found, told = Book(cash), list(actions)
    events: list[tuple[int, int, Fill | Action]] = [(one.day, 2, one) for one in fills]
    events += [(one.day, 0 if one.ratio else 1, one) for one in told]
    for _day, _order, event in sorted(events, key=lambda one: one[:2]):
        if isinstance(event, Fill):
            key = event.owner, event.symbol
            found.cash -= event.paid
            found.shares[key] = found.shares.get(key, Fraction(0)) + event.shares
        else:
            _apply(found, event, _close_before(event, told, closes))
        found.oversold |= any(shares < 0 for shares in found.shares.values())
    return found


def _apply(found: Book, action: Action, close: Fraction) -> None:
    for key, shares in found.shares.items():
        if key[1] != action.symbol or not shares:
            continue
        if action.ratio:
            whole = int(shares * action.value)
            found.cash += cents((shares * action.value - whole) * close / action.value)
            found.shares[key] = Fraction(whole)
        else:
            found.cash += cents(shares * action.value)


def _close_before(action: Action, actions: Iterable[Action], closes: Mapping[tuple[str, int], Fraction]) -> Fraction:
    """The last close before an action, less what others since then took from it."""
    last = max(day for symbol, day in closes if symbol == action.symbol and day < action.day)
    close = closes[action.symbol, last]
    between = [one for one in actions if one.symbol == action.symbol and last < one.day < action.day]
    for one in sorted(between, key=lambda one: (one.day, not one.ratio)):
        if one.ratio:
            close /= one.value
        elif one.value < close:
            close -= one.value
    return close


def cents(money: Fraction) -> Fraction:
    """Rounded down to the cent."""
    return Fraction(floor(money * 100), 100)
