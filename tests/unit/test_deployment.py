"""docker-compose.yml, the image, the chart's values and CI say what the program and each other expect."""

import re
import tomllib
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are another package

from algo_trading.adapters.minio import MinioConfig
from algo_trading.adapters.smtp import SmtpConfig
from algo_trading.launcher.airflow_config import POOLS
from algo_trading.plugins import load_plugin
from algo_trading.settings import Settings, load_settings
from algo_trading.settings.plugin_tables import plugin_config, plugin_mistakes
from algo_trading.settings.tables import PLUGIN_TABLES

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
HELM = yaml.safe_load((ROOT / "deploy" / "helm-values.yaml").read_text(encoding="utf-8"))
MAKE_ENV = run_path(str(ROOT / "deploy" / "make_env.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<kind>:[-?])(?P<rest>[^}]*)\}")
SECRET_NAME = re.compile(r"PASSWORD|SECRET|_KEY$|AUTH$|FERNET")
ACCESS_KEY = "ALGO_OBJECT_STORES__MINIO__ACCESS_KEY"  # a user's name, though S3 calls it a key


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def pins(path: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;\\]+)", text_of(path), re.MULTILINE))


def expand(value: object) -> str:
    """A value as compose passes it on, each secret being its own name in lower case."""
    return VARIABLE.sub(lambda m: m["rest"] if m["kind"] == ":-" else m["name"].lower(), str(value))


def settings_under(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    for name, value in environment.items():
        if name.startswith("ALGO_"):
            monkeypatch.setenv(name, value)
    return load_settings()


# docker-compose.yml


def test_every_port_is_on_loopback() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 6
    assert [port for port in ports if not str(port).startswith("127.0.0.1:")] == []


def test_no_secret_has_a_default() -> None:
    required = set()
    for match in VARIABLE.finditer(text_of("docker-compose.yml")):
        if match["kind"] == ":?":
            assert match["rest"] == "run make env first"
            required.add(match["name"])
        elif SECRET_NAME.search(match["name"]):
            assert match["rest"] == "", f"{match['name']} has a default"
    assert required == set(MAKE_ENV["SECRETS"])


def test_no_secret_is_written_out() -> None:
    for name, value in chain.from_iterable(service.get("environment", {}).items() for service in SERVICES.values()):
        if SECRET_NAME.search(name) and name != ACCESS_KEY:
            assert VARIABLE.fullmatch(str(value)), f"{name} is written out"
        password = re.search(r"://\w*:([^@]*)@", str(value))
        assert password is None or VARIABLE.fullmatch(password[1]), f"{name} holds a password"


def test_plain_variables_have_no_other_form() -> None:
    """`$X` and `${X}` would be empty without a word."""
    plain = re.sub(r"\$\$", "", VARIABLE.sub("", text_of("docker-compose.yml")))
    assert "$" not in plain


def test_the_keys_are_the_object_stores_own() -> None:
    ours, minio = SERVICES["airflow-scheduler"]["environment"], SERVICES["minio"]["environment"]
    assert ours[ACCESS_KEY] == minio["MINIO_ROOT_USER"]
    assert ours["ALGO_OBJECT_STORES__MINIO__SECRET_KEY"] == minio["MINIO_ROOT_PASSWORD"]


def test_settings_are_what_the_program_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for service in AIRFLOW.values():
        environment = {name: expand(value) for name, value in service["environment"].items()}
        assert environment["ALGO_CONFIG"] in [str(volume).split(":")[-2] for volume in service["volumes"]]
        environment["ALGO_CONFIG"] = str(ROOT / "deploy" / "compose.toml")
        settings = settings_under(environment, monkeypatch, tmp_path)
        assert (settings.preset, settings.object_store, settings.channel) == ("sample", "minio", "smtp")
        minio = plugin_config(settings, "object_stores", "minio", MinioConfig)
        assert minio.endpoint == "minio:9000"
        assert minio.secret_key.get_secret_value() == "minio_root_password"
        smtp = plugin_config(settings, "channels", "smtp", SmtpConfig)
        assert (smtp.host, smtp.port, smtp.starttls) == ("mailpit", 1025, False)
        assert all(
            plugin_mistakes(settings, table, name, load_plugin(f"algo_trading.{table}", name).config_type) == []
            for table in PLUGIN_TABLES
            for name in getattr(settings, table)
        )
        assert settings.database_url.get_secret_value() == environment["AIRFLOW_CONN_ALGO_TRADING"]
        assert settings.watchlists


def test_airflow_options_exist() -> None:
    airflow = find_spec("airflow")
    assert airflow
    assert airflow.submodule_search_locations
    template = Path(airflow.submodule_search_locations[0]) / "config_templates" / "config.yml"
    known = yaml.safe_load(template.read_text(encoding="utf-8"))
    names = {name for service in AIRFLOW.values() for name in service["environment"]}
    names |= set(re.findall(r"AIRFLOW__\w+", text_of("Dockerfile")))
    options = [name.lower().split("__")[1:] for name in names if name.startswith("AIRFLOW__")]
    assert len(options) > 15
    for section, option in options:
        if section != "celery":  # its provider is in the image only
            assert option in known[section]["options"], f"[{section}] {option}"


@pytest.mark.parametrize("name", SERVICES)
def test_services_are_watched_and_limited(name: str) -> None:
    service = SERVICES[name]
    once = name == "airflow-init"
    assert service["restart"] == ("no" if once else "unless-stopped")
    assert service["healthcheck"] == {"disable": True} if once else service["healthcheck"]["test"][0].startswith("CMD")
    assert service["deploy"]["resources"]["limits"]["memory"]
    if name != "pgadmin":
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"]["max-size"]
    for needed, how in service.get("depends_on", {}).items():
        assert how["condition"] in {"service_healthy", "service_completed_successfully"}
        assert needed in SERVICES


def test_images_are_pinned() -> None:
    for service in SERVICES.values():
        assert re.search(r":(v?\d+\.\d+[\w.-]*|RELEASE\.[\w-]+)$", service["image"]), service["image"]
    assert {service["image"] for service in AIRFLOW.values()} == {f"algo-trading:{PROJECT['version']}"}


def test_celery_is_a_profile() -> None:
    assert {name for name, service in SERVICES.items() if service.get("profiles") == ["celery"]} == {
        "redis",
        "airflow-worker",
    }
    assert not any("profiles" in SERVICES[name] for name in SERVICES if name not in {"redis", "airflow-worker"})


def test_files_that_are_mounted_exist() -> None:
    mounted = [str(volume) for service in SERVICES.values() for volume in service.get("volumes", [])]
    sources = {expand(volume).split(":")[0] for volume in mounted}
    assert {source for source in sources if not source.startswith("./")} == set(COMPOSE["volumes"])
    assert [source for source in sources if source.startswith("./") and not (ROOT / source).is_file()] == []


def test_health_is_asked_where_the_api_server_is() -> None:
    host, port = re.findall(r"http://([\w-]+):(\d+)/api/v2/monitor/health", text_of("deploy/healthcheck.py"))[0]
    assert host in SERVICES
    assert any(str(published).endswith(f":{port}") for published in SERVICES[host]["ports"])
    parts = {service["healthcheck"]["test"][-1] for name, service in AIRFLOW.items() if name != "airflow-init"}
    assert {part for part in parts if part.isidentifier()} == {
        "metadatabase",
        "scheduler",
        "dag_processor",
        "triggerer",
    }


def test_databases_are_made_with_the_users_that_connect() -> None:
    script = text_of("deploy/postgres-init.sql")
    assert set(re.findall(r"\\getenv \w+ (\w+)", script)) < set(SERVICES["postgres"]["environment"])
    environment = AIRFLOW["airflow-scheduler"]["environment"]
    for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "ALGO_DATABASE_URL"):
        user, database = re.findall(r"://(\w+):\w+@postgres:5432/(\w+)$", expand(environment[name]))[0]
        assert f"CREATE ROLE {user} LOGIN" in script
        assert f"CREATE DATABASE {database} OWNER {user};" in script


