"""Docker on this machine, and a project of docker-compose.yml in it that leaves nothing behind."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCKER = shutil.which("docker") or "docker"
PATIENCE = 1200  # seconds for what takes minutes on a busy machine


def why_not() -> str | None:
    """Why containers cannot be started here, None if they can."""
    if not os.environ.get("CONTAINERS"):
        return "containers take half an hour: `make test-containers` starts them"
    if not shutil.which(DOCKER):
        return "there is no docker on the PATH"
    for command, missing in ((["info"], "no Docker engine answers"), (["compose", "version"], "compose is missing")):
        if subprocess.run([DOCKER, *command], capture_output=True, check=False).returncode:
            return missing
    return None


def docker(*arguments: str, check: bool = True, stdin: bytes | None = None) -> str:
    """What a docker command prints."""
    finished = subprocess.run([DOCKER, *arguments], input=stdin, capture_output=True, check=False)
    if check:
        assert finished.returncode == 0, f"docker {' '.join(arguments)}: {finished.stderr.decode()[-3000:]}"
    return finished.stdout.decode()


@dataclass
class Project:
    """docker-compose.yml as it is shipped, under a name and with ports and volumes of its own."""

    folder: Path
    ports: Mapping[str, int]
    name: str = field(default_factory=lambda: f"algo-test-{secrets.token_hex(3)}")

    def __post_init__(self) -> None:
        self.write_env()
        make_env = ROOT / "deploy" / "make_env.py"
        subprocess.run([sys.executable, make_env, self.env_file], check=True, capture_output=True)

    @property
    def env_file(self) -> Path:
        return self.folder / "env"

    @property
    def secrets(self) -> dict[str, str]:
        """What `make env` wrote and this file's ports."""
        lines = self.env_file.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def write_env(self, **more: str) -> None:
        """Add variables to what is there, as a user does in .env."""
        with self.env_file.open("a", encoding="utf-8") as file:
            for name, value in {**{name: str(port) for name, port in self.ports.items()}, **more}.items():
                file.write(f"{name}={value}\n")

    @property
    def environment(self) -> dict[str, str]:
        """Under which `docker compose` means this project."""
        return {
            **os.environ,
            "COMPOSE_PROJECT_NAME": self.name,
            "COMPOSE_FILE": str(ROOT / "docker-compose.yml"),
            "COMPOSE_ENV_FILES": str(self.env_file),
        }

    def compose(self, *arguments: str, check: bool = True) -> str:
        """What `docker compose` prints."""
        finished = subprocess.run(
            [DOCKER, "compose", *arguments],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if check and finished.returncode:
            raise AssertionError(
                f"docker compose {' '.join(arguments)}:\n{finished.stderr[-2000:]}\n{finished.stdout[-1000:]}\n"
                + self.compose("logs", "--tail", "15", check=False)[-6000:]
            )
        return finished.stdout

    def inside(self, *command: str, service: str = "airflow-scheduler") -> str:
        """What a command prints in a service's container."""
        return self.compose("exec", "-T", service, *command)

    def json_of(self, *command: str) -> Any:
        """What a command with `--json` says."""
        return json.loads(self.inside("algo-trading", *command, "--json"))

    def script(self, text: str) -> str:
        """What a shell script of the documentation prints, which calls `docker compose` itself."""
        finished = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", text],
            cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert finished.returncode == 0, f"{finished.stdout[-2000:]}\n{finished.stderr[-3000:]}"
        return finished.stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """Every container's state by its name: Service, State, Health, ExitCode, ID."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {entry["Name"]: entry for entry in map(json.loads, lines)}

    def remove(self) -> None:
        """Containers, networks and volumes."""
        self.compose("--profile", "celery", "down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)


def until(what: Callable[[], bool], why: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Ask again and again; `why` says how far things are when time is up."""
    limit = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < limit, why()
        time.sleep(3)


def names(services: Mapping[str, Any], *, profiles: Sequence[str] = ()) -> set[str]:
    """The services that start under these profiles."""
    return {name for name, one in services.items() if set(one.get("profiles", profiles)) <= set(profiles)}
