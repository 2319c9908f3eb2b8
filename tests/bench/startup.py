"""How long a user waits: commands from a cold shell, DAG files as Airflow's processor parses them."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import Contender, Goal, Progress, Result, Timing, measure

CHECKOUT = Path(__file__).resolve().parents[2]
KERNELS = "from algo_trading.indicators import kernels"
ROUNDS = 5

# Airflow's DAG processor has Airflow loaded and forks a process for each file. So does this.
PARSE = """
import json, os, sys, time
from pathlib import Path
from airflow.dag_processing.dagbag import DagBag
from airflow.plugins_manager import get_timetables_plugins
get_timetables_plugins()
for file in sorted(Path(sys.argv[1]).glob("*.py")):
    read, write = os.pipe()
    if os.fork() == 0:
        begin = time.perf_counter()
        bag = DagBag(str(file), load_op_links=False)
        took = time.perf_counter() - begin
        heavy = [name for name in ("pandas", "numba", "pyarrow") if name in sys.modules]
        os.write(write, json.dumps([file.name, took, len(bag.dags), list(bag.import_errors.values()), heavy]).encode())
        os._exit(0)
    os.close(write)
    os.wait()
    print(os.read(read, 100_000).decode())
"""


def benchmark(progress: Progress) -> list[Result]:
    """Commands, then DAG files."""
    return [commands(progress), dag_files(progress)]


def commands(progress: Progress) -> Result:
    """From starting the interpreter to its end."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = {**os.environ, "ALGO_HOME": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's shell does not set it

        def start(program: str, *arguments: str, **extra: str) -> None:
            command = [str(Path(sys.executable).parent / program), *arguments]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**environment, **extra}, cwd=CHECKOUT)

        timings = measure(
            [
                Contender("algo-trading --help", lambda: start("algo-trading", "--help"), 1),
                Contender("python -c pass", lambda: start("python", "-c", "pass"), 1),
                Contender("indicators, kernels cached", lambda: start("python", "-c", KERNELS), 1),
                Contender(
                    "indicators, kernels compiled anew",
                    lambda: start("python", "-c", KERNELS, NUMBA_CACHE_DIR=tempfile.mkdtemp(dir=folder)),
                    1,
                    rounds=1,
                ),
            ],
            ROUNDS,
            progress,
        )
    return Result(
        "Cold starts",
        "a process each, seconds",
        timings,
        [Goal("seconds until the command line has answered", 1, timings[0].median, at_most=True)],
        beside_peers=False,
    )


def dag_files(progress: Progress) -> Result:
    """Each DAG file in a fork of a process that has Airflow loaded."""
    progress("parsing DAG files")
    seconds: dict[str, list[float]] = {}
    notes = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__")},
            "AIRFLOW_HOME": folder,
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(CHECKOUT / "plugins"),
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
            "ALGO_HOME": folder,
        }
        for number in range(ROUNDS):
            progress(f"DAG files: round {number + 1} of {ROUNDS}")
            command = [sys.executable, "-c", PARSE, str(CHECKOUT / "dags")]
            parsed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder)
            for line in parsed.stdout.splitlines():
                if not line.startswith("["):
                    continue
                name, took, dags, errors, heavy = json.loads(line)
                seconds.setdefault(name, []).append(took)
                if number == 0 and (errors or heavy or not dags):
                    notes.append(f"{name}: {dags} DAGs, imports {heavy}, errors {errors}")
    timings = [Timing(name, 1, tuple(times)) for name, times in seconds.items()]
    slowest = max(timings, key=lambda timing: timing.median)
    return Result(
        "DAG files parsed",
        "each in a fork of a process with Airflow loaded, seconds",
        timings,
        [Goal(f"seconds for the slowest file, {slowest.name}", 0.3, slowest.median, at_most=True)],
        notes,
        beside_peers=False,
    )
