"""Layers of the configuration, and which of them a value comes from."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from algo_trading.errors import ConfigError
from algo_trading.settings.lines import Location, line_numbers


@dataclass(frozen=True)
class Layer:
    """A file, or one variable of the environment as the tables it stands for."""

    name: str
    values: Mapping[str, Any]
    text: str | None = None  # of a file

    @classmethod
    def of_file(cls, path: Path) -> "Layer":
        """The TOML file at `path`.

        Raises:
            ConfigError: it cannot be read, or is not TOML.
        """
        try:
            text = path.read_text(encoding="utf-8")
            return cls(str(path), tomllib.loads(text), text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path} is not valid TOML: {error}") from error
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error

    @property
    def is_file(self) -> bool:
        """Whether it is a file, which no secret belongs in."""
        return self.text is not None

    def holds(self, location: Location) -> bool:
        """Whether there is a value at this place."""
        value: Any = self.values
        for part in location:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return False
        return True

    def replaced(self, values: Mapping[str, Any]) -> "Layer":
        """The same layer with other values."""
        return replace(self, values=values)

    def place(self, location: Location) -> str:
        """The file and the line of a value or, where it is missing, of the table around it; the variable's name."""
        line = self.line(location)
        return f"{self.name}:{line}" if line else self.name

    def line(self, location: Location) -> int:
        """The line of a value or, where it is missing, of the table around it; 0: there is none."""
        lines = self._lines
        return next((lines[location[:end]] for end in range(len(location), 0, -1) if location[:end] in lines), 0)

    @cached_property
    def _lines(self) -> Mapping[Location, int]:
        return line_numbers(self.text or "")


@dataclass(frozen=True)
class Layers:
    """All layers, the strongest last. Tables are merged; of a list the strongest one counts."""

    layers: tuple[Layer, ...] = ()

    def merged(self) -> dict[str, Any]:
        """The values that count."""
        values: dict[str, Any] = {}
        for layer in self.layers:
            values = _merge(values, layer.values)
        return values

    def layer(self, location: Location) -> Layer | None:
        """The layer that a value comes from; of one that is missing, that of the table around it."""
        named = tuple(takewhile(lambda part: isinstance(part, str), location))  # whoever wrote a list wrote all of it
        for end in range(len(named), 0, -1):
            for layer in reversed(self.layers):
                if layer.holds(named[:end]):
                    return layer
        return None

    def place(self, location: Location) -> str:
        """Where a user finds a value: `algo-trading.toml:12`, or the name of a variable."""
        layer = self.layer(location)
        return layer.place(location) if layer else "the configuration"

    def order(self, location: Location) -> tuple[int, int]:
        """A place among all others, as a user reads them: layer by layer, from top to bottom."""
        layer = self.layer(location)
        return (self.layers.index(layer), layer.line(location)) if layer else (0, 0)

    def files(self) -> Iterator[Layer]:
        """The layers that are files."""
        return (layer for layer in self.layers if layer.is_file)


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
