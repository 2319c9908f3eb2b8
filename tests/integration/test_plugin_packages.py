"""Packages of one's own, from the templates: installed, they get everything that built-in plug-ins get.

The programs run in a virtual environment of its own, as a user has one; nothing of this package is touched.
"""

import gzip
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

from algo_trading.cli.plugin_packages import create_package
from algo_trading.launcher.airflow_config import checkout_folder
from support.report_pages import charts_in

pytestmark = pytest.mark.integration

NAME = "my_plugin"
SAMPLE = checkout_folder() / "algo_trading" / "data" / "us_stocks_daily_2000_2013.csv.gz"
PROGRAM = ("-c", "from algo_trading.cli import main; main()")
BACKTEST = ("-m", "back_testing")


@dataclass(frozen=True)
class Desk:
    """An environment with the package installed."""

    python: Path
    package: Path
    variables: dict[str, str]

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run `python ARGUMENTS`; gives what it printed."""
        ended = subprocess.run(
            [str(self.python), *arguments], env=self.variables, cwd=self.package.parent, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert ended.returncode == code, ended.stderr + ended.stdout
        return ended.stdout if code == 0 else ended.stderr

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--json"))


def installed(kind: str, folder: Path, **variables: str) -> Desk:
    """The package as `pip install -e` leaves it, in an environment that also has everything that this one has."""
    create_package(kind, NAME, folder)
    package = folder / "my-plugin"
    environment = folder / "venv"
    venv.create(environment)
    (site,) = environment.glob("lib/python3*/site-packages")
    (site / "base.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    (site / "mine.pth").write_text(f"{package}\n")
    points = tomllib.loads((package / "pyproject.toml").read_text())["project"]["entry-points"]
    distribution = site / "my_plugin-0.1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: my-plugin\nVersion: 0.1.0\n")
    lines = [f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in names.items()) for group, names in points.items()]
    (distribution / "entry_points.txt").write_text("\n".join(lines) + "\n")
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("ALGO_", "PYTHON"))}
    return Desk(environment / "bin" / "python", package, {**bare, "ALGO_HOME": str(folder / "home"), **variables})


@pytest.mark.parametrize("kind", ["strategy", "source", "broker", "channel"])
def test_its_own_tests_pass(kind: str, tmp_path: Path) -> None:
    desk = installed(kind, tmp_path)
    assert " passed" in desk.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", str(desk.package))


def test_a_strategy_gets_everything_that_a_built_in_one_gets(tmp_path: Path, database_url: str) -> None:
    desk = installed("strategy", tmp_path, ALGO_DATABASE_URL=database_url)
    (tmp_path / "algo-trading.toml").write_text(
        "[[watchlists]]\nname = 'stocks'\nvenue = 'XNYS'\nsource = 'sample'\nsymbols = ['IBM']\n"
        f"[[strategies]]\nname = '{NAME}'\nparams = {{ window = 5 }}\n"
        "[[accounts]]\nname = 'paper'\nstart = 2013-02-11\n"
        f"[[subscriptions]]\naddress = 'me@localhost'\nstrategy = '{NAME}'\nstart = 2013-02-11\n"
    )
    listed = {entry["name"]: entry for entry in desk.json(*BACKTEST, "list")}
    assert listed[NAME]["params"] == {"window": 20}

    on_file = ("--strategy", NAME, "--csv", str(SAMPLE), "--symbol", "IBM", "--set", "window=10")
    found = desk.json(*BACKTEST, "run", *on_file, "--report", str(tmp_path / "mine.html"))
    assert found["params"] == {"window": 10}
    assert found["n_trades"] > 100
    assert "SMA 10" in str(charts_in((tmp_path / "mine.html").read_text()))
    header, *bars = gzip.decompress(SAMPLE.read_bytes()).decode().splitlines()
    year = tmp_path / "year.csv"  # each of its bars is asked about, in a process of its own
    year.write_text("\n".join([header, *[bar for bar in bars if bar.startswith("IBM,")][-250:]]))
    on_year = ("--strategy", NAME, "--csv", str(year), "--symbol", "IBM", "--set", "window=10")
    looked = desk.json(*BACKTEST, "lookahead", *on_year)
    assert (looked["honest"], looked["proven"]) == (True, True)

    desk.json(*PROGRAM, "load", "--from", "2012-09-01", "--to", "2013-02-08")
    days = desk.json(*PROGRAM, "run-session", "2013-02-11", "--to", "2013-02-22")
    assert days["decided"] == days["new_signals"] == 9
    assert days["sent"] > 0
    assert days["filled"] > 0
    mails = [path.read_text() for path in (tmp_path / "home" / "maildir").rglob("new/*")]
    assert len(mails) == days["sent"]
    assert all(NAME in mail for mail in mails)

    verified = desk.json(*BACKTEST, "verify-live")
    assert (verified["checked"], verified["agreed"], verified["mismatches"]) == (9, 9, [])


def test_a_source_brings_bars_with_options_of_its_own(tmp_path: Path, database_url: str) -> None:
    desk = installed("source", tmp_path, ALGO_DATABASE_URL=database_url)
    configuration = tmp_path / "algo-trading.toml"
    text = (
        f"[[watchlists]]\nname = 'mine'\nvenue = 'XNYS'\nsource = '{NAME}'\nsymbols = ['IBM']\n"
        "[[strategies]]\nname = 'buy_and_hold'\n"
        "[[accounts]]\nname = 'paper'\nstart = 2013-01-02\n"
        f"[sources.{NAME}]\n"
    )
    configuration.write_text(f"{text}flder = 'bars'\n")
    said = desk.run(*PROGRAM, "check-config", code=2)
    assert f"sources.{NAME}.flder: there is no such key; did you mean 'folder'?" in said
    assert f"{configuration}:12:" in said

    bars = tmp_path / "bars"
    bars.mkdir()
    days = ("2013-01-02", "2013-01-03", "2013-01-04", "2013-01-07")
    (bars / "IBM.csv").write_text(
        "date,open,high,low,close,volume\n" + "".join(f"{day},100,101,99,100.5,1000\n" for day in days)
    )
    configuration.write_text(f"{text}folder = '{bars}'\n")
    assert desk.json(*PROGRAM, "check-config") == {"mistakes": []}
    ran = desk.json(*PROGRAM, "run-session", days[0], "--to", days[-1])
    assert (ran["stored"], ran["decided"], ran["filled"]) == (4, 4, 1)
    (line,) = desk.json(*PROGRAM, "symbols")
    assert line == {
        "symbol": "IBM", "venue": "XNYS", "interval": "1d", "first": days[0], "last": days[-1], "bars": 4,
    }  # fmt: skip
    assert desk.json(*PROGRAM, "status")["watchlists"]["mine"] == {
        "venue": "XNYS", "source": NAME, "intervals": ["1d"], "symbols": ["IBM"], "latest": {"1d": days[-1]},
    }  # fmt: skip
    raw = [path.name for path in (tmp_path / "home" / "objects" / "raw" / NAME).rglob("*.csv")]
    assert raw
    assert all(name.startswith("IBM-") for name in raw)


def test_a_channel_delivers_with_options_of_its_own(tmp_path: Path, database_url: str) -> None:
    desk = installed("channel", tmp_path, ALGO_DATABASE_URL=database_url, ALGO_CHANNEL=NAME)
    desk.variables[f"ALGO_CHANNELS__{NAME.upper()}__FOLDER"] = str(tmp_path / "told")
    (tmp_path / "algo-trading.toml").write_text(
        "[[watchlists]]\nname = 'stocks'\nvenue = 'XNYS'\nsource = 'sample'\nsymbols = ['IBM']\n"
        "[[strategies]]\nname = 'buy_and_hold'\n"
        "[[accounts]]\nname = 'paper'\nstart = 2013-01-02\n"
        "[[subscriptions]]\naddress = 'me@localhost'\nstart = 2013-01-02\n"
    )
    assert desk.json(*PROGRAM, "run-session", "2013-01-02")["sent"] == 1
    (notice,) = (tmp_path / "told").glob("*.eml")
    assert b"Subject: BUY IBM at 196.35" in notice.read_bytes()


@pytest.mark.skipif(
    importlib.util.find_spec("setuptools") is None, reason="setuptools, which `make` installs, is not here"
)
@pytest.mark.parametrize(("kind", "entry"), [("strategy", "MyPlugin"), ("source", "plugin")])
def test_it_installs(kind: str, entry: str, tmp_path: Path) -> None:
    desk = installed(kind, tmp_path)
    build = f"import setuptools.build_meta as build; print(build.build_editable({str(tmp_path)!r}))"
    built = subprocess.run(
        [sys.executable, "-c", build], cwd=desk.package, capture_output=True, text=True, check=True
    ).stdout.splitlines()[-1]
    with zipfile.ZipFile(tmp_path / built) as wheel:
        (points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
        group = "algo_trading.strategies" if kind == "strategy" else "algo_trading.sources"
        assert wheel.read(points).decode().split() == [f"[{group}]", NAME, "=", f"{NAME}:{entry}"]
