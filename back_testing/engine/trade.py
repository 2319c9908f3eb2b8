"""Round trips of a backtest."""

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from algo_trading.strategies.base import Strategy


class ExitReason(StrEnum):
    """Why a trade ended. OPEN: it did not, the position is still there after the last bar (`keep_open`).

    DELISTED and MERGED: the instrument ended (`ends`).
    """

    SIGNAL = "signal"
    STOP_LOSS = "stop_loss"
    TRAILING_STOP = "trailing_stop"
    TAKE_PROFIT = "take_profit"
    RUIN = "ruin"
    END_OF_DATA = "end_of_data"
    OPEN = "open"
    DELISTED = "delisted"
    MERGED = "merged"
    MAX_AGE = "max_age"


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
    strategy: Strategy

    @property
    def days(self) -> float:
        """Time from entry to exit; NaN for an open trade."""
        return (self.exit_time - self.entry_time).total_seconds() / 86_400 if self.exit_time else math.nan

    def as_json(self) -> dict[str, Any]:
        """JSON's own types; daily bars have dates for times."""
        return {
            "strategy": self.strategy.name,
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


def _stamp(moment: datetime) -> str:
    at_midnight = (moment.hour, moment.minute, moment.second, moment.microsecond) == (0, 0, 0, 0)
    return moment.date().isoformat() if at_midnight else moment.isoformat()
