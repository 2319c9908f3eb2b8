"""A signal that somebody sends to those who subscribed, instead of a strategy that decides."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Self

from algo_trading.domain.signal import Side


@dataclass(frozen=True, slots=True)
class SentSignal:
    """`number` tells apart what is sent twice on purpose; `test` goes to whoever sends it alone."""

    symbol: str
    side: Side
    strategy: str
    on: date
    by: str
    number: str
    test: bool = False

    @property
    def key(self) -> str:
        """All of it as a JSON list, from which `parse` makes it again."""
        parts = (self.symbol, self.side, self.strategy, self.on.isoformat(), self.by, self.number, self.test)
        return json.dumps(parts, separators=(",", ":"))

    @classmethod
    def parse(cls, key: str) -> Self:
        """The signal of a key.

        Raises:
            ValueError: it is not one.
        """
        try:
            symbol, side, strategy, on, by, number, test = json.loads(key)
            return cls(symbol, Side(side), strategy, date.fromisoformat(on), by, number, bool(test))
        except TypeError as error:
            raise ValueError(f"not a signal that somebody sent: {error}") from error
