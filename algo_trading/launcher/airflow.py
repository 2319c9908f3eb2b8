"""Airflow on this machine: its database, its programs, its readiness."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import psycopg

from algo_trading.bootstrap import embedded_postgres
from algo_trading.errors import AlgoTradingError, ServiceUnavailableError
from algo_trading.launcher.airflow_config import POOLS, USER, AirflowConfig, airflow_program
from algo_trading.launcher.api import CONFLICT, AirflowApi, ApiError
from algo_trading.launcher.beside import has_own_database, programs
from algo_trading.launcher.processes import Family
from algo_trading.settings import Settings
from algo_trading.web.address import is_free

METADATA_DATABASE = "airflow"
READY_SECONDS = 600.0  # a machine that is busy with other programs took more than three minutes
PORT_SECONDS = 3.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Airflow:
    """Airflow over a metadata database, with the market database as its connection `algo_trading` (libpq URLs)."""

    settings: Settings
    market_url: str
    metadata_url: str

    @property
    def config(self) -> AirflowConfig:
        """Its folder and login."""
        return AirflowConfig(self.settings)

    @property
    def url(self) -> str:
        """Address of the web UI."""
        return self.config.url

    @property
    def login(self) -> tuple[str, str]:
        """User and password of the web UI."""
        return USER, self.config.password

    @property
    def api(self) -> AirflowApi:
        """Its REST API."""
        return AirflowApi(self.url, *self.login)

    def is_up(self) -> bool:
        """Whether its programs run."""
        return self._family.is_running()

    def start(self, say: Say) -> bool:
        """Start the programs unless they run, and return at once; returns whether they were started.

        Raises:
            AlgoTradingError: the port is taken, or the metadata database cannot be brought up to date.
        """
        if self.is_up():
            return False
        self._family.end_orphans()
        _refuse_busy_port(self.settings.airflow.port)
        environment = self.config.environment(self.market_url, self.metadata_url)
        self._migrate(environment, say)
        say("starting Airflow")
        database = embedded_postgres(self.settings).socket if has_own_database(self.settings) else None
        beside = programs(self.settings)
        self._family.start({**_components(), **beside}, environment, database, beside)
        return True

    def wait_until_ready(self, dags: AbstractSet[str], say: Say, seconds: float = READY_SECONDS) -> None:
        """Return when every component is healthy and it knows these DAGs (see `dag_ids.every_dag`).

        Raises:
            AlgoTradingError: a DAG cannot be imported, a component keeps crashing, or it takes too long.
        """
        limit = time.monotonic() + seconds
        missing = "the API server"
        while True:
            with contextlib.suppress(ServiceUnavailableError):
                missing = self._missing(dags)
                if not missing:
                    break
            if not self.is_up():
                raise AlgoTradingError(f"Airflow stopped while it was starting; see the logs in {self._family.logs}")
            if time.monotonic() > limit:
                raise AlgoTradingError(
                    f"Airflow is not ready after {seconds:.0f} s, waiting for {missing}; see {self._family.logs}"
                )
            time.sleep(0.5)
        self._make_pools()
        say(f"Airflow is ready at {self.url}")

    def stop(self) -> bool:
        """End its programs and whatever they started; returns whether any ran."""
        return self._family.stop()

    def become(self, arguments: Sequence[str]) -> NoReturn:
        """Replace this process by Airflow's own command line, working on this installation."""
        program = airflow_program()
        os.execve(program, [program, *arguments], self.config.environment(self.market_url, self.metadata_url))  # noqa: S606

    @property
    def _family(self) -> Family:
        return Family(self.config.folder / "run")

    def _missing(self, wanted: AbstractSet[str]) -> str:
        health = self.api.health()
        for component in ("scheduler", "dag_processor"):
            if health[component]["status"] != "healthy":
                return component.replace("_", " ")
        for problem in self.api.every("/importErrors", "import_errors"):
            last = str(problem["stack_trace"]).strip().splitlines()[-1]
            raise AlgoTradingError(f"Airflow cannot import {problem['filename']}: {last}")
        known = {dag["dag_id"] for dag in self.api.every("/dags", "dags", exclude_stale="true")}
        return ", ".join(sorted(wanted - known))

    def _make_pools(self) -> None:
        for name, slots in POOLS.items():
            pool = {
                "name": name,
                "slots": slots,
                "description": f"Tasks asking a source of {name.replace('_', ' ')} at the same time",
                "include_deferred": False,
            }
            try:
                self.api.post("/pools", pool)
            except ApiError as error:
                if error.status != CONFLICT:  # a pool that somebody has resized stays as it is
                    raise

    def _migrate(self, environment: dict[str, str], say: Say) -> None:
        """Bring the metadata database to this Airflow's version; skipped when it was done by this version before."""
        revision = self._revision()
        note = self.config.folder / "migrated.json"
        done = {"airflow": version("apache-airflow"), "revision": revision}
        if revision is not None and _read_json(note) == done:
            return
        say("preparing Airflow's database")
        finished = subprocess.run(
            [airflow_program(), "db", "migrate"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
        )
        log = self.config.folder / "migrate.log"
        log.write_text(finished.stdout, encoding="utf-8")
        if finished.returncode:
            raise AlgoTradingError(f"Airflow's database could not be prepared; see {log}")
        note.write_text(json.dumps({**done, "revision": self._revision()}), encoding="utf-8")

    def _revision(self) -> str | None:
        """The schema revision of the metadata database, None if it is empty."""
        try:
            with psycopg.connect(self.metadata_url, connect_timeout=10) as connection:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:
            return None
        except psycopg.OperationalError as error:
            raise ServiceUnavailableError(f"Airflow's database does not answer: {error}") from error
        return None if row is None else str(row[0])


def _components() -> dict[str, list[str]]:
    """The commands of Airflow's programs, by name."""
    return {
        "scheduler": [sys.executable, "-P", "-m", "algo_trading.launcher.scheduler"],
        "dag-processor": [airflow_program(), "dag-processor"],
        "api-server": [airflow_program(), "api-server"],
        "triggerer": [airflow_program(), "triggerer", "--skip-serve-logs"],
    }


def _refuse_busy_port(port: int) -> None:
    """The port of a server that was just killed may take a moment to become free."""
    limit = time.monotonic() + PORT_SECONDS
    while not is_free(port):
        if time.monotonic() > limit:
            raise AlgoTradingError(
                f"port {port} is in use, so Airflow cannot start; "
                f"choose another one, e.g. ALGO_AIRFLOW__PORT={port + 1} make run"
            )
        time.sleep(0.2)


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
