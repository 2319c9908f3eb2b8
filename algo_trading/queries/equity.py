"""What an account was worth over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.account import AccountState
from algo_trading.domain.bars import Floats, Times
from algo_trading.domain.instrument import Series
from algo_trading.domain.ledger import Entry
from algo_trading.domain.time import array_time
from algo_trading.repositories.accounts import AccountRepository
from algo_trading.repositories.bars import BarRepository, split_by_series

MOST_POINTS = 1_500


@dataclass(frozen=True, eq=False)
class EquityCurve:
    """Equity in the account's currency at the closes of what it held, ascending; all arrays are of one length.

    `drawdowns` are fractions of the highest equity until then, at most 0.
    """

    times: Times
    equity: Floats
    drawdowns: Floats

    @property
    def worst(self) -> float:
        """The maximum drawdown."""
        return float(self.drawdowns.min(initial=0.0))


@dataclass(frozen=True)
class ReadEquity:
    """Add up an account's book at each close: cash, and what was held at the last close as traded.

    A holding counts nothing before its first stored close. Of more than MOST_POINTS closes the last ones of equal parts
    are kept, and the lowest equity, so that the worst drawdown stays.
    """

    accounts: AccountRepository
    bars: BarRepository

    def __call__(self, name: str) -> EquityCurve:
        """The curve of an account, up to the periods that it has processed; KeyError if there is none."""
        state, entries = self.accounts.state(name), self.accounts.entries(name)
        until = max((clock.cursor for clock in state.clocks if clock.cursor is not None), default=None)
        held = sorted({one.holding.series for one in entries if one.holding is not None and not one.asset})
        if not entries or until is None:
            return _curve(np.empty(0, "datetime64[us]"), np.empty(0))
        first = min(one.effective_at for one in entries)
        bars = split_by_series(self.bars.read(held, None, until)) if held else {}
        start = array_time(first)
        closes = [one.closed_at[one.closed_at >= start] for one in bars.values()]
        times = np.unique(np.concatenate([np.array([start]), *closes])) if closes else np.array([start])
        equity = _cash(state, entries, times)
        for series in held:
            if series in bars:
                amounts = _amounts([one for one in entries if _is_of(one, series)], times)
                place = np.searchsorted(bars[series].closed_at, times, side="right") - 1
                prices = np.where(place >= 0, bars[series].close[np.maximum(place, 0)], 0.0)
                equity = equity + amounts * prices
        return _curve(times, equity)


def _is_of(entry: Entry, series: Series) -> bool:
    return not entry.asset and entry.holding is not None and entry.holding.series == series


def _cash(state: AccountState, entries: Sequence[Entry], times: Times) -> Floats:
    return _amounts([one for one in entries if one.asset == state.account.currency], times)


def _amounts(entries: Sequence[Entry], times: Times) -> Floats:
    """What entries add up to at each time."""
    ordered = sorted(entries, key=_effective)
    moments = np.array([array_time(one.effective_at) for one in ordered], "datetime64[us]")
    sums = np.concatenate([[0.0], np.cumsum([float(one.amount) for one in ordered])])
    found: Floats = sums[np.searchsorted(moments, times, side="right")]
    return found


def _effective(entry: Entry) -> datetime:
    return entry.effective_at


def _curve(times: Times, equity: Floats) -> EquityCurve:
    highest = np.maximum.accumulate(equity) if len(equity) else equity
    drawdowns = np.divide(equity, highest, out=np.ones(len(equity)), where=highest > 0) - 1
    kept = _kept(drawdowns)
    return EquityCurve(times[kept], equity[kept], drawdowns[kept])


def _kept(drawdowns: Floats) -> NDArray[np.int64]:
    count = len(drawdowns)
    if count <= MOST_POINTS:
        return np.arange(count)
    last = np.linspace(0, count - 1, MOST_POINTS).astype(np.int64)
    return np.unique(np.append(last, int(np.argmin(drawdowns))))
