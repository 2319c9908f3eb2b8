"""Symbols that people give under names that instruments had before."""

from collections.abc import Iterable

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName
from algo_trading.domain.subscription import EVERY
from algo_trading.domain.venue import venues
from algo_trading.repositories.names import NameRepository


def former_names(names: NameRepository, symbols: Iterable[str], venue: str = EVERY) -> dict[str, FormerName]:
    """Those of the symbols that no instrument of the venue has any more, with what they mean now."""
    asked = venues() if venue == EVERY else [venue]
    found = names.newest(Instrument(symbol, one) for symbol in symbols for one in asked)
    return {name.instrument.symbol: name for name in found.values()}


def symbol_of_now(names: NameRepository, symbol: str, venue: str = EVERY) -> str:
    """The symbol that what is given as `symbol` has now."""
    name = former_names(names, [symbol], venue).get(symbol)
    return name.now.symbol if name else symbol
