"""Symbols that a person gives under names that instruments had before."""

from collections.abc import Sequence

from algo_trading.bootstrap.services import Services
from algo_trading.cli import output
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.venue import venues


def names_of_now(application: Services, symbols: Sequence[str]) -> list[str]:
    """The symbols as instruments are called now, whatever their venue; a note on stderr says which were renamed."""
    names = application.names.newest(Instrument(symbol, venue) for symbol in symbols for venue in venues())
    for name in names.values():
        output.notes.print(output.showable(str(name)), soft_wrap=True)
    now = {name.instrument.symbol: name.now.symbol for name in names.values()}
    return list(dict.fromkeys(now.get(symbol, symbol) for symbol in symbols))
