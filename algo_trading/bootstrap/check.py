"""Finds every mistake in the configuration, those included that only show when plug-ins and strategies read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from algo_trading.bootstrap.configured import configured_assignments
from algo_trading.bootstrap.feeds import UnusableFeed, build_feed
from algo_trading.errors import AlgoTradingError, ConfigError, unknown_name
from algo_trading.plugins import GROUPS, Context, load_plugin, plugin_names
from algo_trading.settings import read_layers
from algo_trading.settings.check import checked
from algo_trading.settings.mistakes import Mistake, sentences
from algo_trading.settings.plugin_tables import plugin_config, plugin_mistakes
from algo_trading.settings.tables import AUTO, PLUGIN_TABLES
from algo_trading.strategies.registry import build_strategy, strategy_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from algo_trading.settings import Settings
    from algo_trading.settings.lines import Location
    from algo_trading.settings.references import Entries

# Keys of an entry that name a plug-in, and the group it is in.
NAMED = (("watchlists", "source", "sources"), ("accounts", "broker", "brokers"), ("feeds", "platform", "platforms"))
CHOSEN: tuple[tuple[Location, str], ...] = (
    (("channel",), "channels"),
    (("object_store",), "object_stores"),
    (("coin_listings",), "listings"),
    (("inbound_mail", "mailbox"), "mailboxes"),
    (("sentiment", "scorer"), "scorers"),
)


def configuration_mistakes() -> list[str]:
    """A sentence on each mistake, with file and line or variable, key, and what is allowed; none if all is well."""
    try:
        layers = read_layers()
    except ConfigError as error:
        return [str(error)]
    found = checked(layers)
    mistakes = list(found.mistakes)
    if found.settings is not None:
        mistakes += _plugin_mistakes(found.settings, found.entries)
    listed = sentences(mistakes, layers)
    if not listed and found.settings is not None:  # what follows is about entries that are right one by one
        listed += _contradictions(found.settings)
    return listed


def _plugin_mistakes(settings: Settings, entries: Entries) -> Iterator[Mistake]:
    yield from _tables(settings)
    for name, key, table in NAMED:
        for index, entry in entries.written.get(name, []):
            if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
                yield from _name(table, entry[key], (name, index, key))
    for location, table in CHOSEN:
        value: Any = settings
        for part in location:
            value = getattr(value, str(part))
        if value not in {"", AUTO}:
            yield from _name(table, value, location)
    for index, entry in entries.written.get("strategies", []):
        if isinstance(entry, Mapping) and isinstance(entry.get("name"), str):
            yield from _strategy(entry["name"], entry.get("params", {}), index)
    yield from _sources(settings, entries)
    yield from _feeds(settings, entries)
    _, reason = _made(settings, "channels", settings.channel)
    if reason:
        yield Mistake(("channel",), reason)


def _tables(settings: Settings) -> Iterator[Mistake]:
    """Tables that no plug-in reads, and what is wrong in the others."""
    for table in PLUGIN_TABLES:
        for name in getattr(settings, table):
            unknown = [*_name(table, name, (table, name))]
            yield from unknown
            if not unknown:
                config_type = load_plugin(f"algo_trading.{table}", name).config_type
                yield from plugin_mistakes(settings, table, name, config_type)


def _name(table: str, name: str, location: Location) -> Iterator[Mistake]:
    group = f"algo_trading.{table}"
    if name not in plugin_names(group):
        yield Mistake(location, unknown_name(GROUPS[group], name, plugin_names(group)))


def _strategy(name: str, params: Any, index: int) -> Iterator[Mistake]:  # noqa: ANN401 - as it is written
    if name not in strategy_names():
        yield Mistake(("strategies", index, "name"), unknown_name("strategy", name, strategy_names()))
        return
    if not isinstance(params, Mapping):
        return  # which is named already
    try:
        build_strategy(name, params)
    except ConfigError as error:
        yield Mistake(("strategies", index, "params"), str(error))


def _sources(settings: Settings, entries: Entries) -> Iterator[Mistake]:
    """Sources that cannot be used as they are configured, or that do not have the intervals of a watchlist."""
    for index, entry in entries.of("watchlists"):
        source, reason = _made(settings, "sources", entry.source)
        if reason:
            yield Mistake(("watchlists", index, "source"), reason)
        elif source is not None:
            missing = [str(interval) for interval in entry.intervals if interval not in source.intervals]
            has = ", ".join(map(str, source.intervals))
            if missing:
                problem = f"the source {entry.source} does not have {', '.join(missing)}; it has {has}"
                yield Mistake(("watchlists", index, "intervals"), problem)


def _feeds(settings: Settings, entries: Entries) -> Iterator[Mistake]:
    known = plugin_names("algo_trading.platforms")
    for index, entry in entries.of("feeds"):
        if entry.platform in known:
            feed = build_feed(settings, entry)
            options = load_plugin("algo_trading.platforms", entry.platform).config_type
            if isinstance(feed, UnusableFeed) and not plugin_mistakes(settings, "platforms", entry.platform, options):
                yield Mistake(("feeds", index), feed.reason)


def _made(settings: Settings, table: str, name: str) -> tuple[Any, str]:
    """What a plug-in makes, or why it refuses; neither where it or its options are not right one by one."""
    group = f"algo_trading.{table}"
    if name not in plugin_names(group):
        return None, ""
    plugin = load_plugin(group, name)
    if plugin_mistakes(settings, table, name, plugin.config_type):
        return None, ""
    try:
        config = plugin_config(settings, table, name, plugin.config_type)
        return plugin.build(config, Context(name, settings.home)), ""
    except AlgoTradingError as error:
        return None, str(error)


def _contradictions(settings: Settings) -> list[str]:
    try:
        configured_assignments(settings)
    except ConfigError as error:
        return [str(error)]
    return []
