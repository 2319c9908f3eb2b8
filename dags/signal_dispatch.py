"""Orders and mails, as soon as a session is decided."""

from airflow.sdk import dag, task

from algo_airflow.flow import SIGNALS, SOURCE_RETRIES, after, manners
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
            return told(run_session(app), app.make(ExecuteSignals)())

    @task
    def notify() -> Report:
        """Put a mail for every buy and sell into the outbox of each subscriber."""
        from algo_trading.services.notify import NotifySubscribers
        from algo_trading.services.open_accounts import OpenAccounts

        with application() as app:
            app.make(OpenAccounts)()
            return told(run_session(app), app.make(NotifySubscribers)())

    @task(retries=SOURCE_RETRIES)
    def deliver() -> Report:
        """Hand the mails that are due to the channel; one that is refused does not hold up the others.

        Mails that could not be sent stay in the outbox. The task fails and tries them again, longer and longer apart;
        what is left then goes out with a later run.
        """
        from algo_trading.errors import ServiceUnavailableError
        from algo_trading.services.deliver import DeliverMails

        with application() as app:
            report = app.make(DeliverMails)()
            if report.error:
                raise ServiceUnavailableError(report.error)
            return told(run_session(app), report)

    execute()
    notify() >> deliver()


signal_dispatch()
