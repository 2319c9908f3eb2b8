"""The two tasks that bring signals to subscribers; every flow that decides something ends with them."""

from airflow.sdk import task

from algo_airflow.flow import SOURCE_RETRIES
from algo_airflow.runtime import Report, application, told


@task
def notify() -> Report:
    """Put a mail for every buy and sell into the outbox of each subscriber."""
    from algo_trading.services.notify import NotifySubscribers
    from algo_trading.services.open_accounts import OpenAccounts

    with application() as app:
        app.make(OpenAccounts)()
        return told(app.make(NotifySubscribers)())


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
        return told(report)
