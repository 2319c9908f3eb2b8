"""What people asked for regularly, and what waits to be delivered."""

from datetime import timedelta

from airflow.sdk import dag, task

from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

EVERY = timedelta(minutes=5)


@dag(schedule=EVERY, catchup=False, **dag_defaults("mails", runs=1))
def notices() -> None:
    """Queue updates, digests and accounts that are due, tell the owner what fails and what waits for a person.

    Whatever waits is delivered, what a channel refused before included.

    The watch loop does the same every minute, where there is one; each mail is queued once for each time it is due.
    """

    @task
    def send() -> Report:
        """Queue what is due, and hand over what waits; a channel that does not work is tried again next time."""
        with application() as app:
            queued = app.queue_regular_mails()() + app.report_outages()() + app.ask_for_approvals()()
            queued += app.summarize_accounts()()
            delivered = app.deliver_notices()()
        return to_xcom(
            {"queued": queued, "sent": delivered.sent, "retried": delivered.retried, "error": delivered.error}
        )

    send()


notices()
