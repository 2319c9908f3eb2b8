"""Backtests on a few bars written as a table."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import numpy as np

from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.time import Interval
from algo_trading.strategies.base import Decisions, Strategy
from back_testing.engine.backtest import run
from back_testing.engine.result import BacktestResult
from back_testing.engine.rules import TradingRules

FIRST_DAY = np.datetime64("2024-01-01", "us")


@dataclass(frozen=True)
class Told(Strategy):
    """Decides what it is told: at each bar B (buy), S (sell), X (both) or a dot, with a size from 0 to 1 and shares."""

    name: ClassVar[str] = "told"
    summary: ClassVar[str] = "does what it is told"
    warmup: ClassVar[int] = 0

    decisions: str
    sizes: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()

    def decide(self, bars: Bars) -> Decisions:
        letters = np.array(list(self.decisions[: len(bars)]))
        sizes = np.array(self.sizes[: len(bars)]) if self.sizes else np.ones(len(bars))
        shares = np.array(self.shares[: len(bars)]) if self.shares else None
        return Decisions(np.isin(letters, ["B", "X"]), np.isin(letters, ["S", "X"]), np.ones(len(bars)), sizes, shares)

    def explain(self, bars: Bars, index: int) -> str:
        return f"told {self.decisions[: len(bars)][index]}"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it watches nothing
        return {}


def candles(table: str, symbol: str = "TEST") -> tuple[Bars, Told]:
    """Bars and decisions of a table: day, decision, open, high, low, close and perhaps volume on each line.

    The day is the number of days since 2024-01-01; a missing number is a missing bar.
    """
    lines = [line.split() for line in table.strip().splitlines()]
    days = np.array([int(line[0]) for line in lines])
    columns: dict[str, Any] = {
        name: np.array([float(line[at]) for line in lines])
        for at, name in enumerate(("open", "high", "low", "close"), 2)
    }
    columns["volume"] = np.array([float(line[6]) if len(line) > 6 else 1000.0 for line in lines])
    opened = FIRST_DAY + days * np.timedelta64(1, "D")
    bars = Bars(Instrument(symbol), Interval.DAY, opened, opened + np.timedelta64(21, "h"), **columns)
    return bars, Told("".join(line[1] for line in lines))


def trade_lines(result: BacktestResult) -> list[str]:
    """The trades as the tables of tests write them: side, size, entry day and price, exit day and price, reason."""
    return [
        f"{trade.side} {trade.size:g} {_day(trade.entry_time)}@{trade.entry_price:g} "
        f"{_day(trade.exit_time)}@{trade.exit_price:g} {trade.reason}"
        for trade in result.trades
    ]


def _day(moment: datetime | None) -> str:
    return "-" if moment is None else str((moment.replace(tzinfo=None) - FIRST_DAY.item()).days)


def traded(table: str, rules: TradingRules) -> BacktestResult:
    """The backtest of a table."""
    bars, told = candles(table)
    return run(told, bars, rules)
