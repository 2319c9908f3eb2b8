"""Groups of options that commands share: each command says where they stand and gets what they spell as one value."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from back_testing.cli.bars import BARS, bar_source
from back_testing.cli.rules import RULES, signal_limits, trading_rules

GROUPS: Mapping[str, Mapping[str, tuple[Any, Any]]] = {"source": BARS, "rules": RULES}


def shared_options(command: Callable[..., None]) -> Callable[..., None]:
    """Put the options of a group in the place of the parameter `source` or `rules` of a command.

    The command gets a `BarSource`, and `TradingRules` with the configured limits of the strategies that its option
    `strategy` names, of all where it names none.
    """
    own = inspect.signature(command).parameters.values()
    groups = {name: GROUPS[name] for parameter in own if (name := parameter.name) in GROUPS}
    parameters = [p for parameter in own for p in _expanded(parameter)]

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:  # noqa: ANN401 - every option has its own type
        chosen = {name: {key: values.pop(key) for key in options} for name, options in groups.items()}
        if "source" in chosen:
            values["source"] = bar_source(chosen["source"])
        if "rules" in chosen:
            values["rules"] = trading_rules(chosen["rules"], signal_limits(_strategy_names(values["strategy"])))
        command(**values)

    # Typer reads both.
    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what inspect documents
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    return wrapped


def _expanded(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    if parameter.name not in GROUPS:
        return [parameter]
    return [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in GROUPS[parameter.name].items()
    ]


def _strategy_names(strategy: str | Sequence[str] | None) -> list[str]:
    """The names in NAME, in some NAME or NAME:key=value, or of all strategies for none."""
    from algo_trading.strategies.registry import strategy_names

    named = [strategy] if isinstance(strategy, str) else strategy
    return [text.partition(":")[0] for text in named] if named else strategy_names()
