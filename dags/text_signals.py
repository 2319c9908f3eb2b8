"""What strategies that are driven by single posts say, as soon as there are new mentions."""

from airflow.sdk import dag, task

from algo_airflow.flow import MENTIONS, manners
from algo_airflow.mails import deliver, notify
from algo_airflow.runtime import Report, application, told


@dag(schedule=MENTIONS, **manners("text", "signals", "mails", runs=1))
def text_signals() -> None:
    """Decide on each new mention of a watched instrument, and mail what a subscriber wants to know at once.

    Orders follow when the account moves to the session at whose open they can be filled (`signal_dispatch`).
    """

    @task
    def decide() -> Report:
        """One signal for each active pair and post. It rests on that post and on bars that had closed by then."""
        from algo_trading.services.decide_on_posts import DecideOnPosts

        with application() as app:
            return told(app.make(DecideOnPosts)())

    decide() >> notify() >> deliver()


text_signals()
