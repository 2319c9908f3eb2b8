"""Orders and mails, as soon as a period is decided."""

from airflow.sdk import dag, task

from algo_airflow.clocks import SIGNALS
from algo_airflow.flow import after, dag_defaults
from algo_airflow.mails import deliver, notify
from algo_airflow.runtime import Report, application, to_xcom


@dag(schedule=after(SIGNALS), **dag_defaults("orders", "mails"))
def signal_dispatch() -> None:
    """Move accounts and notices through every decided period after their cursors, and send the mails.

    Each period is processed once, in order, under a lock: runs that overtake each other, or ten periods backfilled at
    once, end in the same state. Periods before an account's start are stored and never dispatched.
    """

    @task
    def execute() -> Report:
        """Fill orders at the period's open, book splits and dividends, place and submit the orders of its signals."""
        with application() as app:
            return to_xcom(app.dispatch_signals()())

    execute()
    notify() >> deliver()


signal_dispatch()
