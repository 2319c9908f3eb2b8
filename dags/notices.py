"""What people asked for regularly, and what waits to be delivered."""

from datetime import timedelta

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, get_current_context, task

from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom

EVERY = timedelta(minutes=5)


@dag(schedule=EVERY, catchup=False, **dag_defaults("mails", runs=1))
def notices() -> None:
    """Queue updates, digests and accounts that are due, tell the owner what fails and what waits for a person.

    Whatever waits is delivered, what a channel refused before included. An order that waits for a person is asked about
    on the page *Required Actions* as well, in a run of the DAG `order_approval`.

    The watch loop does the same every minute, where there is one; each mail is queued once for each time it is due.
    """

    @task
    def send() -> Report:
        """Queue what is due, and hand over what waits; a channel that does not work is tried again next time.

        Returns which orders wait for a person, as arguments of the runs that ask.
        """
        from algo_airflow.approvals import questions

        with application() as app:
            queued = app.queue_regular_mails()() + app.report_outages()() + app.ask_for_approvals()()
            queued += app.summarize_accounts()()
            delivered = app.deliver_notices()()
            waiting = questions(app)
        done = {"queued": queued, "sent": delivered.sent, "retried": delivered.retried, "error": delivered.error}
        get_current_context()["ti"].xcom_push("report", to_xcom(done))
        return waiting

    ask = TriggerDagRunOperator.partial(
        task_id="ask",
        trigger_dag_id="order_approval",
        skip_when_already_exists=True,
        doc_md="Start a run of `order_approval` for each order that waits, unless there was one.",
    )
    ask.expand_kwargs(send())


notices()
