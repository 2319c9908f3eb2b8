"""What happens when a task fails: which errors are worth another try, and when."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

from algo_trading.errors import (
    ConfigError,
    DisagreementError,
    NothingGoodError,
    NotYetAvailableError,
    RateLimitedError,
    ServiceUnavailableError,
    UnknownSymbolError,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

HOPELESS = (ConfigError, DisagreementError, NothingGoodError, UnknownSymbolError)
FIRST_PAUSE = timedelta(minutes=1)
NOT_YET_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=1)


class RetryByError(RetryPolicy):
    """Wait longer and longer where a source asks to slow down or a service is gone, give up where waiting cannot help.

    A session that the source does not have yet is asked for again every ten minutes.

    Anything else takes the task's own number of retries and delay.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 - Airflow counts
        context: "Context | None" = None,  # noqa: ARG002 - the error says everything
    ) -> RetryDecision:
        """Decide by the error's class."""
        if isinstance(exception, HOPELESS):
            return RetryDecision.fail(reason=f"trying again does not help: {exception}")
        if isinstance(exception, NotYetAvailableError):
            return RetryDecision.retry(NOT_YET_PAUSE, reason=f"{exception}; next try in {NOT_YET_PAUSE}")
        if isinstance(exception, RateLimitedError | ServiceUnavailableError):
            pause = min(FIRST_PAUSE * 2 ** (try_number - 1), LONGEST_PAUSE)
            return RetryDecision.retry(pause, reason=f"{exception}; next try in {pause}")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """It has no parameters."""
        return {}
