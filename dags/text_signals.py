"""What strategies that are driven by single posts say, as soon as there are new mentions."""

from airflow.sdk import dag, task

from algo_airflow.flow import MENTIONS, dag_defaults
from algo_airflow.mails import deliver, notify
from algo_airflow.runtime import Report, application, to_xcom


@dag(schedule=MENTIONS, **dag_defaults("text", "signals", "orders", "mails", runs=1))
def text_signals() -> None:
    """Decide on each new mention of a watched instrument, and mail what a subscriber wants to know at once.

    An account at an exchange orders at once; one on stored bars when it moves to the session at whose open the order
    can be filled (`signal_dispatch`).
    """

    @task
    def decide() -> Report:
        """One signal for each active pair and post. It rests on that post and on bars that had closed by then."""
        with application() as app:
            return to_xcom(app.decide_on_posts()())

    @task
    def execute() -> Report:
        """Place and send the orders of accounts whose brokers trade on a market."""
        with application() as app:
            return to_xcom(app.dispatch_signals()())

    decided = decide()
    decided >> execute()
    decided >> notify() >> deliver()


text_signals()
