"""Errors a user can act on. The CLI and the DAGs print the sentence; anything else is a bug and keeps its traceback."""

import difflib
from collections.abc import Sequence


class AlgoTradingError(Exception):
    """A sentence that names the cause and the next step."""


class ConfigError(AlgoTradingError):
    """The configuration names something that does not exist or does not fit."""


class UnknownNameError(ConfigError):
    """A plug-in, strategy, symbol or calendar that nobody knows."""


class SourceError(AlgoTradingError):
    """A market-data source could not answer."""


class RateLimitedError(SourceError):
    """The source asked us to slow down; try again later."""


class UnknownSymbolError(SourceError):
    """The source does not know the symbol; trying again does not help."""


class NotYetAvailableError(SourceError):
    """The source has nothing for the session yet; it may have later."""


class NothingGoodError(AlgoTradingError):
    """A batch in which no row passed the gate."""


class ServiceUnavailableError(AlgoTradingError):
    """A database, object store or mail server could not be reached."""


class DisagreementError(AlgoTradingError):
    """Stored signals say something else than the same bars do now."""


def unknown_name(noun: str, name: str, known: Sequence[str]) -> str:
    """A clause on a name that nothing has: the nearest one, and all there are."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"there is no {noun} {name!r}; {hint}known are: {', '.join(known) or 'none'}"
