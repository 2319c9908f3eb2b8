"""The command `backtest list`."""

from dataclasses import MISSING, fields
from typing import Any

from back_testing.cli import options as o
from back_testing.cli import output
from back_testing.cli.app import app


@app.command("list")
def list_strategies(json: o.Json = False) -> None:
    """List the strategies that are installed, with their parameters and defaults."""
    from algo_trading.strategies.registry import strategy_class, strategy_names

    found: list[dict[str, Any]] = []
    for name in strategy_names():
        kind = strategy_class(name)
        params = {field.name: None if field.default is MISSING else field.default for field in fields(kind)}
        found.append({"name": name, "summary": kind.summary, "params": params})
    if json:
        output.print_json(found)
        return
    rows = [(s["name"], s["summary"], ", ".join(f"{k}={v}" for k, v in s["params"].items()) or "none") for s in found]
    output.table("Strategies", ("name", "what it does", "parameters and defaults"), rows)
