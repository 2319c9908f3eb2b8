"""Strategies by name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from algo_trading.errors import ConfigError
from algo_trading.plugins import load_plugin, plugin_names
from algo_trading.strategies.base import Strategy

GROUP = "algo_trading.strategies"


def strategy_names() -> list[str]:
    """Every registered strategy, sorted by name."""
    return plugin_names(GROUP)


def strategy_class(name: str) -> type[Strategy]:
    """The class registered as `name`; UnknownNameError lists the known names."""
    found: type[Strategy] = load_plugin(GROUP, name)
    return found


def build_strategy(name: str, params: Mapping[str, Any]) -> Strategy:
    """The strategy `name` with `params` over its defaults.

    Raises:
        UnknownNameError: no such strategy.
        ConfigError: a parameter is unknown or out of range; the known ones are listed with their defaults.
    """
    kind = strategy_class(name)
    known = {f.name: f.default for f in fields(kind)}
    listing = ", ".join(f"{key}={default}" for key, default in known.items()) or "none"
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise ConfigError(f"{name} has no parameter {unknown[0]!r}; its parameters and defaults are: {listing}")
    try:
        return kind(**params)
    except ValueError as error:
        raise ConfigError(f"{name}: {error}; its parameters and defaults are: {listing}") from error
