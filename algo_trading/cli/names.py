"""Symbols that a person gives under names that instruments had before."""

from collections.abc import Sequence

from algo_trading.bootstrap.services import Services
from algo_trading.cli import output
from algo_trading.domain.subscription import EVERY
from algo_trading.services.names_of_now import former_names


def names_of_now(application: Services, symbols: Sequence[str], venue: str = EVERY) -> list[str]:
    """The symbols as instruments of a venue are called now; a note on stderr says which were renamed."""
    names = former_names(application.names, symbols, venue)
    for name in names.values():
        output.notes.print(output.showable(str(name)), soft_wrap=True)
    return list(dict.fromkeys(names[one].now.symbol if one in names else one for one in symbols))
