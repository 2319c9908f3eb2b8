"""What is not needed any more is removed, once a day."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import dag, task

from algo_airflow.clocks import SETTINGS
from algo_airflow.flow import LONGEST_STUDY, dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

KEPT = SETTINGS.housekeeping


@dag(
    schedule="20 3 * * *",
    catchup=False,
    **dag_defaults("housekeeping", runs=1, longest=LONGEST_STUDY),
)
def housekeeping() -> None:
    """Remove old records of runs, logs of tasks and raw answers, and free the space of deleted rows.

    For how long each is kept is said in the configuration, under `[housekeeping]`. Bars, signals, orders and everything
    else in the market database stay for ever.
    """

    @task
    def records() -> Report:
        """Remove what Airflow recorded long ago, if the connection `airflow_db` leads to its database."""
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException

        from algo_airflow.housekeeping import CONNECTION, remove_records

        if not KEPT.airflow_days:
            raise AirflowSkipException("housekeeping.airflow_days is 0: records of runs are kept for ever")
        try:
            url = PostgresHook(CONNECTION).get_uri()
        except AirflowNotFoundException as error:
            raise AirflowSkipException(
                f"records of runs are kept: make a connection {CONNECTION} that leads to Airflow's database"
            ) from error
        before = datetime.now(UTC) - timedelta(days=KEPT.airflow_days)
        return to_xcom({"before": before, "removed": remove_records(url, before)})

    @task
    def logs() -> Report:
        """Remove the logs of tasks that ended long ago."""
        from airflow.sdk.configuration import conf
        from airflow.sdk.exceptions import AirflowSkipException

        from algo_airflow.housekeeping import remove_logs

        if not KEPT.log_days:
            raise AirflowSkipException("housekeeping.log_days is 0: logs are kept for ever")
        before = datetime.now(UTC) - timedelta(days=KEPT.log_days)
        return to_xcom({"before": before, "files": remove_logs(Path(conf.get("logging", "base_log_folder")), before)})

    @task
    def answers() -> Report:
        """Remove the raw answers of sources that are older than the configuration wants them kept."""
        with application() as app:
            return to_xcom(app.remove_old_answers()())

    @task
    def vacuum() -> Report:
        """Free the space of rows that are no more in the market database; they are counted by table."""
        with application() as app:
            return to_xcom({"dead_rows": app.vacuum()})

    records()
    logs()
    answers() >> vacuum()


housekeeping()
