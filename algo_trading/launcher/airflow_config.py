"""Airflow's folder below ALGO_HOME: its secrets, its configuration as environment variables, where its logs lie."""

import base64
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from algo_trading.errors import AlgoTradingError
from algo_trading.private_files import make_folders
from algo_trading.settings import Settings

USER = "admin"
HOST = "127.0.0.1"
# How many tasks may ask a source at the same time.
POOLS = {"market_data": 2, "text": 2, "backfill": 1}


@dataclass(frozen=True)
class AirflowConfig:
    """Where this installation's Airflow lives and how it is configured."""

    settings: Settings

    @property
    def folder(self) -> Path:
        """AIRFLOW_HOME."""
        return self.settings.home / "airflow"

    @property
    def url(self) -> str:
        """Address of the web UI and the API."""
        return f"http://{HOST}:{self.settings.airflow.port}"

    @property
    def task_logs(self) -> Path:
        """Logs of task instances."""
        return self.folder / "logs"

    @property
    def password(self) -> str:
        """The login's password, made at the first use."""
        return self._secrets()["password"]

    @property
    def passwords(self) -> Path:
        """The file that Airflow reads the login's password from; it is there once Airflow was started."""
        return self.folder / "passwords.json"

    def environment(self, market_url: str, metadata_url: str) -> dict[str, str]:
        """The variables under which Airflow's programs run; both URLs are libpq's.

        Everything is said here and nothing in an airflow.cfg; options of another Airflow on this machine do not leak
        in, its connections and variables may.
        """
        secret = self._secrets()
        _write_private(self.passwords, json.dumps({USER: secret["password"]}) + "\n")
        port = self.settings.airflow.port
        checkout = checkout_folder()
        options = {
            "core__dags_folder": checkout / "dags",
            "core__plugins_folder": checkout / "plugins",
            "core__load_examples": False,
            "core__executor": "LocalExecutor",
            "core__parallelism": self.settings.airflow.parallelism,
            "core__dags_are_paused_at_creation": False,
            "core__fernet_key": secret["fernet_key"],
            "core__execution_api_server_url": f"{self.url}/execution/",
            "core__hostname_callable": "socket.gethostname",  # the default asks DNS
            "core__simple_auth_manager_users": f"{USER}:admin",
            "core__simple_auth_manager_passwords_file": self.passwords,
            # With psycopg 3 Airflow 3.3.2 cannot draw its graph of assets: it compares JSON paths with untyped text.
            "database__sql_alchemy_conn": metadata_url.replace("postgresql://", "postgresql+psycopg2://", 1),
            "api__base_url": self.url,
            "api__host": HOST,
            "api__port": port,
            "api__workers": 1,
            "api__secret_key": secret["api_secret"],
            "api__instance_name": "algo-trading",
            "api_auth__jwt_secret": secret["jwt_secret"],
            "logging__base_log_folder": self.task_logs,
            "logging__namespace_levels": "great_expectations=WARNING",  # its import says hundreds of things
            # A session passes a dozen short tasks one after the other: do not idle for a second between them.
            "scheduler__scheduler_idle_sleep_time": 0.5,
            # After a kill the tasks that were running are found and run again within a minute, not within five.
            "scheduler__scheduler_health_check_threshold": 20,
            "scheduler__orphaned_tasks_check_interval": 15,
            "scheduler__task_instance_heartbeat_timeout": 30,
            "dag_processor__parsing_processes": 1,
        }
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")},
            **{f"AIRFLOW__{name.upper()}": str(value) for name, value in options.items()},
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW_CONN_ALGO_TRADING": _connection(market_url),
            "AIRFLOW_CONN_AIRFLOW_DB": _connection(metadata_url),  # for the DAG `housekeeping` alone
            "ALGO_HOME": str(self.settings.home),
            "NO_PROXY": ",".join(filter(None, (os.environ.get("NO_PROXY"), HOST, "localhost"))),
            "no_proxy": ",".join(filter(None, (os.environ.get("no_proxy"), HOST, "localhost"))),
            "PYTHONUNBUFFERED": "1",
        }

    def _secrets(self) -> Mapping[str, str]:
        path = self.folder / "secrets.json"
        if not path.exists():
            fresh = {
                "password": secrets.token_urlsafe(12),
                "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
                "api_secret": secrets.token_urlsafe(32),
                "jwt_secret": secrets.token_urlsafe(64),
            }
            _write_private(path, json.dumps(fresh), replace=False)
        found: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found


def checkout_folder() -> Path:
    """The folder that holds dags/ and plugins/.

    Raises:
        AlgoTradingError: the package is not installed from a checkout.
    """
    folder = Path(__file__).resolve().parents[2]
    if not (folder / "dags").is_dir():
        raise AlgoTradingError("Airflow needs the folders dags and plugins: install this package from its checkout")
    return folder


def airflow_program() -> str:
    """The airflow command of this Python's environment."""
    return str(Path(sys.executable).parent / "airflow")


def _connection(url: str) -> str:
    """A database as an Airflow connection.

    A socket's folder stands in two places: the hook opens connections from the one and builds URLs from the other.
    """
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    connection = {
        "conn_type": "postgres",
        "host": parts.hostname,
        "port": parts.port,
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "schema": parts.path.lstrip("/"),
        "extra": {**query, "sqlalchemy_query": query},
    }
    return json.dumps({key: value for key, value in connection.items() if value})


def _write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a file that only its owner reads, whole or not at all; with replace=False the first writer wins."""
    make_folders(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    if replace:
        Path(name).replace(path)
        return
    try:
        path.hardlink_to(name)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
