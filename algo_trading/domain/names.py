"""Names that instruments had before: a symbol that was renamed, and until when it meant what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from algo_trading.domain.instrument import Instrument, Series


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


def venues_of_symbols(series: Iterable[Series], names: Iterable[FormerName]) -> dict[str, str]:
    """Where a symbol is traded, or was under a name that it had before."""
    former = {one.instrument.symbol: one.instrument.venue for one in names}
    return former | {one.symbol: one.venue for one in series}


def under_new_name(series: Series, names: Mapping[Instrument, FormerName]) -> Series:
    """The series under the name that its instrument has now."""
    name = names.get(series.instrument)
    return series if name is None else replace(series, instrument=name.now)


def names_about(instrument: Instrument, names: Iterable[FormerName]) -> tuple[FormerName, ...]:
    """Those that the instrument had, and those of others that had its symbol before."""
    return tuple(one for one in names if instrument in {one.instrument, one.now})


def named_on(instrument: Instrument, day: date, names: Iterable[FormerName]) -> Instrument:
    """What is called now what had the name of `instrument` on a day."""
    had = [one for one in names if one.instrument == instrument and day < one.until]
    return min(had, key=lambda one: one.until).now if had else instrument
