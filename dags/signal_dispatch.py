"""Orders and mails, as soon as a session is decided."""

from airflow.sdk import dag, task

from algo_airflow.flow import SIGNALS, after, manners
from algo_airflow.mails import deliver, notify
from algo_airflow.runtime import Report, application, run_session, told


@dag(schedule=after(SIGNALS), **manners("orders", "mails"))
def signal_dispatch() -> None:
    """Move accounts and subscriptions through every decided session after their cursors, and send the mails.

    Each session is processed once, in order, under a row lock: runs that overtake each other, or ten sessions
    backfilled at once, end in the same state. Sessions before an account's start are stored and never dispatched.
    """

    @task
    def execute() -> Report:
        """Fill pending orders at the session's open, apply splits and dividends, place the orders of its signals."""
        from algo_trading.services.execute import ExecuteSignals
        from algo_trading.services.open_accounts import OpenAccounts

        with application() as app:
            app.make(OpenAccounts)()
            return told(app.make(ExecuteSignals)(), run_session(app))

    execute()
    notify() >> deliver()


signal_dispatch()
