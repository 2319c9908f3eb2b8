"""Registers with Airflow what the DAGs are made of. Airflow loads this file; the package beside it is only imported."""

from airflow.plugins_manager import AirflowPlugin

from algo_airflow.deadlines import PeriodCloseDeadline
from algo_airflow.timetable import PeriodTimetable


class AlgoTradingPlugin(AirflowPlugin):
    """The market's timetable and deadline."""

    name = "algo_trading"
    timetables = [PeriodTimetable]  # noqa: RUF012 - declared so by the base class, as the next one
    deadline_references = [PeriodCloseDeadline]  # noqa: RUF012
