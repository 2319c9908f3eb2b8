"""Airflow's secrets and configuration."""

import json
import stat
from pathlib import Path

import pytest

from algo_trading.launcher.airflow_config import AirflowConfig, checkout_folder
from algo_trading.settings import load_settings

pytestmark = pytest.mark.unit

SOCKET = "postgresql://postgres@/market?host=%2Ftmp%2Fpg"
METADATA = "postgresql://postgres@/airflow?host=%2Ftmp%2Fpg"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AirflowConfig:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALGO_AIRFLOW__PORT", "18099")
    return AirflowConfig(load_settings())


def test_secrets_are_made_once_and_only_their_owner_reads_them(home: AirflowConfig) -> None:
    first = home.environment(SOCKET, METADATA)
    assert home.environment(SOCKET, METADATA) == first
    for name in ("secrets.json", "passwords.json"):
        assert stat.S_IMODE((home.folder / name).stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert json.loads((home.folder / "passwords.json").read_text()) == {"admin": home.password}
    assert sorted(path.name for path in home.folder.iterdir()) == ["passwords.json", "secrets.json"]


def test_two_installations_share_no_secret(home: AirflowConfig, tmp_path: Path) -> None:
    other = AirflowConfig(home.settings.model_copy(update={"home": tmp_path / "other"}))
    one, two = home.environment(SOCKET, METADATA), other.environment(SOCKET, METADATA)
    names = [name for name in one if any(word in name for word in ("SECRET", "FERNET", "PASSWORD"))]
    assert len(names) >= 4
    assert all(one[name] != two[name] for name in names)
    assert home.password != other.password


def test_everything_moves_with_the_port(home: AirflowConfig) -> None:
    environment = home.environment(SOCKET, METADATA)
    assert environment["AIRFLOW__API__PORT"] == "18099"
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"] == home.url == "http://127.0.0.1:18099"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:18099/execution/"


def test_another_airflow_on_the_machine_stays_out(home: AirflowConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", "/elsewhere")
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "redis://elsewhere")
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", "smtp://here")
    monkeypatch.setenv("NO_PROXY", "internal.example")
    environment = home.environment(SOCKET, METADATA)
    assert environment["AIRFLOW_HOME"] == str(home.folder)
    assert environment["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert "AIRFLOW__CELERY__BROKER_URL" not in environment
    assert environment["AIRFLOW_CONN_MAIL"] == "smtp://here"
    assert environment["NO_PROXY"] == "internal.example,127.0.0.1,localhost"


def test_the_market_database_is_a_connection(home: AirflowConfig) -> None:
    over_socket = json.loads(home.environment(SOCKET, METADATA)["AIRFLOW_CONN_ALGO_TRADING"])
    assert over_socket == {
        "conn_type": "postgres",
        "login": "postgres",
        "schema": "market",
        "extra": {"host": "/tmp/pg", "sqlalchemy_query": {"host": "/tmp/pg"}},  # noqa: S108 - a made-up socket
    }
    url = "postgresql://trader:p%40ss@db.example:5433/market?sslmode=require"
    over_tcp = json.loads(home.environment(url, METADATA)["AIRFLOW_CONN_ALGO_TRADING"])
    assert over_tcp == {
        "conn_type": "postgres",
        "host": "db.example",
        "port": 5433,
        "login": "trader",
        "password": "p@ss",
        "schema": "market",
        "extra": {"sslmode": "require", "sqlalchemy_query": {"sslmode": "require"}},
    }


def test_dags_and_plugins_are_the_checkout_s(home: AirflowConfig) -> None:
    environment = home.environment(SOCKET, METADATA)
    assert Path(environment["AIRFLOW__CORE__DAGS_FOLDER"], "bars.py").exists()
    assert Path(environment["AIRFLOW__CORE__PLUGINS_FOLDER"], "algo_trading_plugin.py").exists()
    assert (checkout_folder() / "pyproject.toml").exists()
