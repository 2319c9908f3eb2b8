"""A strategy of one's own, from the template: installed, it is backtested, checked, decided live, mailed and verified.

The programs run in a virtual environment of its own, as a user has one; nothing of this package is touched.
"""

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from algo_trading.cli.new_strategy import create_package
from algo_trading.launcher.home import checkout_folder

pytestmark = pytest.mark.integration

NAME = "my_strategy"
SAMPLE = checkout_folder() / "algo_trading" / "data" / "us_stocks_daily_2000_2013.csv.gz"


@dataclass(frozen=True)
class Desk:
    """An environment with the package installed."""

    python: Path
    package: Path
    variables: dict[str, str]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run `python ARGUMENTS`; gives stdout."""
        ended = subprocess.run(
            [str(self.python), *arguments], env=self.variables, cwd=self.package.parent, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert ended.returncode == code, ended.stderr + ended.stdout
        return ended.stdout

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Desk:
    """The package as `pip install -e` leaves it, in an environment that also has everything that this one has."""
    create_package(NAME, tmp_path)
    package = tmp_path / "my-strategy"
    environment = tmp_path / "venv"
    venv.create(environment)
    (site,) = environment.glob("lib/python3*/site-packages")
    (site / "base.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    (site / "mine.pth").write_text(f"{package}\n")
    points = tomllib.loads((package / "pyproject.toml").read_text())["project"]["entry-points"]
    installed = site / "my_strategy-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-strategy\nVersion: 0.1.0\n")
    lines = [f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in names.items()) for group, names in points.items()]
    (installed / "entry_points.txt").write_text("\n".join(lines) + "\n")
    home = tmp_path / "home"
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("ALGO_", "PYTHON"))}
    settings = {
        "ALGO_HOME": str(home),
        "ALGO_DATABASE_URL": database_url,
        "ALGO_STRATEGIES": json.dumps([{"name": NAME, "symbols": ["IBM"], "params": {"window": 5}}]),
        "ALGO_SUBSCRIPTIONS": json.dumps([{"address": "me@localhost", "strategy": NAME, "start": "2013-02-11"}]),
        "ALGO_ACCOUNT__START": "2013-02-11",
    }
    return Desk(environment / "bin" / "python", package, {**variables, **settings})


def test_it_gets_everything_that_a_built_in_one_gets(desk: Desk, tmp_path: Path) -> None:
    backtest = ("-m", "back_testing")
    listed = {entry["name"]: entry for entry in desk.json(*backtest, "list")}
    assert listed[NAME]["params"] == {"window": 20}

    on_file = ("--strategy", NAME, "--csv", str(SAMPLE), "--symbol", "IBM", "--set", "window=10")
    found = desk.json(*backtest, "run", *on_file, "--report", str(tmp_path / "mine.html"))
    assert found["params"] == {"window": 10}
    assert found["n_trades"] > 100
    assert "SMA 10" in (tmp_path / "mine.html").read_text()
    assert desk.json(*backtest, "lookahead", *on_file)["honest"] is True

    program = ("-c", "from algo_trading.cli import main; main()")
    desk.json(*program, "load", "--from", "2012-09-01", "--to", "2013-02-08")
    days = desk.json(*program, "run-session", "2013-02-11", "--to", "2013-02-22")
    assert days["decided"] == days["new_signals"] == 9
    assert days["sent"] > 0
    assert days["filled"] > 0
    mails = [path.read_text() for path in (tmp_path / "home" / "maildir").rglob("new/*")]
    assert len(mails) == days["sent"]
    assert all(NAME in mail for mail in mails)

    verified = desk.json(*backtest, "verify-live")
    assert (verified["checked"], verified["agreed"], verified["mismatches"]) == (9, 9, [])


def test_its_own_tests_pass(desk: Desk) -> None:
    assert "4 passed" in desk.run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(desk.package))


@pytest.mark.skipif(
    importlib.util.find_spec("setuptools") is None, reason="setuptools, which `make` installs, is not here"
)
def test_it_installs(desk: Desk, tmp_path: Path) -> None:
    build = f"import setuptools.build_meta as build; print(build.build_editable({str(tmp_path)!r}))"
    built = subprocess.run(
        [sys.executable, "-c", build], cwd=desk.package, capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    with zipfile.ZipFile(tmp_path / built) as wheel:
        (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
        assert wheel.read(points).decode().split() == ["[algo_trading.strategies]", NAME, "=", "my_strategy:MyStrategy"]
