"""Prices of one instrument or several, ready to trade on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.errors import ConfigError
from algo_trading.strategies.base import Decisions
from back_testing.engine.checks import tradable
from back_testing.engine.kernels.params import (
    PRICES,
    Orders,
    Prices,
    flags,
    floats,
    orders_of,
    params_of,
    prices_of,
)
from back_testing.engine.rules import TradingRules

NO_ROWS = np.empty((0, 0))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What trading came to, on n times: `equity` (n), `held` shares (instruments, n), the part `invested` of it (n).

    `trades` has a row for each trade, with the columns of `kernels.account`. `refused` entries could not be afforded,
    `at_position_limit` ones came when no more positions were allowed. `interest` is what cash earned,
    `above_cap` counts entries above a cap on exposure. `counts` has the three counts of each row of `held`, where there
    are several strategies (columns as `kernels.shared_account` names them).
    """

    equity: Floats
    held: Floats
    invested: Floats
    trades: Floats
    refused: int
    at_position_limit: int
    interest: float = 0.0
    above_cap: int = 0
    counts: Floats = field(default_factory=lambda: NO_ROWS)


class Market:
    """The bars of different instruments on the times of them all."""

    def __init__(self, series: Sequence[Bars]) -> None:
        """Raise ConfigError if an instrument is there twice or there is none."""
        instruments = [bars.instrument for bars in series]
        twice = {str(instrument) for instrument in instruments if instruments.count(instrument) > 1}
        if twice or not series:
            raise ConfigError(f"{', '.join(sorted(twice))} is there twice" if twice else "name at least one symbol")
        self.series = tuple(series)

    @cached_property
    def times(self) -> Times:
        """Opens of the bars, ascending."""
        if len(self.series) == 1:
            return self.series[0].opened_at
        return np.unique(np.concatenate([bars.opened_at for bars in self.series]))

    def trade(
        self,
        rules: TradingRules,
        decisions: Sequence[Decisions],
        max_positions: int | None = None,
        *,
        among: int | None = None,
    ) -> Outcome:
        """Trade by the quick kernels, on rules under which each order fills alone (see `trading`)."""
        from back_testing.engine.kernels.account import TRADE_FIELDS
        from back_testing.engine.kernels.single import simulate

        params = params_of(rules, among or len(self.series), max_positions)
        # Each flag leads to at most one trade's end or beginning, and each trade has both.
        rows = sum(int(np.count_nonzero(d.entries) + np.count_nonzero(d.exits)) for d in decisions) + len(decisions)
        trades = np.empty((rows, TRADE_FIELDS))
        equity, held = np.empty(len(self.times)), np.empty((len(self.series), len(self.times)))
        if len(self.series) == 1 and max_positions != 0:  # one instrument takes no other's place
            at_position_limit = 0
            (bars,), (decided,) = self.series, decisions
            prices = prices_of(bars, tradable(bars.volume))
            count, refused = simulate(params, prices, orders_of([decided]), equity[None, :], held, trades, NO_ROWS)
            values = held * prices.closes
        else:
            from back_testing.engine.kernels.portfolio import simulate_portfolio

            values = np.empty_like(held)
            count, refused, at_position_limit = simulate_portfolio(
                params, self.prices, self.orders(decisions), self.priority(), equity, held, values, trades
            )
        return Outcome(equity, held, invested_part(values, equity), trades[:count], refused, at_position_limit)

    def priority(self, strategies: int = 1) -> NDArray[np.int64]:
        """Rows of the instruments in the order of their symbols, in which live places and fills orders.

        Where there are several strategies, each with rows of its own, the first one comes first.
        """
        instruments = [bars.instrument for bars in self.series]
        ordered = sorted(range(len(instruments)), key=instruments.__getitem__)
        rows = [row + strategy * len(instruments) for strategy in range(strategies) for row in ordered]
        return np.array(rows, dtype=np.int64)

    @cached_property
    def _columns(self) -> list[NDArray[np.int64]]:
        """For each instrument the columns of its bars in tables of all times."""
        return [np.searchsorted(self.times, bars.opened_at) for bars in self.series]

    @cached_property
    def prices(self) -> Prices:
        """Tables of prices, and of the bars that can be traded in: a row for each instrument."""
        tables = [floats(self.table([getattr(bars, name) for bars in self.series], np.nan)) for name in PRICES]
        opens, highs, lows, closes = tables
        return Prices(opens, highs, lows, closes, flags(self.table([tradable(b.volume) for b in self.series], 0)))

    def orders(self, decisions: Sequence[Decisions]) -> Orders:
        """Tables of decisions, a row for each instrument."""
        unbounded = [np.full(len(bars), np.nan) for bars in self.series]
        shares = [u if d.shares is None else d.shares for d, u in zip(decisions, unbounded, strict=True)]
        return Orders(
            flags(self.table([d.entries for d in decisions], 0)),
            flags(self.table([d.exits for d in decisions], 0)),
            floats(self.table([d.size for d in decisions], 0.0)),
            floats(self.table(shares, np.nan)),
        )

    def table(self, rows: Sequence[NDArray[Any]], missing: float) -> NDArray[Any]:
        """Values at the bars of each instrument as a table of all times, `missing` where there is no bar."""
        table = np.full((len(rows), len(self.times)), missing, dtype=rows[0].dtype)
        for row, values, columns in zip(table, rows, self._columns, strict=True):
            row[columns] = values
        return table


def invested_part(values: Floats, equity: Floats) -> Floats:
    """The absolute value of positions (rows) as a part of the equity, at each time."""
    bound = np.abs(values).sum(axis=0)
    part: Floats = np.divide(bound, equity, out=np.zeros_like(bound), where=equity > 0)
    return part
