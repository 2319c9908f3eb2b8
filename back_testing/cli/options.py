"""Options that several commands share, and what they mean together.

Like every module of this package it is imported at each start, so the heavy imports are inside the functions.
"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from datetime import date

    from algo_trading.domain.bars import Bars
    from back_testing.rules import TradingRules

StrategyName = Annotated[str, typer.Option("--strategy", help="Name of a strategy; `backtest list` shows them all.")]
Symbols = Annotated[
    list[str] | None, typer.Option("--symbol", help="Symbol in the database, or one of the file; may repeat.")
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", help="File of daily bars, anything that import-bars takes; needs no database.")
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
Cash = Annotated[float, typer.Option(help="Money at the start.")]
Commission = Annotated[float, typer.Option(help="Fraction of the traded value, at each fill.")]
CommissionFixed = Annotated[float, typer.Option(help="Money at each fill, on top.")]
SlippageBps = Annotated[float, typer.Option(help="Basis points by which each fill's price is worse.")]
Fill = Annotated[str, typer.Option(metavar="next_open|close", help="Price of a fill; close is look-ahead.")]
DirectionName = Annotated[str, typer.Option("--direction", metavar="long|long_short", help="Whether exits sell short.")]
SizeText = Annotated[
    str, typer.Option("--size", metavar="all|fraction:X|cash:X|shares:N", help="What one entry takes.")
]
WholeShares = Annotated[bool, typer.Option("--whole-shares/--fractional", help="Whether shares are whole.")]
StopLoss = Annotated[float | None, typer.Option(help="Fraction below the entry at which to get out, 0.05 for 5 %.")]
TakeProfit = Annotated[float | None, typer.Option(help="Fraction above the entry at which to take the profit.")]
TrailingStop = Annotated[float | None, typer.Option(help="Fraction below the highest price since the entry.")]
KeepOpen = Annotated[bool, typer.Option("--keep-open", help="Leave the last position open at the end.")]
Adjusted = Annotated[
    bool, typer.Option("--adjusted/--raw", help="Whether prices are adjusted for splits and dividends.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


def trading_rules(  # noqa: PLR0917 - the options of the command line, in their order
    cash: float,
    commission: float,
    commission_fixed: float,
    slippage_bps: float,
    fill: str,
    direction: str,
    size: str,
    whole_shares: bool,
    stop_loss: float | None,
    take_profit: float | None,
    trailing_stop: float | None,
    keep_open: bool,
) -> "TradingRules":
    """The rules that the options spell.

    Raises:
        ConfigError: a value is out of range.
    """
    from back_testing.costs import Costs
    from back_testing.rules import Direction, FillAt, Size, TradingRules

    return TradingRules(
        cash=cash,
        costs=Costs(commission, commission_fixed, slippage_bps),
        fill=FillAt(_choice("--fill", fill, [*FillAt])),
        direction=Direction(_choice("--direction", direction, [*Direction])),
        size=Size.parse(size),
        whole_shares=whole_shares,
        stop_loss=stop_loss,
        take_profit=take_profit,
        trailing_stop=trailing_stop,
        keep_open=keep_open,
    )


def load_series(
    symbols: list[str] | None, csv: Path | None, calendar: str | None, last: "date | None", *, adjusted: bool
) -> "list[Bars]":
    """The bars that --symbol and --csv name, up to the session `last`.

    Raises:
        ConfigError: neither is given, or there are no such bars.
    """
    raise NotImplementedError


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


def _choice(option: str, value: str, known: list[Any]) -> str:
    if value not in {str(name) for name in known}:
        raise ConfigError(f"{option} is {' or '.join(str(name) for name in known)}, not {value!r}")
    return value
