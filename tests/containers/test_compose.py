"""The image and docker-compose.yml as they are shipped, in Docker: health, work, kills, upgrades, Celery.

One story in the order of its tests, half an hour long; `make test-containers` runs it. Images that cannot be pulled are
replaced by stand-ins (stand_ins/Dockerfile) under the same names; everything else is what a user starts.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are another package

from containers.engine import PATIENCE, ROOT, Project, docker, names, until, why_not
from containers.images import provide
from support.airflow_stack import free_port

pytestmark = [pytest.mark.containers, pytest.mark.timeout(3 * PATIENCE), pytest.mark.xdist_group("containers")]

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))[
    "services"
]
IMAGE = SERVICES["airflow-scheduler"]["image"]
LARGEST = 1_450_000_000  # bytes; a stand-in for Python's image is some 70 MB larger than that one
LAST = "2013-03-01"  # the sample's last session, which the documented backfill ends with
PORTS = ("AIRFLOW_PORT", "POSTGRES_PORT", "MINIO_PORT", "MINIO_CONSOLE_PORT", "MAILPIT_PORT", "PGADMIN_PORT")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Built and started; removed at the end."""
    if reason := why_not() or provide():
        pytest.skip(reason)
    one = Project(tmp_path_factory.mktemp("compose"), {name: free_port() for name in PORTS})
    try:
        one.compose("up", "--build", "--detach", "--wait")
        yield one
    finally:
        one.remove()


def page(project: Project, path: str, **headers: str) -> httpx.Response:
    return httpx.get(f"http://127.0.0.1:{project.ports['AIRFLOW_PORT']}{path}", headers=headers, timeout=60)


def mails(project: Project) -> list[dict[str, Any]]:
    address = f"http://127.0.0.1:{project.ports['MAILPIT_PORT']}/api/v1/messages?limit=1000"
    found: list[dict[str, Any]] = httpx.get(address, timeout=60).json()["messages"]
    return found


def dispatched(project: Project) -> str | None:
    """The newest session that the account of the sample has been through."""
    accounts = project.json_of("status")["accounts"]
    cursor: str | None = next(one["cursor"] for one in accounts if one["name"] == "paper")
    return cursor


def counts(project: Project) -> dict[str, int]:
    """What must be there once, whatever was killed meanwhile."""
    sql = (
        "SELECT json_build_object('bars', (SELECT count(*) FROM bars), 'signals', (SELECT count(*) FROM signals),"
        " 'orders', (SELECT count(*) FROM orders), 'fills', (SELECT count(*) FROM fills),"
        " 'sent', (SELECT count(*) FROM notices WHERE status = 'sent'))"
    )
    answer = project.inside("psql", "-U", "postgres", "-At", "-d", "algo_trading", "-c", sql, service="postgres")
    found: dict[str, int] = json.loads(answer)
    return found


def healthy(project: Project) -> bool:
    states = project.containers().values()
    running = [one for one in states if one["Service"] != "airflow-init"]
    return all((one["State"], one["Health"]) == ("running", "healthy") for one in running)


def test_the_image_is_small_and_runs_as_a_user_without_rights(project: Project) -> None:
    (facts,) = json.loads(docker("image", "inspect", IMAGE))
    assert facts["Size"] < LARGEST
    assert facts["Config"]["User"] == "50000:0"
    for name, container in project.containers().items():
        if not container["Service"].startswith("airflow-") or container["Service"] == "airflow-init":
            continue
        (running,) = json.loads(docker("inspect", container["ID"]))
        assert running["HostConfig"]["ReadonlyRootfs"], name
        assert running["HostConfig"]["SecurityOpt"] == ["no-new-privileges:true"], name
        status = project.inside("cat", "/proc/self/status", service=container["Service"])
        assert re.findall(r"Cap(?:Eff|Prm|Bnd):\t(\w+)", status) == ["0" * 16] * 3, name
        assert re.findall(r"NoNewPrivs:\t(\d)", status) == ["1"], name


def test_nothing_in_the_image_is_secret_or_can_be_written_that_need_not_be(project: Project) -> None:
    look = ["find", "/", "-xdev", "-writable", "-not", "-type", "l", "-not", "-path", "/dev/*"]
    writable = set(docker("run", "--rm", IMAGE, *look, check=False).split())  # find may not look everywhere either
    temporary = {"/tmp", "/var/tmp", "/run/lock"}  # noqa: S108 - as in every Debian
    assert writable - temporary == {"/var/lib/algo-trading", "/opt/airflow/logs"}
    listing = docker("run", "--rm", IMAGE, "find", "/opt/algo-trading", "-maxdepth", "1").split()
    private = {".env", ".git", ".github", "tests", "var", "algo-trading.toml", "CHANGELOG.md"}
    assert not private & {Path(line).name for line in listing}
    history = docker("history", "--no-trunc", IMAGE) + docker("image", "inspect", IMAGE)
    ours = [value for name, value in project.secrets.items() if not name.endswith("_PORT")]
    assert len(ours) >= 10
    assert [value for value in ours if value in history] == []


