"""New names of instruments: all that is stored goes on under the new one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from algo_trading.domain.corporate_actions import PERSON, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName, named_on
from algo_trading.domain.time import moment_of
from algo_trading.errors import ConfigError
from algo_trading.gateways.clock import Clock
from algo_trading.repositories.bars import BarRepository
from algo_trading.repositories.locks import ExclusiveWork
from algo_trading.repositories.names import NameRepository
from algo_trading.services.apply_config import WORK
from algo_trading.services.export import ExportBars


@dataclass(frozen=True)
class RenameInstruments:
    """Give instruments the names that somebody tells."""

    names: NameRepository
    bars: BarRepository
    export: ExportBars
    locks: ExclusiveWork
    clock: Clock

    def __call__(self, actions: Iterable[CorporateAction]) -> int:
        """Apply actions of the kind RENAMED in the order of their dates; returns how many were not known.

        Raises:
            ConfigError: a date is still to come, or an instrument cannot get its name (`NameRepository.rename`); those
                of earlier dates have got theirs.
        """
        told, today = sorted(actions, key=lambda one: one.ex_date), self.clock.now().date()
        for one in told:
            if one.ex_date > today:
                raise ConfigError(f"{one} is still to come: tell it when the new name counts")
        count = 0
        for one in told:
            name = FormerName(one.instrument, one.ex_date, Instrument(one.target, one.instrument.venue))
            with self.locks.exclusively(WORK):
                done = self.names.rename(name, PERSON)
            if done:
                self._export(name.now)
                count += 1
        return count

    def undo(self, instrument: Instrument, day: date) -> bool:
        """Give an instrument back the name that it had until a day; False if there is no such newest name.

        Raises:
            ConfigError: another instrument has it by now.
        """
        known = [one for one in self.names.all() if one.until == day and instrument in {one.instrument, one.now}]
        for name in known:
            with self.locks.exclusively(WORK):
                done = self.names.undo(name)
            if done:
                self._export(name.instrument)
                return True
        return False

    def as_named_now(self, actions: Sequence[CorporateAction]) -> list[CorporateAction]:
        """Actions about what the symbols meant on their dates, under the names of now."""
        names = self.names.all()
        return [replace(one, instrument=named_on(one.instrument, one.ex_date, names)) for one in actions]

    def _export(self, instrument: Instrument) -> None:
        """Write the copies of its bars again, which name it."""
        for extent in self.bars.extents():
            if extent.series.instrument == instrument:
                first, last = (np.datetime64(at.replace(tzinfo=None), "M") for at in (extent.first, extent.last))
                months = np.arange(first, last + np.timedelta64(1, "M"))
                self.export(instrument.venue, extent.series.interval, [moment_of(month) for month in months])
