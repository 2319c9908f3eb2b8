"""A question about one order, for a person to answer on Airflow's page of required actions."""

from airflow.sdk import Param, dag, task

from algo_airflow.approvals import OrderQuestion
from algo_airflow.flow import dag_defaults
from algo_airflow.runtime import Report, application, to_xcom


@dag(
    schedule=None,
    params={
        "order": Param(type="string", minLength=1, title="Order", description="The id of an order that waits"),
    },
    **dag_defaults("orders", runs=100),
)
def order_approval() -> None:
    """Ask a person whether an order may be sent. The DAG `notices` starts a run for each order that waits.

    Whoever may act on this DAG may answer. Answers from the command line, the pages and Airflow count alike: the first
    one wins. A run that is skipped was answered elsewhere, or its time was over; its log says so.
    """
    question = OrderQuestion(
        task_id="ask", doc_md="Show the question on the page *Required Actions* until somebody answers it."
    )

    @task
    def answer(given: Report) -> Report:
        """Record who answered what, then send the order or reject it."""
        from algo_airflow.approvals import record_answer

        with application() as app:
            return to_xcom(record_answer(app, given["order"], given["by"], approved=given["approved"]))

    answer(question.output)


order_approval()
