"""Finds every mistake in the layers at once, apart from the tables of plug-ins."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from algo_trading.settings.layers import Layers
from algo_trading.settings.lines import Location
from algo_trading.settings.mistakes import Mistake, mistakes_of
from algo_trading.settings.references import Entries, reference_mistakes
from algo_trading.settings.renamed import renamed_keys
from algo_trading.settings.tables import LISTS, Settings
from algo_trading.settings.values import Section


@dataclass(frozen=True)
class Checked:
    """What could be read of a configuration, and what is wrong with it, apart from what its plug-ins say.

    `settings` is None where too much is wrong; what is wrong is left out of it.
    """

    settings: Settings | None
    entries: Entries
    mistakes: list[Mistake]


def checked(layers: Layers) -> Checked:
    """Read a configuration without what is wrong with it, so that one mistake neither hides others nor makes them."""
    mistakes = [*renamed_keys(layers), *_secrets(layers)]
    written, layers = layers, _without(layers, mistakes)
    entries = Entries()
    for name, kind in LISTS.items():
        mistakes += _read_list(layers.merged().get(name, []), name, kind, entries)
    while True:
        try:
            settings = Settings(**{**layers.merged(), **entries.values()}).remember(written)
        except ValidationError as error:
            found = mistakes_of(error, Settings)
            mistakes += found
            remaining = _without(layers, found)
            if remaining == layers:
                return Checked(None, entries, mistakes)
            layers = remaining
        else:
            return Checked(settings, entries, mistakes + reference_mistakes(entries))


def _read_list(values: object, name: str, kind: type[Section], entries: Entries) -> Iterator[Mistake]:
    """Read each entry of a list by itself; one that is wrong is read without the keys that are, if it can be."""
    if not isinstance(values, list):
        entries.broken.add(name)
        yield Mistake((name,), "must be a list of tables")
        return
    entries.written[name] = list(enumerate(values))
    for index, value in enumerate(values):
        try:
            entries.add(name, index, kind.model_validate(value))
        except ValidationError as error:
            found = mistakes_of(error, kind, (name, index))
            yield from found
            wrong = {mistake.location[2] for mistake in found if len(mistake.location) > 2}
            try:
                entries.add(name, index, kind.model_validate(_leaving_out(value, wrong)))
            except ValidationError:
                entries.broken.add(name)


def _leaving_out(value: object, keys: set[int | str]) -> object:
    return {key: part for key, part in value.items() if key not in keys} if isinstance(value, Mapping) else value


def _without(layers: Layers, mistakes: list[Mistake]) -> Layers:
    """The layers without the values that are wrong, so that those of the layers below count."""
    for mistake in mistakes:
        layer = layers.layer(mistake.location)
        if layer is not None:
            changed = layer.replaced(_cut(layer.values, mistake.location))
            layers = Layers(tuple(changed if one is layer else one for one in layers.layers))
    return layers


def _cut(values: Mapping[str, Any], location: Location) -> dict[str, Any]:
    key, *below = location
    if below and isinstance(values.get(str(key)), Mapping):
        return {**values, str(key): _cut(values[str(key)], tuple(below))}
    return {name: value for name, value in values.items() if name != key}


def _secrets(layers: Layers) -> Iterator[Mistake]:
    """Secrets of our own in files; those of plug-ins show when their tables are read (plugin_tables.py)."""
    if any(layer.holds(("database_url",)) for layer in layers.files()):
        yield Mistake(("database_url",), "is a secret; set ALGO_DATABASE_URL in the environment instead")
    if any(layer.holds(("live_trading",)) for layer in layers.files()):
        yield Mistake(("live_trading",), "lets real money be traded; set ALGO_LIVE_TRADING in the environment instead")
