"""The options that choose bars, for commands that load them as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from algo_trading.domain.bars import Bars
    from algo_trading.domain.instrument import Instrument
    from algo_trading.services.features import Knowledge
    from algo_trading.strategies.base import Strategy
    from back_testing.engine.data import History

# The type of each option and its default; the names are those of `bar_source`.
BARS: Mapping[str, tuple[Any, Any]] = {
    "symbol": (
        Annotated[
            list[str] | None,
            typer.Option(
                "--symbol", help="Symbol of the database or the file, may repeat; watchlist: all that are watched."
            ),
        ],
        None,
    ),
    "csv": (
        Annotated[
            Path | None,
            typer.Option("--csv", help="File of daily bars as import-bars takes, in ascending dates; no database."),
        ],
        None,
    ),
    "calendar": (
        Annotated[
            str | None, typer.Option(help="Exchange calendar of the bars: 24/7 counts 365 days a year, others 252.")
        ],
        None,
    ),
    "first": (
        Annotated[
            datetime | None,
            typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First session to trade in."),
        ],
        None,
    ),
    "last": (
        Annotated[
            datetime | None,
            typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last session."),
        ],
        None,
    ),
    "adjusted": (
        Annotated[bool, typer.Option("--adjusted/--raw", help="Whether prices are adjusted for splits and dividends.")],
        True,
    ),
}
WATCHLIST = "watchlist"  # as a symbol: every symbol that the configuration watches
QUICK_CALENDARS = ("XNYS", "24/7")


@dataclass(frozen=True, slots=True)
class BarSource:
    """Which bars a command is about; `first` and `last` are sessions, None for no bound."""

    symbols: Sequence[str]
    csv: Path | None
    calendar: str | None
    first: "date | None"
    last: "date | None"
    adjusted: bool

    def load(self, strategies: "Iterable[Strategy | type[Strategy]]") -> "History":
        """The bars up to the last session, with the features that the strategies need and with earlier history.

        Raises:
            ConfigError: no source is given, there are no such bars, or a file lacks what a strategy needs.
        """
        features = {strategy.name: strategy.features for strategy in strategies}
        return self._from_database(features) if self.csv is None else self._from_file(self.csv, features)

    def load_one(self, strategies: "Iterable[Strategy | type[Strategy]]") -> "tuple[Bars, tuple[str, ...]]":
        """As `load`, for a command that takes a single symbol: its bars, and the notes on them.

        Raises:
            ConfigError: as `load`, or there are several.
        """
        history = self.load(strategies)
        if len(history.series) != 1:
            raise ConfigError(f"this takes one symbol, not {len(history.series)}")
        return history.series[0], history.notes

    def _from_file(self, path: Path, features: Mapping[str, Sequence[str]]) -> "History":
        for name, needed in features.items():
            if needed:
                raise ConfigError(
                    f"{name} needs {', '.join(needed)}, which a file of bars does not contain: name a symbol of the "
                    "database with --symbol, without --csv"
                )
        from algo_trading.bootstrap import bar_file_reader
        from back_testing.engine.data import bars_from_file

        venue = _known(self.calendar)
        return bars_from_file(bar_file_reader(), path, self.symbols, venue, self.last, adjust=self.adjusted)

    def _from_database(self, features: Mapping[str, Sequence[str]]) -> "History":
        if not self.symbols:
            raise ConfigError("name a symbol of the database with --symbol, or a file of bars with --csv")
        from algo_trading.bootstrap import bootstrap
        from algo_trading.domain.instrument import Instrument
        from back_testing.engine.data import ReadHistory

        with bootstrap() as application:
            settings = application.settings
            names = [s for symbol in self.symbols for s in (settings.symbols if symbol == WATCHLIST else [symbol])]
            instruments = [Instrument(name, self.calendar or settings.venue) for name in dict.fromkeys(names)]
            wanted = list(dict.fromkeys(name for needed in features.values() for name in needed))
            return application.make(ReadHistory)(instruments, self.last, adjust=self.adjusted, features=wanted)


def bar_source(options: Mapping[str, Any]) -> BarSource:
    """What the options choose.

    Raises:
        ConfigError: the first session is after the last.
    """
    first, last = options["first"], options["last"]
    if first and last and first > last:
        raise ConfigError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")
    return BarSource(
        symbols=options["symbol"] or (),
        csv=options["csv"],
        calendar=options["calendar"],
        first=first.date() if first else None,
        last=last.date() if last else None,
        adjusted=options["adjusted"],
    )


@dataclass(frozen=True)
class FeatureJoin:
    """Joins features anew to bars of the database whose future was cut off; all that is known was read once."""

    features: Sequence[str]
    known: "Mapping[Instrument, Knowledge]"

    def __call__(self, bars: "Bars") -> "Bars":
        if not self.features:
            return bars
        from algo_trading.services.features import joined, last_close

        return joined(bars, self.features, self.known[bars.instrument].until(last_close(bars)))


def feature_join(strategy: "Strategy", series: "Sequence[Bars]") -> FeatureJoin:
    """What joins the features that a strategy needs; where it needs none, the database is not asked."""
    if not strategy.features:
        return FeatureJoin((), {})
    from algo_trading.bootstrap import bootstrap
    from algo_trading.services.features import JoinFeatures

    with bootstrap() as application:
        join = application.make(JoinFeatures)
        return FeatureJoin(strategy.features, {bars.instrument: join.read(bars, strategy.features) for bars in series})


def _known(calendar: str | None) -> str:
    """A calendar's code; New York's and the one that never closes need no look at the list, which takes a second."""
    if calendar and calendar not in QUICK_CALENDARS:
        from algo_trading.calendars import market_calendar

        return market_calendar(calendar).code
    return calendar or QUICK_CALENDARS[0]
