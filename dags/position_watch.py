"""Exits of positions at brokers that trade on a market."""

from airflow.sdk import dag, task

from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom


@dag(schedule="*/5 * * * *", catchup=False, **dag_defaults("orders", runs=1))
def position_watch() -> None:
    """Look at live positions every five minutes, beside `algo-trading position-watch`, which does so in seconds.

    Both do the same under the same lock: whoever comes second finds nothing left to do.
    """

    @task
    def watch() -> Report:
        """Leave positions whose exit is met, put exits to rest at the broker, book what happened there."""
        with application() as app:
            return to_xcom(app.watch_positions()())

    watch()


position_watch()
