"""What the command line says to someone who does not know it, or mistypes."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer.main

from algo_trading.cli import main
from algo_trading.cli.commands import app
from faults.programs import Finished

pytestmark = pytest.mark.unit

Run = Callable[..., Finished]

WRONG = [
    (("runsession",), "no such command 'runsession'"),
    (("run-sesion", "2013-01-02"), "Did you mean 'run-session'?"),
    (("run-session",), "missing argument 'YYYY-MM-DD'"),
    (("run-session", "yesterday"), "'yesterday' is not a date; write it like 2013-01-02"),
    (("run-session", "2013-02-30"), "'2013-02-30' is not a date"),
    (("run-session", "2013-01-02", "--to", "02.01.2013"), "invalid value for '--to': '02.01.2013' is not a date"),
    (("run-session", "2013-01-02", "2013-01-03"), "unexpected extra argument"),
    (("load",), "missing option '--from'"),
    (("load", "--from", "2013-01-02"), "missing option '--to'"),
    (("load", "--from", "2013-01-02", "--to", ""), "'' is not a date"),
    (("load", "--frmo", "2013-01-02"), "--frmo"),
    (("import-bars",), "missing argument 'paths'"),
    (("import-bars", "/there/is/nothing"), "'/there/is/nothing' does not exist"),
    (("import-fundamentals",), "missing argument 'file'"),
    (("import-fundamentals", "/there/is/nothing"), "'/there/is/nothing' does not exist"),
    (("quarantine", "--limit", "0"), "'--limit'"),
    (("signals", "--limit", "many"), "'--limit'"),
    (("orders", "--from", "soon"), "'soon' is not a date"),
    (("config", "aply"), "Did you mean 'apply'?"),
    (("new-source",), "missing argument 'name'"),
    (("check-confg",), "Did you mean 'check-config'?"),
    (("subscribe",), "missing argument 'address'"),
    (("db", "drop"), "no such command 'drop'"),
]


@cache
def tree() -> Any:
    """All commands; putting them together takes a while."""
    return typer.main.get_command(app)


def commands() -> Iterator[tuple[str, ...]]:
    """Every command with its group."""

    def below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if not hasattr(command, "commands"):
            yield path
            return
        for name, child in command.commands.items():
            yield from below(child, (*path, name))

    yield from below(tree(), ())


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run_here(*arguments: str) -> Finished:
        monkeypatch.setattr(sys, "argv", ["algo-trading", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return Finished(int(ended.value.code or 0), *capsys.readouterr())

    return run_here


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_says_what_a_command_and_its_options_do(command: tuple[str, ...], run: Run) -> None:
    found = tree()
    for name in command:
        found = found.commands[name]
    assert found.help
    silent = [parameter.name for parameter in found.params if not getattr(parameter, "help", None)]
    assert not silent, f"without a word of help: {silent}"
    finished = run(*command, "--help")
    assert finished.code == 0
    assert found.help.split(".")[0].split()[0] in finished.out
    assert not finished.err


def test_nothing_lists_the_commands(run: Run) -> None:
    finished = run()
    assert finished.code == 2
    assert not finished.out
    assert finished.err.startswith("Usage: ")
    for command in commands():
        assert f"  {command[0]} " in finished.err


def test_the_version_is_printed(run: Run) -> None:
    finished = run("--version")
    assert (finished.code, finished.err) == (0, "")
    assert finished.out == f"algo-trading {version('algo-trading')}\n"


def test_help_needs_none_of_the_heavy_libraries() -> None:
    heavy = "{'pandas', 'sqlalchemy', 'numpy', 'pyarrow', 'numba', 'pydantic', 'airflow'}"
    program = (
        "import sys; sys.argv = ['algo-trading', '--help']\n"
        "from algo_trading.cli import main\n"
        "try:\n    main()\n"
        f"except SystemExit:\n    sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_what_asks_the_network_or_processes_is_imported_where_it_is_done() -> None:
    heavy = "{'httpx', 'psutil', 'requests', 'pandas', 'numba'}"
    program = (
        "import sys\nimport algo_trading.cli.status, algo_trading.adapters.http_client\n"
        "import algo_trading.adapters.postgres.embedded, algo_trading.adapters.binance.practice\n"
        f"sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


# What takes a tenth of a second or more to import, and what a command that only reads rows has no use for.
NOT_TO_READ = {
    "adbc_driver_manager", "airflow", "alembic", "exchange_calendars", "great_expectations", "httpx", "jinja2",
    "matplotlib", "minio", "numba", "pandas", "plotly", "psutil", "pyarrow.dataset", "requests", "scipy", "yfinance",
}  # fmt: skip


def test_commands_that_read_import_nothing_heavy(tmp_path: Path) -> None:
    """With the services and repositories that they ask, and with all that `status` looks at in the configuration."""
    program = """
import sys
import algo_trading.cli.account_books, algo_trading.cli.accounts, algo_trading.cli.listings, algo_trading.cli.status
from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App
from algo_trading.bootstrap.check import configuration_mistakes
from algo_trading.gateways.clock import SystemClock
from algo_trading.settings import load_settings
assert configuration_mistakes() == []
with App(load_settings(), Database("postgresql:///nowhere"), SystemClock()) as app:
    app.read_status(), app.read_performance(), app.bars, app.actions, app.apply_config(), app.listings, app.scores
    app.signal_list, app.order_list, app.symbol_list, app.quarantine, app.posts, app.audit, app.approvals
print(*sys.modules)
"""
    environment = {**os.environ, "ALGO_HOME": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    assert {"sqlalchemy", "algo_trading.queries.status"} <= set(ended.stdout.split())
    assert NOT_TO_READ & set(ended.stdout.split()) == set()


@pytest.mark.parametrize(("arguments", "sentence"), WRONG, ids=str)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], sentence: str, run: Run) -> None:
    finished = run(*arguments)
    assert finished.code == 2
    assert not finished.out
    assert finished.sentence.startswith("error: ")
    assert sentence in finished.sentence
    assert "--help`" in finished.sentence


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("algo_trading.cli.stack.bring_up", broken)
    monkeypatch.setattr(sys, "argv", ["algo-trading", "up"])
    with pytest.raises(ZeroDivisionError):
        main()
