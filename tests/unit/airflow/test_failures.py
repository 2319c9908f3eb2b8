"""Which failures are tried again, and when."""

from datetime import timedelta

import pytest
from airflow.sdk.definitions.retry_policy import RetryAction

from algo_airflow.failures import LONGEST_PAUSE, RetryByError
from algo_trading.errors import (
    ConfigError,
    NothingGoodError,
    NotYetAvailableError,
    RateLimitedError,
    ServiceUnavailableError,
    SourceError,
    UnknownNameError,
    UnknownSymbolError,
)

pytestmark = pytest.mark.unit


def decide(error: Exception, try_number: int = 1) -> tuple[RetryAction, timedelta | None]:
    decision = RetryByError().evaluate(error, try_number, max_tries=6)
    return decision.action, decision.retry_delay


@pytest.mark.parametrize("error", [UnknownSymbolError, ConfigError, UnknownNameError, NothingGoodError])
def test_what_cannot_get_better_fails_at_once(error: type[Exception]) -> None:
    assert decide(error("it says why")) == (RetryAction.FAIL, None)


@pytest.mark.parametrize("error", [RateLimitedError, ServiceUnavailableError])
def test_a_source_that_asks_to_slow_down_is_left_alone_longer_and_longer(error: type[Exception]) -> None:
    pauses = [decide(error("slow down"), attempt)[1] for attempt in range(1, 9)]
    assert pauses[:4] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]
    assert pauses[-1] == LONGEST_PAUSE


def test_a_session_that_is_not_there_yet_is_asked_for_every_ten_minutes() -> None:
    for attempt in (1, 5):
        assert decide(NotYetAvailableError("no bar yet"), attempt) == (RetryAction.RETRY, timedelta(minutes=10))


@pytest.mark.parametrize("error", [SourceError, OSError, KeyError])
def test_everything_else_takes_the_task_s_own_retries(error: type[Exception]) -> None:
    assert decide(error("broken")) == (RetryAction.DEFAULT, None)


def test_the_reason_is_the_error_s_own_sentence() -> None:
    decision = RetryByError().evaluate(UnknownSymbolError("there is no NOPE"), 1, 3)
    assert decision.reason is not None
    assert "there is no NOPE" in decision.reason
