"""Importing Airflow writes a configuration file into AIRFLOW_HOME: not into the home of whoever runs the tests."""

import os
import tempfile
import warnings

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="airflow-"))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Airflow's own imports use what its dependencies call deprecated
    import airflow.timetables.base  # noqa: F401
