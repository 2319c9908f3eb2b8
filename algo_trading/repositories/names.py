"""The names of instruments over time."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName


class NameRepository(Protocol):
    """Former names. Whatever is stored of an instrument is under the name that it has now."""

    def all(self) -> list[FormerName]:
        """Every former name, sorted."""
        ...

    def newest(self, instruments: Iterable[Instrument]) -> Mapping[Instrument, FormerName]:
        """The newest former name of those that are not the name of any instrument now."""
        ...

    def rename(self, name: FormerName, source: str) -> bool:
        """Call the instrument `name.now` from now on; False if that was known.

        Where an instrument has the new name already both become one: what is stored of either is kept, and of the bars
        of a day those under the new name.

        Raises:
            ConfigError: there is no such instrument, accounts traded under both names, or their prices differ on days
                on which both have bars, so that they are two companies.
        """
        ...

    def undo(self, name: FormerName) -> bool:
        """Give the instrument the former name back; False if it is not its newest one.

        Raises:
            ConfigError: another instrument has that name by now.
        """
        ...
