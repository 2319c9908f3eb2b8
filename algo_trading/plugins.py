"""Plug-ins, built-in and third-party alike, found by entry point and chosen by name."""

import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from algo_trading.errors import UnknownNameError

GROUPS = {
    "algo_trading.strategies": "strategy",
    "algo_trading.market_data": "market-data source",
    "algo_trading.post_feeds": "platform of posts",
    "algo_trading.coin_listings": "source of coin listings",
    "algo_trading.channels": "channel",
    "algo_trading.scorers": "scorer",
}


def plugin_names(group: str) -> list[str]:
    """Names registered in an entry-point group, sorted."""
    return sorted(_registered(group, tuple(sys.path)))


@lru_cache
def _registered(group: str, _path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Entry points by name. Finding them reads every installed package's metadata, so it is done once for a path."""
    return {point.name: point for point in entry_points(group=group)}


def load_plugin(group: str, name: str) -> Any:  # noqa: ANN401 - what a plug-in is depends on its group
    """The object registered as `name`.

    Raises:
        UnknownNameError: nothing is; the known names are listed.
    """
    point = _registered(group, tuple(sys.path)).get(name)
    if point is not None:
        return point.load()
    raise UnknownNameError(f"there is no {GROUPS[group]} {name!r}; known are: {', '.join(plugin_names(group))}")
