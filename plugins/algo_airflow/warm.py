"""Saves every task some seconds: the scheduler imports the heavy libraries once, and its workers inherit them.

LocalExecutor's workers, and the processes that run the tasks, are forked from the scheduler. Only libraries are
imported ahead, none of this project's modules: those are read anew by each task, so an edited strategy is used at once.
"""

import importlib
import logging
from typing import Any

from airflow.configuration import conf
from airflow.listeners import hookimpl

LIBRARIES = ("adbc_driver_postgresql.dbapi", "exchange_calendars", "great_expectations", "matplotlib.figure", "numba")


@hookimpl
def on_starting(component: Any) -> None:  # noqa: ANN401 - a job, or in a task its runner; Airflow names no common type
    """Called in each component of Airflow before it begins its work, in the scheduler before it forks workers."""
    if getattr(component, "job_type", None) == "SchedulerJob" and "LocalExecutor" in conf.get("core", "executor"):
        logging.getLogger("great_expectations").setLevel(logging.WARNING)  # its import says hundreds of things
        for library in LIBRARIES:
            importlib.import_module(library)
