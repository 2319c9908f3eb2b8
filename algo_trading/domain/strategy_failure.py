"""Strategies that raise errors instead of deciding."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from algo_trading.domain.instrument import Series
from algo_trading.domain.signal import StrategyId


@dataclass(frozen=True, slots=True)
class StrategyFailure:
    """A strategy that raised `error` on a series in the period that opened at `since`, and in those up to `newest`.

    `over` is when the period opened in which it decided again; None: it has not yet.
    """

    strategy: StrategyId
    series: Series
    since: datetime
    newest: datetime
    error: str
    over: datetime | None = None


@dataclass(frozen=True, slots=True)
class StrategyOutage:
    """A strategy fails on some of its series, first in the period that opened at `since`; `over`: it did."""

    strategy: StrategyId
    since: datetime
    over: bool = False

    @property
    def key(self) -> str:
        """A JSON list of name, parameters, moment, and `failing` or `recovered`."""
        word = "recovered" if self.over else "failing"
        return json.dumps([self.strategy.name, self.strategy.params, self.since.isoformat(), word])

    @classmethod
    def parse(cls, key: str) -> "StrategyOutage":
        """The outage of a key; ValueError if it is not one's."""
        try:
            name, params, since, word = json.loads(key)
            return cls(StrategyId(name, params), datetime.fromisoformat(since), word == "recovered")
        except TypeError as error:
            raise ValueError(f"{key!r} is not the key of a strategy's outage") from error

    @property
    def subject(self) -> StrategyId:
        """What fails."""
        return self.strategy

    @property
    def ended(self) -> "StrategyOutage":
        """The end of it."""
        return replace(self, over=True)
