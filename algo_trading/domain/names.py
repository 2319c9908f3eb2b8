"""Names that instruments had before: a symbol that was renamed, and until when it meant what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from algo_trading.domain.instrument import Instrument


@dataclass(frozen=True, slots=True, order=True)
class FormerName:
    """Before the date `until` the symbol and venue of `instrument` meant what is called `now` today.

    From that date on the symbol is free, and may become that of another company.
    """

    instrument: Instrument
    until: date
    now: Instrument

    def __str__(self) -> str:
        return f"{self.instrument} has been {self.now} since {self.until}"


def named_on(instrument: Instrument, day: date, names: Iterable[FormerName]) -> Instrument:
    """What is called now what had the name of `instrument` on a day."""
    had = [one for one in names if one.instrument == instrument and day < one.until]
    return min(had, key=lambda one: one.until).now if had else instrument
