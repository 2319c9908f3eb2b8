"""A configuration that still has former names of instruments, under the names of now."""

from collections.abc import Mapping
from dataclasses import replace

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.names import FormerName, under_new_name
from algo_trading.domain.watchlist import Watchlist
from algo_trading.services.setup_difference import Action, Change, Setup

Names = Mapping[Instrument, FormerName]


def instruments_of(setup: Setup) -> set[Instrument]:
    """Every instrument that a configuration names."""
    watched = {instrument for one in setup.watchlists for instrument in one.instruments}
    subscribed = {Instrument(one.symbol, one.venue) for one in setup.subscriptions}
    return watched | {one.series.instrument for one in setup.assignments} | subscribed


def under_new_names(setup: Setup, names: Names) -> Setup:
    """The configuration with the new names of instruments; a symbol that comes twice then counts once."""
    if not names:
        return setup
    return replace(
        setup,
        watchlists=tuple(_watchlist(one, names) for one in setup.watchlists),
        assignments=tuple(
            dict.fromkeys(replace(one, series=under_new_name(one.series, names)) for one in setup.assignments)
        ),
        subscriptions=tuple(
            dict.fromkeys(
                replace(one, symbol=_now(Instrument(one.symbol, one.venue), names).symbol)
                for one in setup.subscriptions
            )
        ),
    )


def name_changes(names: Names) -> tuple[Change, ...]:
    """A line on each former name in the configuration."""
    return tuple(
        Change("symbol", str(old), Action.KEPT, (f"{name}, and is taken for that: change the configuration",))
        for old, name in sorted(names.items())
    )


def _watchlist(one: Watchlist, names: Names) -> Watchlist:
    symbols = [_now(Instrument(symbol, one.venue), names).symbol for symbol in one.symbols]
    return replace(one, symbols=tuple(dict.fromkeys(symbols)))


def _now(instrument: Instrument, names: Names) -> Instrument:
    name = names.get(instrument)
    return instrument if name is None else name.now
