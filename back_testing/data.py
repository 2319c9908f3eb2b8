"""Bars to test on: from a file, without a database, or from the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from algo_trading.domain.bars import Bars
from algo_trading.domain.instrument import Instrument
from algo_trading.repositories.bar_files import BarFileReader
from algo_trading.repositories.bars import BarRepository, CorporateActionRepository


def bars_from_file(
    read: BarFileReader, path: Path, symbols: Sequence[str], venue: str, *, adjust: bool = True
) -> list[Bars]:
    """The bars of a file that `import-bars` takes, every symbol of it or those asked for.

    Raises:
        ConfigError: the file holds no bars, lacks a symbol, or a row is no bar: missing or unreadable cells, a price
            of 0, a date that comes twice or out of order.
    """
    raise NotImplementedError


@dataclass(frozen=True)
class ReadHistory:
    """Bars of the database, back-adjusted as of the last one (made by `App.make`)."""

    bars: BarRepository
    actions: CorporateActionRepository

    def __call__(self, instruments: Sequence[Instrument], last: date | None, *, adjust: bool = True) -> list[Bars]:
        """Every stored bar up to the session `last` (None: the newest), in the order of `instruments`.

        Raises:
            ConfigError: an instrument has no bars.
        """
        raise NotImplementedError
