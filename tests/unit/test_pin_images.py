"""Digests of pulled images are put where compose reads them."""

import json
import subprocess
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

pytestmark = pytest.mark.unit

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "pin_images.py"
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
CONFIG = {
    "services": {
        "airflow-init": {"image": "own:1", "build": {"context": "."}},
        "airflow-scheduler": {"image": "own:1"},
        "postgres": {"image": "postgres:18.6"},
        "mail": {"image": "somebody/mail:v1"},
    }
}


@pytest.fixture
def pulled(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """RepoDigests by image, as a docker that is not there would say them."""
    digests: dict[str, list[str]] = {}

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        if command[1] == "compose":
            return subprocess.CompletedProcess(command, 0, json.dumps(CONFIG), "")
        if command[-1] in digests:
            return subprocess.CompletedProcess(command, 0, json.dumps(digests[command[-1]]), "")
        return subprocess.CompletedProcess(command, 1, "", "Error: No such image\n")

    monkeypatch.setattr(subprocess, "run", run)
    return digests


@pytest.fixture
def script(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim AS build\nRUN true\nFROM python:3.11-slim\n")
    found = run_path(str(SCRIPT))
    found["main"].__globals__["ROOT"] = tmp_path
    return found


def test_every_image_that_is_pulled_gets_its_digest(
    pulled: dict[str, list[str]], script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pulled["postgres:18.6"] = [f"elsewhere/postgres-fork@{C}", f"postgres@{A}"]
    pulled["somebody/mail:v1"] = [f"registry.example/somebody/mail@{B}"]
    pulled["python:3.11-slim"] = [f"python@{C}"]
    script["main"]()
    written = json.loads((tmp_path / "docker-compose.override.yml").read_text(encoding="utf-8"))
    base = {"python:3.11-slim": f"docker-image://python:3.11-slim@{C}"}
    assert written == {
        "services": {
            "postgres": {"image": f"postgres:18.6@{A}"},
            "mail": {"image": f"somebody/mail:v1@{B}"},
            "airflow-init": {"build": {"additional_contexts": base}},
        }
    }
    assert capsys.readouterr().out == "wrote docker-compose.override.yml: 3 images pinned\n"


@pytest.mark.parametrize(
    ("known", "sentence"),
    [([], "postgres:18.6 was not pulled, so it has no digest"), (None, "docker image: Error: No such image")],
)
def test_an_image_without_a_digest_is_named_and_nothing_is_written(
    known: list[str] | None, sentence: str, pulled: dict[str, list[str]], script: dict[str, Any], tmp_path: Path
) -> None:
    if known is not None:
        pulled["postgres:18.6"] = known
    with pytest.raises(SystemExit, match=sentence):
        script["main"]()
    assert not (tmp_path / "docker-compose.override.yml").exists()
