"""Rules between a signal and what is done with it."""

from dataclasses import dataclass
from datetime import time, timedelta

from algo_trading.domain.post import Level


@dataclass(frozen=True, slots=True)
class TradeWindow:
    """Hours of the day in the venue's time zone.

    One that begins later than it ends goes over midnight; one that begins when it ends is the whole day.
    """

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> "TradeWindow":
        """The window written as HH:MM-HH:MM; ValueError if it is not."""
        begins, _, ends = text.partition("-")
        try:
            return cls(time.fromisoformat(begins.strip()), time.fromisoformat(ends.strip()))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a window of the day; write it as 12:00-06:00") from error

    def __contains__(self, moment: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= moment < self.ends
        return moment >= self.begins or moment < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a strategy's signals must pass. None: there is no such rule.

    A signal is mailed from the level `mail_from` on and becomes an order from `order_from` on. An entry is refused
    outside `trade_window`, when the newest price is older than `max_price_age`, when the price has moved by more than
    the fraction `max_move` since the post that the signal rests on, and when the strategy holds or is buying
    `max_positions` instruments already.
    """

    mail_from: Level = Level.LOW
    order_from: Level = Level.LOW
    trade_window: TradeWindow | None = None
    max_price_age: timedelta | None = None
    max_move: float | None = None
    max_positions: int | None = None


NO_LIMITS = Limits()
