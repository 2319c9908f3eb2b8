"""Single options that several commands share, and how parameters are spelled.

Like every module of this package it is imported at each start, so the heavy imports are inside the functions.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from algo_trading.strategies.base import Strategy

StrategyName = Annotated[str, typer.Option("--strategy", help="Name of a strategy; `backtest list` shows them all.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Parameter of the strategy; may repeat.")
]
Strategies = Annotated[
    list[str] | None, typer.Option("--strategy", help="Only these; may repeat. All that need prices alone if none.")
]
KeepOpen = Annotated[bool, typer.Option("--keep-open", help="Leave the last position open at the end.")]
ReportFile = Annotated[Path | None, typer.Option(help="Write a report: one HTML file, which needs no network.")]
InSample = Annotated[int, typer.Option(min=1, help="Bars that settings are chosen on.")]
OutOfSample = Annotated[int, typer.Option(min=1, help="Bars that a choice is traded on before the next one.")]
LOOKAHEAD = "--fill close is look-ahead: nobody can trade at the close that the decision waits for"
MOST_VALUES = 1_000_000
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


def parse_strategy(text: str) -> "Strategy":
    """The strategy that `NAME:key=value,key=value` spells.

    Raises:
        ConfigError: it spells none.
    """
    from algo_trading.strategies.registry import build_strategy

    name, _, settings = text.partition(":")
    return build_strategy(name, parameters(settings.split(",") if settings else []))


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
