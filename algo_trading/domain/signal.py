"""What a strategy said about an instrument at the close of a bar."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.time import period_key


class Side(StrEnum):
    """Direction of a decision or an order."""

    BUY = "buy"
    SELL = "sell"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, order=True)
class StrategyId:
    """A strategy's name and its parameters in canonical JSON; two settings of one strategy are two strategies."""

    name: str
    params: str

    def __str__(self) -> str:
        text = self.params.strip("{}").replace('"', "").replace(":", "=").replace(",", ", ")
        return f"{self.name}({text})"


@dataclass(frozen=True, slots=True)
class Signal:
    """One decision. There is one for each strategy, series and period, holds included, and it is never rewritten.

    `opened_at` is that of the bar at whose close it was decided. A strategy that is driven by posts decides once for
    each series and post instead: `post` is that post's key, `available_at` is when it could be known, and the bar is
    the last one that had closed by then.

    `confidence` is in [0, 1]; `size` is the suggested fraction of the account's position limit, in [0, 1], and
    `shares`, where given, the most shares to buy within it; `close` is the price as traded at the decision;
    `inputs_hash` identifies the bars, actions and features it was made from.
    """

    strategy: StrategyId
    series: Series
    opened_at: datetime
    side: Side
    confidence: float
    size: float
    close: float
    reason: str
    inputs_hash: str
    shares: float | None = None
    post: str = ""
    available_at: datetime | None = None

    @property
    def instrument(self) -> Instrument:
        """What it is about."""
        return self.series.instrument

    @property
    def period(self) -> str:
        """The key of the bar's period (domain/time.py)."""
        return period_key(self.series.interval, self.opened_at)

    @property
    def key(self) -> str:
        """Natural key as a JSON list; notices and orders derive theirs from it."""
        parts = (
            self.strategy.name,
            self.strategy.params,
            self.series.symbol,
            self.series.venue,
            self.series.interval,
            self.period,
            *([self.post] if self.post else []),
        )
        return json.dumps(parts, separators=(",", ":"))
