"""The table of a plug-in, read by the plug-in's own type."""

from collections.abc import Iterator
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from algo_trading.errors import ConfigError
from algo_trading.settings.layers import Layers
from algo_trading.settings.load import decoded
from algo_trading.settings.mistakes import Mistake, mistakes_of, sentences, type_at
from algo_trading.settings.tables import Settings

Config = TypeVar("Config", bound=BaseModel)


def plugin_config(settings: Settings, table: str, name: str, config_type: type[Config]) -> Config:
    """What the configuration says for a plug-in, e.g. in the table `channels.smtp`.

    Raises:
        ConfigError: names the file and line (or the variable), the key and what is allowed; or a file holds a secret.
    """
    mistakes = plugin_mistakes(settings, table, name, config_type)
    if mistakes:
        raise ConfigError("; ".join(sentences(mistakes, settings.layers)))
    return config_type(**_values(settings, table, name, config_type))


def plugin_mistakes(settings: Settings, table: str, name: str, config_type: type[BaseModel]) -> list[Mistake]:
    """Everything that is wrong with the table of a plug-in."""
    mistakes = [*_secrets_in_files(settings.layers, table, name, config_type)]
    try:
        config_type(**_values(settings, table, name, config_type))
    except ValidationError as error:
        mistakes += mistakes_of(error, config_type, (table, name))
    return mistakes


def variable_of(table: str, name: str, key: str) -> str:
    """The variable that sets a key of a plug-in's table, e.g. ALGO_CHANNELS__SMTP__PASSWORD."""
    return "ALGO_" + "__".join((table, name, key)).upper()


def _values(settings: Settings, table: str, name: str, config_type: type[BaseModel]) -> dict[str, object]:
    values = getattr(settings, table).get(name, {})
    layers = settings.layers
    return {
        key: decoded(layer.name, value, type_at(config_type, (key,)))
        if isinstance(value, str) and (layer := layers.layer((table, name, key))) and not layer.is_file
        else value
        for key, value in values.items()
    }


def _secrets_in_files(layers: Layers, table: str, name: str, config_type: type[BaseModel]) -> Iterator[Mistake]:
    for key, field in config_type.model_fields.items():
        if field.annotation is SecretStr and any(layer.holds((table, name, key)) for layer in layers.files()):
            variable = variable_of(table, name, key)
            yield Mistake((table, name, key), f"is a secret; set {variable} in the environment instead")
