"""Orders that wait for a person, on Airflow's page of required actions."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput

from algo_airflow.flow import LONGEST_RUN
from algo_airflow.runtime import Report, application

if TYPE_CHECKING:
    from datetime import datetime

    from airflow.sdk import Context

    from algo_trading.bootstrap.services import Services
    from algo_trading.queries.approvals import ApprovalLine

WHERE = "Airflow"
APPROVE, REJECT = "Approve", "Reject"
LOOK_AGAIN = timedelta(minutes=10)  # whether somebody has answered elsewhere


class OrderQuestion(HITLOperator):
    """Asks whether the order that the run's form names may be sent, and returns who answered what.

    The question stays on the page until somebody answers it. One that was answered elsewhere, or whose time is over, is
    taken from the page within ten minutes, and the task is skipped.
    """

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - as in the base class
        super().__init__(
            subject="An order waits for a person",
            options=[APPROVE, REJECT],
            response_timeout=LOOK_AGAIN,
            **kwargs,
        )

    def execute(self, context: "Context") -> None:
        """Put the question on the page and wait."""
        from algo_trading.notification.approval import ApprovalNotice

        with application() as app:
            line = open_question(app, context["params"]["order"])
            self.response_timeout = _pause(line, app.clock.now())
        notice = ApprovalNotice(line.order, line.approval, link="")
        self.subject, self.body = notice.subject, "\n\n".join(notice.sentences)
        super().execute(context)

    def execute_complete(self, context: "Context", event: dict[str, Any]) -> Report:
        """Hand on the answer; without one wait on while it is asked for."""
        order = context["params"]["order"]
        if event.get("error_type") == "timeout":
            with application() as app:
                pause = _pause(open_question(app, order), app.clock.now())
            raise TaskAwaitingInput(method_name="execute_complete", timeout=pause)
        given = super().execute_complete(context, event)
        return {"order": order, "approved": given["chosen_options"] == [APPROVE], "by": _name(given)}


def open_question(app: "Services", order: str) -> "ApprovalLine":
    """The question about an order, by its whole id.

    Raises:
        AirflowFailException: nobody is asked about such an order.
        AirflowSkipException: it was answered, or its time is over.
    """
    line = app.read_approvals().one(order)
    if line is None:
        raise AirflowFailException(
            f"nobody is asked about an order {order!r}: give the whole id, as `algo-trading approvals --json` lists it"
        )
    if not line.open(app.clock.now()):
        raise AirflowSkipException(f"the order {order[:8]} is done with: {line.approval.sentence}")
    return line


def questions(app: "Services") -> list[dict[str, Any]]:
    """Arguments that start the DAG `order_approval` for each open question, once a day: so long a run may take."""
    now = app.clock.now()
    found = [line.approval for line in app.read_approvals()() if line.open(now)]
    return [
        {
            "trigger_run_id": f"order__{one.client_order_id}__{(now - one.asked_at) // LONGEST_RUN + 1}",
            "conf": {"order": one.client_order_id},
        }
        for one in found
    ]


def record_answer(app: "Services", order: str, by: str, *, approved: bool) -> dict[str, str]:
    """Record a person's answer and send the order, or reject it; a second try goes on where the first one died.

    Raises:
        AirflowSkipException: somebody was faster, or its time is over; the sentence says so.
    """
    from algo_trading.services.approve_orders import AlreadyAnsweredError

    try:
        answered = app.answer_approval()(order, approved=approved, by=by, where=WHERE)
    except AlreadyAnsweredError as error:
        line = app.read_approvals().one(order)
        if line is None or (line.approval.answered_by, line.approval.answered_from) != (by, WHERE):
            raise AirflowSkipException(str(error)) from error
        answered = line.approval
    app.send_orders()(answered.account)
    sent = app.accounts.order(order)
    return {"order": order, "answer": answered.sentence, "status": str(sent and sent.status)}


def _pause(line: "ApprovalLine", now: "datetime") -> timedelta:
    return min(LOOK_AGAIN, line.approval.expires_at - now)


def _name(given: Any) -> str:  # noqa: ANN401 - a typed dictionary of the provider
    user = given["responded_by_user"]
    return str(user["name"] or user["id"])
