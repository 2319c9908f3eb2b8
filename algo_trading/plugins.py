"""Plug-ins, built-in and third-party alike: found by entry point, chosen by name, each with options of its own.

An entry point names a `Plugin`; those of strategies and brokers' kin are documented in docs/extending.md.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from algo_trading.domain.post import PostKind
from algo_trading.errors import ConfigError, UnknownNameError, unknown_name

GROUPS = {
    "algo_trading.strategies": "strategy",
    "algo_trading.sources": "market data source",
    "algo_trading.brokers": "broker",
    "algo_trading.channels": "channel",
    "algo_trading.platforms": "platform",
    "algo_trading.listings": "source of coin listings",
    "algo_trading.scorers": "scorer",
    "algo_trading.mailboxes": "mailbox",
    "algo_trading.object_stores": "object store",
}


class PluginConfig(BaseModel):
    """The options of a plug-in, as they stand in its table of the configuration; unknown keys are mistakes.

    A secret is a field of type SecretStr, which is taken from the environment alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Context:
    """What a plug-in learns beside its options: the name it was chosen by, and the folder of data."""

    name: str
    home: Path


@dataclass(frozen=True, slots=True)
class FeedContext(Context):
    """What a platform learns about the feed to build: `source` names it there, `kind` is what its line asks for."""

    source: str
    kind: PostKind | None = None


Config = TypeVar("Config", bound=BaseModel)
Given = TypeVar("Given", bound=Context)
Made_co = TypeVar("Made_co", covariant=True)


@dataclass(frozen=True)
class Plugin(Generic[Config, Given, Made_co]):
    """`config_type` reads the plug-in's table; `build` makes the object from that and a context.

    `build` raises ConfigError where the options do not fit each other or what they name does not exist. Of a platform
    `kind` is what its feeds bring unless their line says otherwise.
    """

    config_type: type[Config]
    build: Callable[[Config, Given], Made_co]
    kind: PostKind = PostKind.POST


def plugin_names(group: str) -> list[str]:
    """Names registered in an entry-point group, sorted."""
    return sorted(_registered(group))


def _registered(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name."""
    return _installed(tuple(sys.path))[group]


@lru_cache
def _installed(_path: tuple[str, ...]) -> dict[str, dict[str, EntryPoint]]:
    """Entry points by group and name. Finding them reads every installed package's metadata: once for a path."""
    found = entry_points()
    return {group: {point.name: point for point in found.select(group=group)} for group in GROUPS}


def load_entry_point(group: str, name: str) -> Any:  # noqa: ANN401 - what an entry point names depends on its group
    """The object registered as `name`.

    Raises:
        UnknownNameError: nothing is; the known names are listed.
        ConfigError: its package cannot be imported.
    """
    point = _registered(group).get(name)
    if point is None:
        raise UnknownNameError(unknown_name(GROUPS[group], name, plugin_names(group)))
    try:
        return point.load()
    except ImportError as error:
        raise ConfigError(
            f"the {GROUPS[group]} {name!r} cannot be imported ({error}); where its package was installed while this "
            "program ran, `algo-trading restart` is what it needs"
        ) from error


def load_plugin(group: str, name: str) -> Plugin[Any, Any, Any]:
    """The plug-in registered as `name`.

    Raises:
        UnknownNameError: there is none; the known names are listed.
        ConfigError: what is registered is not a Plugin.
    """
    found = load_entry_point(group, name)
    if not isinstance(found, Plugin):
        raise ConfigError(f"what the entry point {name!r} of {group} names is not a Plugin(config_type, build)")
    return found
