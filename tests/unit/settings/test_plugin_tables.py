"""The tables of plug-ins: read by their own types, with secrets from the environment alone."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from algo_trading.errors import ConfigError
from algo_trading.settings import Section, Settings, load_settings
from algo_trading.settings.plugin_tables import plugin_config, plugin_mistakes, variable_of

pytestmark = pytest.mark.unit

Write = Callable[[str], Path]
SECRET = "correct horse"  # noqa: S105 - nobody's


class PigeonConfig(Section):
    """What a channel of somebody else wants to know."""

    loft: str = "roof"
    birds: int = Field(default=2, gt=0)
    routes: tuple[str, ...] = ()
    password: SecretStr = SecretStr("")


def pigeon(settings: Settings) -> PigeonConfig:
    return plugin_config(settings, "channels", "pigeon", PigeonConfig)


def test_nothing_is_needed_where_everything_has_a_default() -> None:
    assert pigeon(load_settings()) == PigeonConfig()


def test_file_and_environment_are_merged(monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    write("[channels.pigeon]\nloft = 'barn'\nbirds = 3\n")
    monkeypatch.setenv("ALGO_CHANNELS__PIGEON__BIRDS", "7")
    monkeypatch.setenv("ALGO_CHANNELS__PIGEON__ROUTES", '["north", "south"]')
    monkeypatch.setenv("ALGO_CHANNELS__PIGEON__PASSWORD", "12345")  # it stays text
    config = pigeon(load_settings())
    assert (config.loft, config.birds, config.routes) == ("barn", 7, ("north", "south"))
    assert config.password.get_secret_value() == "12345"


def test_a_whole_table_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_CHANNELS__PIGEON", '{"loft": "barn", "routes": ["north"]}')
    assert pigeon(load_settings()) == PigeonConfig(loft="barn", routes=("north",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "brids = 3",
            r"algo-trading\.toml:2: channels\.pigeon\.brids: there is no such key; did you mean 'birds'\? known",
        ),
        ("birds = 0", r"algo-trading\.toml:2: channels\.pigeon\.birds: must be greater than 0$"),
        (
            "birds = 'x'\nloft = 1",
            r"toml:2: channels\.pigeon\.birds: must be a whole number; .*toml:3: channels\.pigeon\.loft: must",
        ),
        (
            f"password = '{SECRET}'",
            r"toml:2: channels\.pigeon\.password: is a secret; set ALGO_CHANNELS__PIGEON__PASSWORD in",
        ),
    ],
)
def test_a_mistake_in_a_file(write: Write, text: str, expected: str) -> None:
    write(f"[channels.pigeon]\n{text}\n")
    settings = load_settings()
    with pytest.raises(ConfigError) as caught:
        pigeon(settings)
    assert re.search(expected, str(caught.value)), caught.value
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        (
            "ALGO_CHANNELS__PIGEON__BIRDS",
            "some",
            "ALGO_CHANNELS__PIGEON__BIRDS: channels.pigeon.birds: must be a w",
        ),
        (
            "ALGO_CHANNELS__PIGEON__ROUTES",
            "north",
            "ALGO_CHANNELS__PIGEON__ROUTES sets a whole table or list and is",
        ),
        ("ALGO_CHANNELS__PIGEON__PASSWORD__X", SECRET, "ALGO_CHANNELS__PIGEON__PASSWORD__X: channels.pigeon.password:"),
        ("ALGO_CHANNELS__PIGEON", f'{{"password": ["{SECRET}"]}}', "ALGO_CHANNELS__PIGEON: channels.pigeon.password: "),
    ],
)
def test_a_mistake_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(variable, value)
    settings = load_settings()
    with pytest.raises(ConfigError) as caught:
        pigeon(settings)
    assert str(caught.value).startswith(expected)
    assert SECRET not in str(caught.value)


def test_mistakes_can_be_collected(write: Write) -> None:
    write("[channels.pigeon]\nbirds = 0\nwings = 2\n")
    found = plugin_mistakes(load_settings(), "channels", "pigeon", PigeonConfig)
    assert [mistake.location for mistake in found] == [("channels", "pigeon", "birds"), ("channels", "pigeon", "wings")]


class TestSecrets:
    def test_they_are_never_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALGO_DATABASE_URL", f"postgresql://u:{SECRET}@h/d")
        monkeypatch.setenv("ALGO_CHANNELS__PIGEON__PASSWORD", SECRET)
        monkeypatch.setenv("ALGO_OBJECT_STORES", f'{{"minio": {{"secret_key": "{SECRET}"}}}}')
        settings = load_settings()
        config = pigeon(settings)
        for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
            assert SECRET not in shown
        assert SECRET not in repr(config) + config.model_dump_json()
        assert config.password.get_secret_value() == SECRET

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("ALGO_CHANNELS", f'{{"pigeon": {{"password": "{SECRET}"'),
            ("ALGO_CHANNELS", f'"{SECRET}"'),
            ("ALGO_CHANNELS__PIGEON", f'"{SECRET}"'),
            ("ALGO_DATABASE_URL__X", SECRET),
        ],
    )
    def test_a_mistake_beside_one_does_not_show_it(
        self, monkeypatch: pytest.MonkeyPatch, refusal: Callable[[], str], variable: str, value: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert refusal().startswith(variable)

    def test_a_file_may_not_hold_the_database_url(self, write: Write, refusal: Callable[[], str]) -> None:
        path = write(f'\ndatabase_url = "postgresql://u:{SECRET}@h/d"')
        assert refusal() == f"{path}:2: database_url: is a secret; set ALGO_DATABASE_URL in the environment instead"

    def test_a_file_may_not_let_real_money_be_traded(self, write: Write, refusal: Callable[[], str]) -> None:
        path = write('live_trading = "spot"')
        said = "lets real money be traded; set ALGO_LIVE_TRADING in the environment instead"
        assert refusal() == f"{path}:1: live_trading: {said}"

    def test_the_name_of_a_variable(self) -> None:
        assert variable_of("channels", "smtp", "password") == "ALGO_CHANNELS__SMTP__PASSWORD"
