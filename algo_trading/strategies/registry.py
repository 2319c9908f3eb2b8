"""Strategies by name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

from algo_trading.domain.signal import StrategyId
from algo_trading.errors import ConfigError
from algo_trading.plugins import load_entry_point, plugin_names
from algo_trading.strategies.base import Strategy

GROUP = "algo_trading.strategies"


def strategy_names() -> list[str]:
    """Every registered strategy, sorted by name."""
    return plugin_names(GROUP)


def strategy_class(name: str) -> type[Strategy]:
    """The class registered as `name`.

    Raises:
        UnknownNameError: no such strategy; the known ones are listed.
        ConfigError: what is registered is not a strategy, or one that calls itself by another name.
    """
    found = load_entry_point(GROUP, name)
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise ConfigError(f"what the entry point {name!r} of {GROUP} names is not a subclass of Strategy")
    if found.name != name:
        raise ConfigError(f"the strategy registered as {name!r} calls itself {found.name!r}; give it one name")
    return found


def build_strategy(name: str, params: Mapping[str, Any]) -> Strategy:
    """The strategy `name` with `params` over its defaults.

    Raises:
        UnknownNameError: no such strategy.
        ConfigError: a parameter is unknown, missing or out of range; the known ones are listed with their defaults.
    """
    kind = strategy_class(name)
    known = {f.name: "required" if f.default is MISSING else f.default for f in fields(kind)}
    listing = ", ".join(f"{key}={default}" for key, default in known.items()) or "none"
    unknown = sorted(set(params) - set(known))
    if unknown:
        raise ConfigError(f"{name} has no parameter {unknown[0]!r}; its parameters and defaults are: {listing}")
    try:
        return kind(**params)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name}: {error}; its parameters and defaults are: {listing}") from error


@lru_cache(maxsize=4096)
def strategy_of(identity: StrategyId) -> Strategy:
    """The strategy that an id names, built once per process; errors as those of `build_strategy`."""
    return build_strategy(identity.name, json.loads(identity.params))


Strategies = Callable[[StrategyId], Strategy]
