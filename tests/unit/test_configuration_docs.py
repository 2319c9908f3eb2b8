"""docs/configuration.md names every option there is."""

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from algo_trading.plugins import load_plugin, plugin_names
from algo_trading.settings.plugin_tables import variable_of
from algo_trading.settings.tables import LISTS, PLUGIN_TABLES

pytestmark = pytest.mark.unit

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
BUILT_IN = [(table, name) for table in PLUGIN_TABLES for name in plugin_names(f"algo_trading.{table}")]


def options_of(table: str, name: str) -> type[BaseModel]:
    return load_plugin(f"algo_trading.{table}", name).config_type


@pytest.mark.parametrize(("table", "name"), [pair for pair in BUILT_IN if options_of(*pair).model_fields])
def test_every_option_of_a_plug_in_is_in_the_table(table: str, name: str) -> None:
    fields = options_of(table, name).model_fields
    row = re.search(rf"^\| `\[{table}\.{name}\]` \| (.*?) \| (.*?) ?\|$", PAGE, re.MULTILINE)
    assert row
    secret = {key for key, field in fields.items() if field.annotation is SecretStr}
    assert set(re.findall(r"`(\w+)`", row[1])) == fields.keys() - secret
    assert set(re.findall(r"`(\w+)`", row[2])) == {variable_of(table, name, key) for key in secret}


@pytest.mark.parametrize("name", ["watchlists", "accounts", "strategies", "subscriptions"])
def test_every_key_of_an_entry_is_in_the_example(name: str) -> None:
    (example,) = (block for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL) if "[[watchlists]]" in block)
    (entry,) = tomllib.loads(example)[name]
    assert entry.keys() == LISTS[name].model_fields.keys()
    LISTS[name].model_validate(entry)
