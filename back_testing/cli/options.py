"""Options that several commands share, and what they mean together.

Like every module of this package it is imported at each start, so the heavy imports are inside the functions.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from algo_trading.domain.bars import Bars
    from algo_trading.strategies.base import Strategy

StrategyName = Annotated[str, typer.Option("--strategy", help="Name of a strategy; `backtest list` shows them all.")]
Symbols = Annotated[
    list[str] | None,
    typer.Option("--symbol", help="Symbol of the database or the file, may repeat; watchlist: all that are watched."),
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", help="File of daily bars as import-bars takes, in ascending dates; no database.")
]
Calendar = Annotated[
    str | None, typer.Option(help="Exchange calendar of the bars: 24/7 counts 365 days a year, others 252.")
]
From = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First session to trade in."),
]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last session.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Parameter of the strategy; may repeat.")
]
KeepOpen = Annotated[bool, typer.Option("--keep-open", help="Leave the last position open at the end.")]
Adjusted = Annotated[
    bool, typer.Option("--adjusted/--raw", help="Whether prices are adjusted for splits and dividends.")
]
LOOKAHEAD = "--fill close is look-ahead: nobody can trade at the close that the decision waits for"
WATCHLIST = "watchlist"  # as a symbol: every symbol that the configuration watches
QUICK_CALENDARS = ("XNYS", "24/7")
MOST_VALUES = 1_000_000
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


@dataclass(frozen=True, slots=True)
class SessionRange:
    """First and last session, None for no bound."""

    first: "date | None"
    last: "date | None"


def session_range(first: datetime | None, last: datetime | None) -> SessionRange:
    """What --from and --to say.

    Raises:
        ConfigError: the first is after the last.
    """
    if first and last and first > last:
        raise ConfigError(f"--from {first:%Y-%m-%d} is after --to {last:%Y-%m-%d}")
    return SessionRange(first.date() if first else None, last.date() if last else None)


def load_series(
    symbols: list[str] | None,
    csv: Path | None,
    calendar: str | None,
    last: "date | None",
    *,
    adjusted: bool,
    strategies: "Iterable[Strategy | type[Strategy]]" = (),
) -> "list[Bars]":
    """The bars that --symbol and --csv name, up to the session `last`, with the features that the strategies need.

    Raises:
        ConfigError: neither is given, there are no such bars, or a file cannot tell what a strategy needs.
    """
    features = {strategy.name: strategy.features for strategy in strategies}
    if csv is not None:
        for name, needed in features.items():
            if needed:
                raise ConfigError(
                    f"{name} needs {', '.join(needed)}, which a file of bars does not tell: name a symbol of the "
                    "database with --symbol, without --csv"
                )
        from algo_trading.bootstrap import bar_file_reader
        from back_testing.engine.data import bars_from_file

        return bars_from_file(bar_file_reader(), csv, symbols or [], _known(calendar), last, adjust=adjusted)
    if not symbols:
        raise ConfigError("name a symbol of the database with --symbol, or a file of bars with --csv")
    from algo_trading.bootstrap import bootstrap
    from algo_trading.domain.instrument import Instrument
    from back_testing.engine.data import ReadHistory

    with bootstrap() as application:
        settings = application.settings
        names = [s for symbol in symbols for s in (settings.symbols if symbol == WATCHLIST else [symbol])]
        instruments = [Instrument(name, calendar or settings.venue) for name in dict.fromkeys(names)]
        wanted = list(dict.fromkeys(name for needed in features.values() for name in needed))
        return application.make(ReadHistory)(instruments, last, adjust=adjusted, features=wanted)


def joining(strategy: "Strategy", series: "Sequence[Bars]") -> "Callable[[Bars], Bars]":
    """What joins the features that a strategy needs anew to bars of the database whose future was cut off.

    Text and figures are read once; without any there is no need of the database.
    """
    if not strategy.features:
        return lambda bars: bars
    from algo_trading.bootstrap import bootstrap
    from algo_trading.services.features import JoinFeatures, joined, last_close

    with bootstrap() as application:
        join = application.make(JoinFeatures)
        known = {bars.instrument: join.read(bars, strategy.features) for bars in series}
    return lambda bars: joined(bars, strategy.features, known[bars.instrument].until(last_close(bars)))


def _known(calendar: str | None) -> str:
    """A calendar's code; New York's and the one that never closes need no look at the list, which takes a second."""
    if calendar and calendar not in QUICK_CALENDARS:
        from algo_trading.calendars import market_calendar

        return market_calendar(calendar).code
    return calendar or QUICK_CALENDARS[0]


def parameters(settings: list[str] | None) -> dict[str, Any]:
    """`key=value` texts as parameters: whole numbers, numbers, true, false, else text.

    Raises:
        ConfigError: a text is no key=value, or a key is there twice.
    """
    found: dict[str, Any] = {}
    for setting in settings or ():
        key, equals, text = setting.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set takes key=value, for example --set fast=10, not {setting!r}")
        if key.strip() in found:
            raise ConfigError(f"--set names {key.strip()} twice")
        found[key.strip()] = value_of(text.strip())
    return found


def grid(settings: list[str] | None) -> dict[str, list[Any]]:
    """`key=values` texts as a grid: one value, `5,10,20`, or `20:200:5` with both ends in and steps of 1 unless given.

    Raises:
        ConfigError: a text is none of these.
    """
    return {key: _values(key, text) if isinstance(text, str) else [text] for key, text in parameters(settings).items()}


def _values(key: str, text: str) -> list[Any]:
    if "," in text:
        return [value_of(part.strip()) for part in text.split(",")]
    if ":" not in text:
        return [text]
    bounds = [value_of(part.strip()) for part in text.split(":")]
    numbers = [bound for bound in bounds if isinstance(bound, int | float) and not isinstance(bound, bool)]
    if len(bounds) not in {2, 3} or len(numbers) < len(bounds):
        raise ConfigError(f"a range is written first:last or first:last:step, not {key}={text}")
    low, high, step = (*numbers, 1)[:3]
    if step <= 0 or high < low:
        raise ConfigError(f"the range {key}={text} is empty: it goes from the lower to the higher end in steps above 0")
    count = int((high - low) / step + 1e-9) + 1
    if count > MOST_VALUES:
        raise ConfigError(f"{key}={text} has {count:,} values, and {MOST_VALUES:,} are the most")
    return [low + step * index for index in range(count)]


def value_of(text: str) -> int | float | bool | str:
    """A parameter's value as its text spells it."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
