"""The newest signals."""

from typing import Protocol

from algo_trading.domain.signal import Signal
from algo_trading.queries.pages import PagedList
from algo_trading.queries.selection import Selection


class SignalList(Protocol):
    """Buys and sells, newest first."""

    def listed(self, selection: Selection, limit: int) -> list[Signal]:
        """At most `limit` signals; an account in the selection counts those of its assignments."""
        ...


class SignalPages(PagedList[Signal], Protocol):
    """Signals, newest first; holds where `side` asks for them.

    Filters: `symbol`, `venue`, `strategy`, `side` (buy, sell, hold, all), `account` (that an assignment trades for),
    `from`, `to` (dates).
    """

    def strategies(self) -> list[str]:
        """Names of strategies that have decided something."""
        ...
