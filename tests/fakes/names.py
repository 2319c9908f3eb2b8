"""Former names in memory."""

from collections.abc import Iterable, Mapping

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName


class FakeNames:
    """Implements NameRepository, but what is stored elsewhere keeps its names; `taken` are names in use again."""

    def __init__(self, *names: FormerName, taken: Iterable[Instrument] = ()) -> None:
        self.names, self.taken = set(names), set(taken)

    def all(self) -> list[FormerName]:
        return sorted(self.names)

    def newest(self, instruments: Iterable[Instrument]) -> Mapping[Instrument, FormerName]:
        wanted = set(instruments) - self.taken
        return {one.instrument: one for one in self.all() if one.instrument in wanted}

    def rename(self, name: FormerName, source: str) -> bool:  # noqa: ARG002 - nobody asks for it
        known = name in self.names
        self.names.add(name)
        return not known

    def undo(self, name: FormerName) -> bool:
        known = name in self.names
        self.names.discard(name)
        return known
