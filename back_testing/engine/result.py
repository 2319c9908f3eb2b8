"""What a backtest gives."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from algo_trading.domain.bars import Bars, Floats, Times
from algo_trading.domain.limits import Limits
from algo_trading.strategies.base import Strategy
from back_testing.engine.gaps import gap_notes
from back_testing.engine.missing_features import unknown_features
from back_testing.engine.rules import TradingRules
from back_testing.engine.statistics import Statistics


class ExitReason(StrEnum):
    """Why a trade ended. OPEN: it did not, the position is still there after the last bar (`keep_open`)."""

    SIGNAL = "signal"
    STOP_LOSS = "stop_loss"
    TRAILING_STOP = "trailing_stop"
    TAKE_PROFIT = "take_profit"
    RUIN = "ruin"
    END_OF_DATA = "end_of_data"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Trade:
    """One round trip. Times are the opens of the bars it was filled in (the sessions, for daily bars), UTC.

    `size` is in shares, above 0; `side` is "long" or "short". Prices include slippage; `costs` are the commissions of
    both fills, what slippage took, and borrow fees; `pnl` is net of them; `return_` is pnl over the value at the entry.
    Of an open trade `exit_time` is None, `exit_price` the last close, and the costs of the exit are not yet in. A
    position that is closed in parts is a trade for each part.
    """

    symbol: str
    side: str
    entry_time: datetime
    entry_price: float
    exit_time: datetime | None
    exit_price: float
    size: float
    pnl: float
    return_: float
    costs: float
    bars: int
    reason: ExitReason

    @property
    def days(self) -> float:
        """Time from entry to exit; NaN for an open trade."""
        return (self.exit_time - self.entry_time).total_seconds() / 86_400 if self.exit_time else math.nan

    def as_json(self) -> dict[str, Any]:
        """JSON's own types; daily bars have dates for times."""
        return {
            "symbol": self.symbol,
            "side": self.side,
            "entry_time": _stamp(self.entry_time),
            "entry_price": self.entry_price,
            "exit_time": _stamp(self.exit_time) if self.exit_time else None,
            "exit_price": self.exit_price,
            "size": self.size,
            "pnl": self.pnl,
            "return": self.return_,
            "costs": self.costs,
            "bars": self.bars,
            "reason": str(self.reason),
        }


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """The outcome of one strategy on one instrument or on several that share the capital.

    `times` (datetime64[us], n) are the opens of the bars, of all instruments together where there are several; `equity`
    and `benchmark` (n) are the account's worth at the close of each, for the strategy and for buying and holding under
    the same costs. `positions` (instruments, n) are shares held at each close, negative when short; `invested` (n) is
    their absolute value as a part of the equity. `series` are the bars traded, `history` the bars before them that only
    warmed the strategy up. `refused` counts entries that could not buy anything,
    `below_order_level` decisions below the level of confidence that orders need, and `at_position_limit` entries that
    came when no more positions were allowed. `suggests_shares`: the strategy bounds its entries by a number of shares,
    which `allocation`, how the capital is shared, says. `interest` is what cash earned, and
    `above_cap` counts entries above a cap on exposure. `data_hash` identifies bars and history (SHA-256).
    """

    strategy: Strategy
    rules: TradingRules
    series: tuple[Bars, ...]
    history: int
    times: Times
    equity: Floats
    benchmark: Floats
    positions: Floats
    invested: Floats
    trades: Sequence[Trade]
    refused: int
    below_order_level: int
    at_position_limit: int
    statistics: Statistics
    periods_per_year: float
    suggests_shares: bool
    allocation: str
    data_hash: str
    interest: float = 0.0
    above_cap: int = 0

    @property
    def lookahead(self) -> bool:
        """Whether fills use a price that nobody could have traded at when deciding."""
        return self.rules.lookahead

    @property
    def limits(self) -> Limits:
        """The limits of the strategy's signals."""
        return self.rules.limits.of(self.strategy)

    @property
    def notes(self) -> tuple[str, ...]:
        """Missing bars, and what the strategy needed and never knew with how to bring it in, as sentences."""
        return (*gap_notes(self.series), *unknown_features(self.strategy, self.series))

    @property
    def bars(self) -> Bars:
        """The bars of the only instrument.

        Raises:
            ValueError: there are several.
        """
        (bars,) = self.series
        return bars

    def as_json(self) -> dict[str, Any]:
        """The JSON document of `backtest run`."""
        return {
            "strategy": self.strategy.id.name,
            "params": {field.name: getattr(self.strategy, field.name) for field in fields(self.strategy)},
            "symbols": [bars.instrument.symbol for bars in self.series],
            "lookahead": self.lookahead,
            **self.statistics.as_json(),
            "refused": self.refused,
            "order_from": str(self.limits.order_from),
            "below_order_level": self.below_order_level,
            "max_positions": self.limits.max_positions,
            "at_position_limit": self.at_position_limit,
            "above_cap": self.above_cap,
            "interest": self.interest,
            "allocation": self.allocation,
            "data_hash": self.data_hash,
            "notes": list(self.notes),
            "trades": [trade.as_json() for trade in self.trades],
        }


def _stamp(moment: datetime) -> str:
    at_midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date().isoformat() if at_midnight else moment.isoformat()