def test_every_service_is_healthy_and_its_first_step_went_well(project: Project) -> None:
    states = project.containers().values()
    assert {one["Service"] for one in states} == names(SERVICES)
    assert {one["Service"]: one["ExitCode"] for one in states if one["Service"] == "airflow-init"} == {
        "airflow-init": 0
    }
    assert healthy(project)


def test_the_first_sessions_of_the_documentation(project: Project) -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"### The first sessions.*?```sh\n(.*?)```", text, re.DOTALL)
    project.script(script)
    until(lambda: dispatched(project) == LAST, lambda: project.json_of("status"))
    assert project.json_of("verify-account")


def test_mails_objects_and_pages_are_there(project: Project) -> None:
    subjects = [mail["Subject"] for mail in mails(project)]
    assert any("IBM" in subject or "AAPL" in subject for subject in subjects)
    listing = "from algo_trading.bootstrap import bootstrap\nwith bootstrap() as app: print(*app.objects.keys(''))"
    keys = project.inside("python", "-c", listing).split()
    assert {key.split("/")[0] for key in keys} >= {"bars", "raw"}
    assert page(project, "/").status_code == 200
    health = page(project, "/api/v2/monitor/health").json()
    assert {part: one["status"] for part, one in health.items()} == dict.fromkeys(health, "healthy")
    login = {"username": "admin", "password": project.secrets["AIRFLOW_ADMIN_PASSWORD"]}
    address = f"http://127.0.0.1:{project.ports['AIRFLOW_PORT']}/auth/token"
    token = httpx.post(address, json=login, timeout=60).json()["access_token"]
    assert httpx.post(address, json={**login, "password": "another"}, timeout=60).status_code == 401
    bearer = {"Authorization": f"Bearer {token}"}
    assert page(project, "/api/v2/dags").status_code == 401
    assert page(project, "/api/v2/importErrors", **bearer).json()["total_entries"] == 0
    assert page(project, "/api/v2/dags", **bearer).json()["total_entries"] > 15


@pytest.mark.parametrize(
    "service", ["postgres", "minio", "airflow-scheduler", "airflow-api-server", "airflow-dag-processor", "mailpit"]
)
def test_a_service_that_dies_is_started_again_and_nothing_is_lost(project: Project, service: str) -> None:
    before = counts(project)
    (container,) = [one["ID"] for one in project.containers().values() if one["Service"] == service]
    docker("exec", container, "sh", "-c", "kill -9 -1", check=False)  # all but the first process
    if service in {"postgres", "minio", "mailpit"}:
        docker("kill", container, check=False)  # and where the first is the server itself, that too
        project.compose("up", "--detach", "--wait")
    until(lambda: healthy(project), project.containers)
    project.inside("algo-trading", "run-session", LAST)
    assert counts(project) == before


def test_an_older_database_is_brought_up_to_date(project: Project) -> None:
    before = counts(project)
    project.compose("stop", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "airflow-api-server")
    project.compose(
        "run", "--rm", "--no-deps", "airflow-init", "airflow", "db", "downgrade", "--to-version", "3.2.0", "--yes"
    )
    project.compose("up", "--detach", "--wait")
    assert healthy(project)
    project.inside("airflow", "db", "check-migrations", "--migration-wait-timeout", "1")
    assert counts(project) == before
    assert dispatched(project) == LAST


def test_sessions_go_on_with_two_celery_workers_of_which_one_is_killed(project: Project) -> None:
    before = counts(project)
    project.write_env(AIRFLOW_EXECUTOR="CeleryExecutor", COMPOSE_PROFILES="celery")
    project.compose("up", "--detach", "--wait", "--scale", "airflow-worker=2")
    assert {one["Service"] for one in project.containers().values()} == names(SERVICES, profiles=["celery"])
    workers = [one["ID"] for one in project.containers().values() if one["Service"] == "airflow-worker"]
    assert len(workers) == 2
    again = ["airflow", "backfill", "create", "--dag-id", "equity_daily_bars", "--reprocess-behavior", "completed"]
    project.inside(*again, "--from-date", "2013-02-25", "--to-date", LAST)
    running = "SELECT count(*) FROM task_instance WHERE state = 'running'"

    def asked(sql: str) -> int:
        return int(project.inside("psql", "-U", "postgres", "-At", "-d", "airflow", "-c", sql, service="postgres"))

    until(lambda: asked(running) > 0, project.containers)
    docker("kill", workers[0])
    newest = "SELECT max(id) FROM backfill"
    runs = f"SELECT count(*) FROM dag_run WHERE backfill_id = ({newest})"
    until(lambda: asked(f"{runs} AND state = 'success'") == asked(runs) == 5, lambda: asked(runs))
    done = counts(project)
    assert done == before  # the same bars and signals, no second order and no second mail
    project.compose("up", "--detach", "--wait", "--scale", "airflow-worker=2")
    assert healthy(project)
