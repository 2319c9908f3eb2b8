"""What strategies that are driven by single posts say, as soon as there are new mentions."""

from airflow.sdk import dag

from algo_airflow.flow import MENTIONS, manners
from algo_airflow.mails import deliver, notify
from algo_airflow.posts import decide


@dag(schedule=MENTIONS, **manners("text", "signals", "mails", runs=1))
def text_signals() -> None:
    """Decide on each new mention of a watched instrument, and mail what a subscriber wants to know at once.

    Orders follow when the account moves to the session at whose open they can be filled (`signal_dispatch`).
    """
    decide() >> notify() >> deliver()


text_signals()
