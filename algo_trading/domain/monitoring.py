"""How people name what is to be monitored: `RVN INJBTC ETHUSDT_4h DOTUSDT[4h,3d,1w]`."""

import re
from dataclasses import dataclass

from algo_trading.domain.time import Interval

# Text outside of brackets is divided at blanks and commas; within them blanks do not matter.
ITEM = re.compile(r"[^\s,\[\]]*\[[^\[\]]*\]?[^\s,]*|[^\s,]+")
NAME = re.compile(r"[A-Z0-9][A-Z0-9.^=/&+-]*")
TIMEFRAME = re.compile(r"\d{1,3}[A-Za-z]{1,3}")


class WrongSyntaxError(ValueError):
    """An item is not written as items are."""


class UnknownTimeframeError(ValueError):
    """An item names a timeframe that there is not."""


@dataclass(frozen=True, slots=True)
class MonitorItem:
    """A coin or a pair; `intervals` are the timeframes that are named, in their order and once, none if none is."""

    name: str
    intervals: tuple[Interval, ...] = ()

    def __str__(self) -> str:
        if not self.intervals:
            return self.name
        several = ",".join(self.intervals)
        return f"{self.name}_{several}" if len(self.intervals) == 1 else f"{self.name}[{several}]"


def split_items(text: str) -> list[str]:
    """The items of a line."""
    return ITEM.findall(text)


def parse_item(text: str) -> MonitorItem:
    """The item that a text names: COIN, PAIR, PAIR_tf or PAIR[tf,tf,...]; timeframes are case-sensitive.

    Raises:
        WrongSyntaxError: it is written in another way.
        UnknownTimeframeError: it is, and there is no such timeframe.
    """
    name, bracket, inside = text.partition("[")
    if bracket:
        if not inside.endswith("]") or "[" in inside:
            raise WrongSyntaxError(text)
        timeframes = [part.strip() for part in inside[:-1].split(",")]
    else:
        name, underscore, last = text.rpartition("_")
        timeframes = [last] if underscore else []
        name = name if underscore else last
    if not name.isascii() or not NAME.fullmatch(name.upper()) or not all(map(TIMEFRAME.fullmatch, timeframes)):
        raise WrongSyntaxError(text)
    if any(one not in [*Interval] for one in timeframes):
        raise UnknownTimeframeError(text)
    intervals = sorted({Interval(one) for one in timeframes}, key=lambda one: one.order)
    return MonitorItem(name.upper(), tuple(intervals))
