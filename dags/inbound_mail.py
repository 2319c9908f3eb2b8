"""Commands that people send by mail."""

from datetime import timedelta

from airflow.sdk import dag, task

from algo_airflow.clocks import SETTINGS
from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

EVERY = timedelta(minutes=1)
NEEDS = "`inbound_mail.mailbox` in the configuration and its password (docs/notifications.md); without one a run fails"


@dag(
    schedule=EVERY if SETTINGS.inbound_mail.mailbox else None,
    catchup=False,
    **dag_defaults("mails", runs=1, needs=NEEDS),
)
def inbound_mail() -> None:
    """Carry out commands of confirmed senders, and answer them. Off: without `inbound_mail.mailbox` nothing is read.

    Each mail is handled once, in one transaction with its answer, whatever is killed; `algo-trading inbound-mail
    --follow` may run beside it and answers at once.
    """

    @task
    def poll() -> Report:
        """Read what is new in the mailbox, and deliver the answers."""
        with application() as app:
            report = app.poll_mailbox()()
            delivered = app.deliver_notices()()
        outcomes = {str(outcome): count for outcome, count in report.outcomes.items()}
        return to_xcom({**outcomes, "sent": delivered.sent, "error": delivered.error})

    poll()


inbound_mail()
