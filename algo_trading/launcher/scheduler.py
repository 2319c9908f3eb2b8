"""Airflow's scheduler with the heavy libraries imported once: `python -m algo_trading.launcher.scheduler`.

LocalExecutor forks its workers from the scheduler, and they fork the tasks, which so inherit the libraries and begin
seconds earlier. None of this project's modules is imported ahead: an edited strategy counts from the next task on.
"""

import importlib
import logging
import runpy
import sys

LIBRARIES = (
    "airflow.configuration",  # first of Airflow's modules: it asks for that itself
    "adbc_driver_postgresql.dbapi",
    "airflow.providers.postgres.hooks.postgres",
    "exchange_calendars",
    "great_expectations",
    "matplotlib.backends.backend_agg",
    "numba",
    "pyarrow.parquet",
)


def main() -> None:
    """Import, then hand over to Airflow."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # its import says hundreds of things
    for library in LIBRARIES:
        importlib.import_module(library)
    # The server for logs of other machines would only take another port: the API server reads ours from the files.
    sys.argv = ["airflow", "scheduler", "--skip-serve-logs"]
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
