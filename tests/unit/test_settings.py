"""Layers of the configuration, and what a mistake in them is told as."""

import os
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.errors import ConfigError
from algo_trading.settings import Settings, default_home, load_settings

pytestmark = pytest.mark.unit

SECRET = "correct horse"  # noqa: S105 - nobody's
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home in an empty folder, and nothing in the environment."""
    for variable in [name for name in os.environ if name.upper().startswith("ALGO_")]:
        monkeypatch.delenv(variable)
    home = tmp_path / "var"
    monkeypatch.setenv("ALGO_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the user's file."""

    def write(text: str) -> Path:
        path = tmp_path / "algo-trading.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal() -> str:
    """The sentence of a configuration that is wrong: one line, with no secret in it."""
    with pytest.raises(ConfigError) as caught:
        load_settings()
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert SECRET not in sentence
    assert "pydantic" not in sentence
    return sentence


class TestLayers:
    def test_without_a_file_the_sample_runs(self, home: Path) -> None:
        settings = load_settings()
        assert settings.market_data == "sample"
        assert settings.home == home
        assert settings.symbols == ("AAPL", "FB", "GOOG", "IBM", "MSFT")
        assert [(entry.name, len(entry.symbols)) for entry in settings.strategies] == [
            ("sma_cross", 5),
            ("ema_cross", 1),
            ("influencer_mention", 5),
        ]
        assert (settings.account.start, settings.account.cash) == (date(2013, 1, 2), Decimal(100_000))
        assert settings.account.commission == Decimal("0.001")
        assert settings.database_url.get_secret_value() == ""

    def test_the_source_brings_its_own_layer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALGO_MARKET_DATA", "yahoo")
        settings = load_settings()
        assert "AMZN" in settings.symbols
        assert settings.account.start is None

    def test_the_users_file_chooses_the_source_and_goes_over_its_layer(self, write: Write) -> None:
        write('market_data = "yahoo"\n[account]\ncash = 5\n[[strategies]]\nname = "ema_cross"\nsymbols = ["T", "F"]\n')
        settings = load_settings()
        assert settings.symbols == ("F", "T")  # a list is replaced as a whole
        assert [s.address for s in settings.subscriptions] == ["trader@localhost"]  # from the layer below
        assert (settings.account.cash, settings.account.name) == (Decimal(5), "paper")  # tables are merged

    def test_the_environment_goes_over_everything(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        write('venue = "XLON"\nshard_size = 7\n[account]\ncash = 5\nslippage_bps = 1\n')
        monkeypatch.setenv("ALGO_VENUE", "XPAR")
        monkeypatch.setenv("ALGO_ACCOUNT__CASH", "17.50")
        monkeypatch.setenv("ALGO_ACCOUNT__START", "2013-02-01")
        monkeypatch.setenv("ALGO_SMTP__STARTTLS", "false")
        settings = load_settings()
        assert (settings.venue, settings.shard_size) == ("XPAR", 7)
        assert (settings.account.cash, settings.account.slippage_bps) == (Decimal("17.50"), Decimal(1))
        assert settings.account.start == date(2013, 2, 1)
        assert settings.smtp.starttls is False

    def test_lists_come_from_the_environment_as_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ALGO_STRATEGIES", '[{"name": "ema_cross", "symbols": ["T"], "params": {"fast": 5}}]')
        (entry,) = load_settings().strategies
        assert (entry.name, entry.symbols, entry.params) == ("ema_cross", ("T",), {"fast": 5})

    def test_the_environment_can_choose_another_source_than_the_file(
        self, monkeypatch: pytest.MonkeyPatch, write: Write
    ) -> None:
        write('market_data = "csv_files"\n')
        monkeypatch.setenv("ALGO_MARKET_DATA", "sample")
        assert load_settings().symbols[0] == "AAPL"

    def test_a_source_of_somebody_else_has_no_layer(self, write: Write) -> None:
        write('market_data = "my_source"\n')
        assert load_settings().strategies == ()

    @pytest.mark.parametrize("source", ["../secrets", "defaults/../sample", "a b"])
    def test_a_source_is_no_path(self, write: Write, source: str) -> None:
        write(f'market_data = "{source}"\n')
        assert load_settings().strategies == ()

    def test_parameters_keep_their_types(self, write: Write) -> None:
        write('[[strategies]]\nname = "s"\nsymbols = ["T"]\nparams = { a = 1, b = 1.0, c = true, d = "1" }\n')
        params = load_settings().strategies[0].params
        assert {key: type(value) for key, value in params.items()} == {"a": int, "b": float, "c": bool, "d": str}

    def test_settings_cannot_be_changed(self) -> None:
        settings = load_settings()
        with pytest.raises(ValueError, match="frozen"):
            settings.venue = "XLON"


class TestPlaces:
    def test_the_file_of_the_current_folder_comes_before_the_one_beside_the_home(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        (tmp_path / "algo-trading.toml").write_text('venue = "XPAR"\n')
        monkeypatch.chdir(elsewhere)
        assert load_settings().venue == "XPAR"  # beside var/
        (elsewhere / "algo-trading.toml").write_text('venue = "XLON"\n')
        assert load_settings().venue == "XLON"

    def test_algo_config_names_the_file(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, write: Write) -> None:
        write('venue = "XPAR"\n')
        named = tmp_path / "other.toml"
        named.write_text('venue = "XLON"\n')
        monkeypatch.setenv("ALGO_CONFIG", str(named))
        assert load_settings().venue == "XLON"

    def test_a_file_that_is_named_must_be_there(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for path in (tmp_path / "missing.toml", tmp_path):
            monkeypatch.setenv("ALGO_CONFIG", str(path))
            assert refusal() == f"ALGO_CONFIG names {path}, which is no file"

    def test_home_may_begin_with_a_tilde(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("ALGO_HOME", "~/data")
        assert load_settings().home == tmp_path / "data"

    def test_a_relative_home_is_that_of_the_current_folder(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("ALGO_HOME", "here/../there")
        assert load_settings().home == tmp_path / "there"

    def test_a_checkout_keeps_its_data_beside_the_code(self) -> None:
        assert default_home() == Path(__file__).resolve().parents[2] / "var"

    def test_a_file_that_cannot_be_read(self, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
        path = write("")

        def refuse(_path: Path, encoding: str) -> str:
            raise PermissionError(13, f"Permission denied in {encoding}")

        monkeypatch.setattr(Path, "read_text", refuse)  # root may read everything, so the system's answer is made up
        assert refusal().endswith("defaults.toml cannot be read: Permission denied in utf-8")
        assert path.exists()


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "venu = 'XNYS'",
                r"algo-trading\.toml: venu: there is no such key; known here are: account, airflow, .*venue",
            ),
            ("[account]\ncahs = 5", r"account\.cahs: there is no such key; known here are: cash, commission, name"),
            ("[accounts]\ncash = 5", r": accounts: there is no such key; known here are: account,"),
            ("[[strategies]]\nname = 's'\nsymbol = 'T'", r"strategies\.0\.symbol: there is no such key; .* symbols"),
            ("[[strategies]]\nsymbols = ['T']", r"strategies\.0\.name: field required"),
            ("[[strategies]]\nname = 's'\nsymbols = []", r"strategies\.0\.symbols: .*at least 1 item"),
            ("shard_size = 'many'", r"shard_size: .*valid integer"),
            ("shard_size = 0", r"shard_size: .*greater than 0"),
            ("object_store = 'ftp'", r"object_store: .*'local' or 'minio'"),
            ("[account]\ncash = -5", r"account\.cash: .*greater than 0"),
            ("[account]\ncash = 0.001", r"account\.cash: .*2 decimal places"),
            ("[account]\ncash = 1e30", r"account\.cash: .*20 digits"),
            ("[account]\nname = 'My Account'", r"account\.name: .*match pattern"),
            ("[account]\nposition_fraction = 1.5", r"account\.position_fraction: .*less than or equal to 1"),
            ("[account]\nstart = 2013-02-30", r"is not valid TOML"),
            ("[account]\nstart = 'yesterday'", r"account\.start: .*valid date"),
            ("[smtp]\nport = 70000", r"smtp\.port: .*less than 65536"),
            ("[smtp]\nstarttls = 'perhaps'", r"smtp\.starttls: .*boolean"),
            ("[[subscriptions]]\naddress = 'nobody'", r"subscriptions\.0\.address: .*pattern"),
            ("account = 5", r"account: .*"),
            ("venue = [", r"algo-trading\.toml is not valid TOML: "),
            ("venue = 'a'\nvenue = 'b'", r"is not valid TOML"),
        ],
    )
    def test_the_file_the_key_and_what_is_allowed_are_named(self, write: Write, text: str, expected: str) -> None:
        path = write(text)
        sentence = refusal()
        assert sentence.startswith(str(path))
        assert re.search(expected, sentence), sentence

    def test_what_is_not_text_is_no_toml(self, tmp_path: Path) -> None:
        (tmp_path / "algo-trading.toml").write_bytes(b"venue = '\xff'")
        assert "algo-trading.toml is not valid TOML: " in refusal()

    def test_every_mistake_is_told_at_once(self, write: Write) -> None:
        write("shard_size = 0\n[account]\ncash = -1\ncahs = 1\n")
        sentence = refusal()
        assert sentence.count("algo-trading.toml: ") == 3

    @pytest.mark.parametrize(
        ("variable", "value", "expected"),
        [
            ("ALGO_SHARD_SIZE", "many", r"^ALGO_SHARD_SIZE: shard_size: .*valid integer"),
            ("ALGO_ACCOUNT__CASH", "-1", r"^ALGO_ACCOUNT__CASH: account\.cash: .*greater than 0"),
            ("ALGO_ACCOUNT__CAHS", "1", r"^ALGO_ACCOUNT__CAHS: account\.cahs: there is no such key; .*cash"),
            ("ALGO_VENU", "XNYS", r"^ALGO_VENU sets nothing; known are: .*ALGO_VENUE"),
            ("ALGO_ACCOUNTS__CASH", "1", r"^ALGO_ACCOUNTS__CASH sets nothing; known are: ALGO_ACCOUNT,"),
            ("ALGO_OBJECT_STORE", "ftp", r"^ALGO_OBJECT_STORE: object_store: .*'local' or 'minio'"),
            ("ALGO_STRATEGIES", "[broken", r"^ALGO_STRATEGIES sets a whole table and is not valid JSON"),
            ("ALGO_ACCOUNT", "5", r"^ALGO_ACCOUNT: account"),
            ("ALGO_STRATEGIES", '[{"name": "s"}]', r"^ALGO_STRATEGIES: strategies\.0\.symbols: field required"),
        ],
    )
    def test_variables_are_named_too(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert re.search(expected, refusal()), refusal()


class TestSecrets:
    @pytest.mark.parametrize(
        ("text", "variable"),
        [
            (f'database_url = "postgresql://u:{SECRET}@h/d"', "ALGO_DATABASE_URL"),
            (f'[smtp]\npassword = "{SECRET}"', "ALGO_SMTP__PASSWORD"),
            (f'[minio]\naccess_key = "{SECRET}"', "ALGO_MINIO__ACCESS_KEY"),
            (f'[minio]\nsecret_key = "{SECRET}"', "ALGO_MINIO__SECRET_KEY"),
        ],
    )
    def test_a_file_may_not_hold_them(self, write: Write, text: str, variable: str) -> None:
        path = write(text)
        sentence = refusal()
        assert sentence.startswith(str(path))
        assert f"is a secret; set {variable} in the environment instead" in sentence

    def test_they_are_never_shown(self, monkeypatch: pytest.MonkeyPatch) -> None:
        variables = ("ALGO_DATABASE_URL", "ALGO_SMTP__PASSWORD", "ALGO_MINIO__ACCESS_KEY", "ALGO_MINIO__SECRET_KEY")
        for variable in variables:
            monkeypatch.setenv(variable, SECRET)
        settings = load_settings()
        for shown in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
            assert SECRET not in shown
        held = [settings.database_url, settings.smtp.password, settings.minio.access_key, settings.minio.secret_key]
        assert [secret.get_secret_value() for secret in held] == [SECRET] * 4

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("ALGO_SMTP", f'{{"password": "{SECRET}", "prot": 25}}'),
            ("ALGO_SMTP", f'{{"password": "{SECRET}"'),
            ("ALGO_SMTP", f'"{SECRET}"'),
            ("ALGO_MINIO__SECRET_KEY__X", SECRET),
        ],
    )
    def test_a_mistake_beside_one_does_not_show_it(
        self, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
    ) -> None:
        monkeypatch.setenv(variable, value)
        assert refusal()


def test_every_table_of_the_defaults_is_complete() -> None:
    """Without a file nothing is missing: what has no default in the code has one in defaults.toml."""
    assert isinstance(load_settings(), Settings)
