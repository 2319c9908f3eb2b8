"""Periods of a watchlist that are not processed."""

from dataclasses import dataclass, replace
from datetime import datetime

from algo_trading.domain.time import Interval, parse_period_key, period_key


@dataclass(frozen=True, slots=True)
class Outage:
    """The periods of a watchlist's interval after the one that opened at `since` fail; `over`: they did."""

    watchlist: str
    interval: Interval
    since: datetime
    over: bool = False

    @property
    def key(self) -> str:
        """E.g. `coins 5m 2026-11-20T22:00Z failing`."""
        return f"{self.watchlist} {self.interval} {period_key(self.interval, self.since)} {_word(over=self.over)}"

    @classmethod
    def parse(cls, key: str) -> "Outage":
        """The outage of a key; ValueError if it is not one's."""
        watchlist, interval, since, word = key.split(" ")
        length = Interval.parse(interval)
        return cls(watchlist, length, parse_period_key(length, since), word == _word(over=True))

    @property
    def subject(self) -> tuple[str, Interval]:
        """Whose periods they are."""
        return self.watchlist, self.interval

    @property
    def ended(self) -> "Outage":
        """The end of it."""
        return replace(self, over=True)


def _word(*, over: bool) -> str:
    return "recovered" if over else "failing"
