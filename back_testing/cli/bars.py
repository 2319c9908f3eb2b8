"""The options that choose bars, for commands that load them as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.domain.time import DAY, Interval, midnight
from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from algo_trading.domain.bars import Bars
    from algo_trading.domain.instrument import Instrument, Series
    from algo_trading.domain.names import FormerName
    from algo_trading.repositories.names import NameRepository
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
    "interval": (
        Annotated[str, typer.Option(help="Length of the database's bars: 1h, 4h, 1d ... A symbol may name it: X_4h.")],
        "1d",
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
    interval: Interval = Interval.DAY

    def load(self, strategies: "Iterable[Strategy | type[Strategy]]") -> "History":
        """The bars up to the last session, with the features that the strategies need and with earlier history.

        Raises:
            ConfigError: no source is given, there are no such bars, or a file lacks what a strategy needs.
        """
        features: dict[str, tuple[str, ...]] = {}
        for one in strategies:
            needed = one.features if isinstance(one, type) else one.needs
            features[one.name] = (*features.get(one.name, ()), *needed)
        return self._from_database(features) if self.csv is None else self._from_file(self.csv, features)

    def load_one(self, strategies: "Iterable[Strategy | type[Strategy]]") -> "tuple[Bars, History]":
        """As `load`, for a command that takes a single symbol: its bars, and what they are of.

        Raises:
            ConfigError: as `load`, or there are several.
        """
        history = self.load(strategies)
        if len(history.series) != 1:
            raise ConfigError(f"this takes one symbol, not {len(history.series)}")
        return history.series[0], history

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
        from algo_trading.domain.names import under_new_name, venues_of_symbols
        from back_testing.services import read_history

        with bootstrap() as application:
            stored, former = application.bars.series(), application.names.all()
            venues = {} if self.calendar else venues_of_symbols(stored, former)
            watched = [one for watchlist in application.watchlists.all() for one in watchlist.series(self.interval)]
            given = {symbol: self._series(symbol, venues) for symbol in self.symbols if symbol != WATCHLIST}
            names = self._former_names(application.names, [one.instrument for one in given.values()])
            renamed = [one.instrument for one in given.values() if one.instrument in names]
            given = {symbol: under_new_name(one, names) for symbol, one in given.items()}
            named = dict.fromkeys(
                one for symbol in self.symbols for one in (watched if symbol == WATCHLIST else [given[symbol]])
            )
            wanted = list(dict.fromkeys(name for needed in features.values() for name in needed))
            last = midnight(self.last) + DAY - timedelta(microseconds=1) if self.last else None
            history = read_history(application)([*named], last, adjust=self.adjusted, features=wanted)
            return replace(history, notes=(*(str(names[one]) for one in renamed), *history.notes))

    def _former_names(
        self, names: "NameRepository", instruments: "Sequence[Instrument]"
    ) -> "Mapping[Instrument, FormerName]":
        """Those of instruments that are called otherwise now; up to `last` a symbol meant what it means no longer."""
        then = () if self.last is None else (one for one in names.all() if self.last < one.until)
        return {**names.newest(instruments), **{one.instrument: one for one in reversed([*then])}}

    def _series(self, symbol: str, venues: Mapping[str, str]) -> "Series":
        """The series of a symbol, which may name its interval: INJUSDT_4h."""
        from algo_trading.domain.instrument import Series

        series = Series.parse(symbol, venues, self.calendar or QUICK_CALENDARS[0])
        daily = series.interval is Interval.DAY
        return Series(series.instrument, self.interval) if daily else series


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
        interval=_interval(options["interval"]),
    )


@dataclass(frozen=True)
class FeatureJoin:
    """Joins features anew to bars of the database whose future was cut off; all that is known was read once."""

    features: Sequence[str]
    known: "Mapping[Series, Knowledge]"

    def __call__(self, bars: "Bars") -> "Bars":
        """The bars with the features known at the last close."""
        if not self.features:
            return bars
        from algo_trading.services.features import joined, last_close

        return joined(bars, self.features, self.known[bars.series].until(last_close(bars)))


def feature_join(strategy: "Strategy", series: "Sequence[Bars]") -> FeatureJoin:
    """What joins the features that a strategy needs; where it needs none, the database is not asked."""
    if not strategy.needs:
        return FeatureJoin((), {})
    from algo_trading.bootstrap import bootstrap

    with bootstrap() as application:
        join = application.join_features()
        return FeatureJoin(strategy.needs, {bars.series: join.read(bars, strategy.needs) for bars in series})


def _interval(text: str) -> Interval:
    try:
        return Interval.parse(text)
    except ValueError as error:
        raise ConfigError(f"--interval: {error}") from error


def _known(calendar: str | None) -> str:
    """A calendar's code; New York's and the one that never closes need no look at the list, which takes a second."""
    if calendar and calendar not in QUICK_CALENDARS:
        from algo_trading.domain.venue import venue_of

        return venue_of(calendar).code
    return calendar or QUICK_CALENDARS[0]
