"""The options that spell the trading rules, for commands that hand them on as a whole."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from back_testing.cli import options as o

# As `backtest run` has them.
RULES: Mapping[str, tuple[Any, Any]] = {
    "cash": (o.Cash, 10_000.0),
    "commission": (o.Commission, 0.001),
    "commission_fixed": (o.CommissionFixed, 0.0),
    "slippage_bps": (o.SlippageBps, 0.0),
    "fill": (o.Fill, "next_open"),
    "direction": (o.DirectionName, "long"),
    "size": (o.SizeText, "all"),
    "whole_shares": (o.WholeShares, True),
    "stop_loss": (o.StopLoss, None),
    "take_profit": (o.TakeProfit, None),
    "trailing_stop": (o.TrailingStop, None),
}


def with_rules(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command of keyword-only options these too; it gets the `rules` that they spell."""
    own = [p for p in inspect.signature(command).parameters.values() if p.name != "rules"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, (annotation, default) in RULES.items()
    ]
    at = next((i for i, p in enumerate(own) if p.name in {"adjusted", "json"}), len(own))

    @functools.wraps(command)
    def told(**values: Any) -> None:  # noqa: ANN401 - every option has its own type
        chosen = {name: values.pop(name) for name in RULES}
        command(rules=o.trading_rules(**chosen, keep_open=False), **values)

    parameters = [*own[:at], *added, *own[at:]]
    # Typer reads both.
    told.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what inspect documents
    told.__annotations__ = {p.name: p.annotation for p in parameters}
    return told
