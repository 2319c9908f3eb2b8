"""Timeframes that are monitored beside those of the configuration: one task takes every step of what has closed."""

from datetime import timedelta

from airflow.sdk import dag, task

from algo_airflow.clocks import SIGNALS, any_goes_on
from algo_airflow.flow import SOURCE_POOL, dag_defaults
from algo_airflow.runtime import Report, application, publish_keys, to_xcom

EVERY = timedelta(minutes=5)


@dag(schedule=EVERY if any_goes_on() else None, catchup=False, **dag_defaults("bars", "indicators", "signals", runs=1))
def monitored_bars() -> None:
    """Fetch, archive, judge and store the newest closed bars of `algo-trading monitor`, and what was missed before.

    Watchlists are read when the task runs: what is monitored now is processed with its next period, without a restart.
    Intervals that the configuration has are not touched; they have DAGs of their own.
    """

    @task(outlets=[SIGNALS], pool=SOURCE_POOL, retries=2, execution_timeout=EVERY * 0.8)
    def run() -> Report:
        """Take every step of each timeframe that has a closed period which nobody has processed."""
        with application() as app:
            reports = app.run_monitored()()
        publish_keys(SIGNALS, {report.period for report in reports if not report.error})
        return to_xcom(reports)

    run()


monitored_bars()
