"""Rules between a signal and what is done with it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from algo_trading.domain.post import Level


@dataclass(frozen=True, slots=True)
class TradeWindow:
    """Hours of the day in a person's time zone, or without one in the venue's.

    One that begins later than it ends goes over midnight; one that begins when it ends is the whole day.
    """

    begins: time
    ends: time
    zone: str = ""

    @classmethod
    def parse(cls, text: str) -> "TradeWindow":
        """The window written as HH:MM-HH:MM, with the name of a time zone behind it or not; ValueError if it is not."""
        begins, _, rest = text.partition("-")
        ends, _, zone = rest.strip().partition(" ")
        try:
            window = cls(time.fromisoformat(begins.strip()), time.fromisoformat(ends), zone.strip())
        except ValueError as error:
            raise ValueError(f"{text!r} is not a window of the day; write it as 12:00-06:00") from error
        try:
            ZoneInfo(window.zone or "UTC")
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise ValueError(f"{window.zone!r} is not a time zone; write it as Europe/Berlin") from error
        return window

    def __contains__(self, moment: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= moment < self.ends
        return moment >= self.begins or moment < self.ends

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}-{self.ends:%H:%M}{self.zone and f' {self.zone}'}"


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


@dataclass(frozen=True, slots=True)
class EntryTerms:
    """What must hold when an entry is sent, however long after the decision that is. None: there is no such rule.

    It is sent within `window`, whose zone is named; at most `max_age` after `priced_at`, when it was decided at
    `price`; and only while the price of now is within the fraction `max_move` of that one, and of the one at the
    publication of the post that it rests on (`price_before`; None: there was none).
    """

    price: Decimal
    priced_at: datetime
    price_before: Decimal | None = None
    window: TradeWindow | None = None
    max_age: timedelta | None = None
    max_move: float | None = None
