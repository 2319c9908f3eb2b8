"""The two tasks that bring signals to subscribers; every flow that decides something ends with them."""

from airflow.sdk import task

from algo_airflow.flow import SOURCE_RETRIES
from algo_airflow.runtime import Report, application, to_xcom


@task
def notify() -> Report:
    """Put a mail for every buy and sell into the outbox of each subscriber."""
    with application() as app:
        return to_xcom(app.queue_notices()())


@task(retries=SOURCE_RETRIES)
def deliver() -> Report:
    """Hand the mails that are due to the channel; one that is refused does not hold up the others.

    Mails that could not be sent stay in the outbox. The task fails and tries them again, longer and longer apart;
    what is left then goes out with a later run.
    """
    from algo_trading.errors import ServiceUnavailableError

    with application() as app:
        report = app.deliver_notices()()
        if report.error:
            raise ServiceUnavailableError(report.error)
        return to_xcom(report)