def test_the_pool_is_the_one_that_dags_use() -> None:
    for name, slots in POOLS.items():
        assert f"airflow pools set {name} {slots} " in text_of("deploy/init.sh")


# The image


def test_image_pins_agree_with_the_project() -> None:
    extra, project = pins("deploy/image.txt"), {**pins("requirements/run.txt"), **pins("requirements/tools.txt")}
    assert {name: version for name, version in extra.items() if project.get(name, version) != version} == {}
    wanted = re.findall(r"^([a-z][a-z0-9-]+)", text_of("deploy/image.in"), re.MULTILINE)
    assert set(wanted) <= set(extra)
    assert len(wanted) == 5


def test_image_is_built_from_hashes_and_runs_as_a_user() -> None:
    dockerfile = text_of("Dockerfile")
    bases = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases[0])
    installs = re.findall(r"pip install .*", dockerfile)
    assert len(installs) == 3
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []
    assert re.findall(r"^USER (.+)", dockerfile, re.MULTILINE) == ["50000:0"]
    assert re.findall(r"^(?:ENTRYPOINT|CMD) (\S)", dockerfile, re.MULTILINE) == ["[", "["]
    assert "://" not in dockerfile


def test_image_gets_what_it_needs_and_nothing_private() -> None:
    allowed = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    assert [path for path in allowed if not (ROOT / path).exists()] == []
    copied = set(re.findall(r"^COPY ([\w/.]+) ", text_of("Dockerfile"), re.MULTILINE)) - {"."}
    assert copied <= allowed | {"deploy/image.txt"}
    packages = {found.parent.name for found in ROOT.glob("*/__init__.py")}
    assert packages | {"dags", "plugins", "sql", "pyproject.toml"} <= allowed


# The chart's values


def test_chart_settings_are_what_the_program_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment = {entry["name"]: entry["value"] for entry in HELM["env"]}
    assert not any(SECRET_NAME.search(name) for name in environment)
    settings = settings_under(environment, monkeypatch, tmp_path)
    assert (settings.preset, settings.object_store, settings.channel) == ("yahoo", "minio", "smtp")
    assert plugin_config(settings, "object_stores", "minio", MinioConfig).secure is False
    assert plugin_config(settings, "channels", "smtp", SmtpConfig).host == "mail.example.com"
    assert (
        f"{HELM['images']['airflow']['repository']}:{HELM['images']['airflow']['tag']}"
        == (AIRFLOW["airflow-scheduler"]["image"])
    )
    assert HELM["airflowVersion"] == pins("requirements/run.txt")["apache-airflow"]


def test_chart_makes_no_user_with_a_known_password() -> None:
    assert HELM["createUserJob"]["enabled"] is False
    assert HELM["migrateDatabaseJob"]["args"] == AIRFLOW["airflow-init"]["command"]
