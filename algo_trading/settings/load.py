"""Reads every layer and puts them together."""

import json
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from algo_trading.errors import ConfigError, unknown_name
from algo_trading.settings.check import checked
from algo_trading.settings.layers import Layer, Layers
from algo_trading.settings.mistakes import sentences, type_at
from algo_trading.settings.renamed import renamed_variable
from algo_trading.settings.tables import PLUGIN_TABLES, Settings

USER_FILE = "algo-trading.toml"
DEFAULT_PRESET = "sample"
CONFIG_VARIABLE = "ALGO_CONFIG"


def default_home() -> Path:
    """Where data lives: `var/` of the checkout this package is installed from, else the user's data folder."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").exists():
        return checkout / "var"
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "algo-trading"


def preset_names() -> list[str]:
    """The packaged layers that `preset` can name."""
    packaged = files("algo_trading") / "config"
    return sorted(Path(file.name).stem for file in packaged.iterdir() if file.name != "defaults.toml")


def load_settings() -> Settings:
    """Read every layer: defaults, the preset, the user's file and the environment.

    The user's file is ALGO_CONFIG, else algo-trading.toml in the current folder, else beside the data folder.

    Raises:
        ConfigError: names the file and line (or the variable), the key and what is allowed.
    """
    layers = read_layers()
    found = checked(layers)
    if found.mistakes or found.settings is None:
        raise ConfigError("; ".join(sentences(found.mistakes, layers)))
    return found.settings


def read_layers() -> Layers:
    """Every layer as it is written.

    Raises:
        ConfigError: a file cannot be read, or a variable sets nothing.
    """
    packaged = Path(str(files("algo_trading") / "config"))
    home = _home()
    user_file = _user_file(home)
    user = [Layer.of_file(user_file)] if user_file else []
    user += _variables()
    preset = _preset(user)
    if preset and preset not in preset_names():
        place = Layers(tuple(user)).place(("preset",))
        raise ConfigError(f"{place}: preset: {unknown_name('preset', preset, preset_names())}")
    below = [Layer.of_file(packaged / f"{name}.toml") for name in ("defaults", preset) if name]
    chosen = Layer("the chosen preset", {"preset": preset})
    return Layers((Layer("the defaults", {"home": home}), *below, *user, chosen))


def _home() -> Path:
    return Path(os.environ.get("ALGO_HOME") or default_home()).expanduser().resolve()


def _user_file(home: Path) -> Path | None:
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ConfigError(f"{CONFIG_VARIABLE} names {path}, which is not a file")
        return path
    for folder in (Path.cwd(), home.parent):
        if (folder / USER_FILE).is_file():
            return folder / USER_FILE
    return None


def _preset(user: list[Layer]) -> str:
    """The preset that was chosen (an empty name chooses none); who has watchlists of their own needs none."""
    chosen = Layers(tuple(user)).merged()
    if chosen.get("preset"):
        return str(chosen["preset"])
    return "" if "watchlists" in chosen else DEFAULT_PRESET


def _variables() -> list[Layer]:
    """Each ALGO_ variable as a layer, to tell whose a mistake is.

    Raises:
        ConfigError: nothing reads the variable, or it is a list or table and not JSON.
    """
    known = sorted({CONFIG_VARIABLE} | {f"ALGO_{name.upper()}" for name in Settings.model_fields})
    layers = []
    for variable in sorted(name for name in os.environ if name.startswith("ALGO_") and name != CONFIG_VARIABLE):
        location = tuple(variable.removeprefix("ALGO_").lower().split("__"))
        if (sentence := renamed_variable(variable)) is not None:
            raise ConfigError(f"{variable}: {sentence}")
        if location[0] not in Settings.model_fields:
            raise ConfigError(f"{variable} sets nothing; known are: {', '.join(known)} (keys of tables with __)")
        values: Any = decoded(variable, os.environ[variable], _wanted(location))
        for part in reversed(location):
            values = {part: values}
        layers.append(Layer(variable, values))
    return layers


def _wanted(location: tuple[str, ...]) -> Any:  # noqa: ANN401 - an annotation
    if location[0] in PLUGIN_TABLES:
        return dict if len(location) < 3 else None  # its own type reads what stands below
    return type_at(Settings, location)


def decoded(variable: str, text: str, wanted: Any) -> Any:  # noqa: ANN401 - an annotation, and whatever JSON can hold
    """The value of a variable: lists and tables are written as JSON, anything else as it is.

    Raises:
        ConfigError: it is not JSON.
    """
    if not _is_container(wanted):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{variable} sets a whole table or list and is not valid JSON: {error}") from error


def _is_container(wanted: Any) -> bool:  # noqa: ANN401 - an annotation
    kind = getattr(wanted, "__origin__", wanted)
    return isinstance(kind, type) and issubclass(kind, BaseModel | tuple | list | Mapping)
