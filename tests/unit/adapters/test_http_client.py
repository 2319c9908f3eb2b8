"""Rate limits and retries: how often, how long, and what is said at the end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from algo_trading.adapters.http_client import credential, shown
from algo_trading.adapters.retries import LONGEST_PAUSE, RefusedError, Reply, Retries, requested_wait
from algo_trading.errors import ConfigError, RateLimitedError, SourceError

pytestmark = pytest.mark.unit

OK = Reply(200, b"yes")


def reply(status: int, **headers: str) -> Reply:
    return Reply(status, b"", httpx.Headers({name.replace("_", "-"): value for name, value in headers.items()}))


class Slept(list[float]):
    """The pauses, in place of sleeping."""

    def retries(self, attempts: int = 4, pause_seconds: float = 1) -> Retries:
        return Retries("The service", attempts=attempts, pause_seconds=pause_seconds, sleep=self.append)


def script(*replies: Reply | Exception) -> Callable[[], Reply]:
    """A sender that gives one after the other."""
    left = list(replies)

    def send() -> Reply:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return send


def test_a_good_reply_is_not_waited_for() -> None:
    slept = Slept()
    assert slept.retries().ask(script(OK)) is OK
    assert slept == []


def test_pauses_double_between_tries() -> None:
    slept = Slept()
    retries = slept.retries()
    assert retries.ask(script(reply(500), reply(502), retries.connection_failed("broke off"), OK)) is OK
    assert slept == [1, 2, 4]


def test_the_service_s_own_pause_counts_if_it_is_longer() -> None:
    slept = Slept()
    assert slept.retries().ask(script(reply(429, retry_after="7"), reply(429, retry_after="1"), OK)) is OK
    assert slept == [7, 2]


def test_an_unavailable_service_may_ask_for_a_pause_too() -> None:
    slept = Slept()
    assert slept.retries().ask(script(reply(503, retry_after="9"), OK)) is OK
    assert slept == [9]


def test_requests_keep_their_distance() -> None:
    slept = Slept()
    retries = slept.retries(pause_seconds=3)
    retries.ask(script(OK))
    retries.ask(script(OK))
    assert slept == [3]


def test_nobody_waits_longer_than_the_longest_pause() -> None:
    slept = Slept()
    with pytest.raises(RateLimitedError, match=r"The service asks to slow down \(HTTP 429\): try again in 61 seconds"):
        slept.retries().ask(script(reply(429, retry_after=str(LONGEST_PAUSE + 1))))
    assert slept == []


@pytest.mark.parametrize(
    ("status", "error"), [(429, RateLimitedError), (500, SourceError), (404, RefusedError), (401, RefusedError)]
)
def test_the_last_failure_is_told(status: int, error: type[SourceError]) -> None:
    with pytest.raises(SourceError, match=f"HTTP {status}") as failed:
        Slept().retries(attempts=2).ask(script(reply(status), reply(status)))
    assert type(failed.value) is error
    assert failed.value.__cause__ is None


def test_a_refusal_is_not_repeated() -> None:
    slept = Slept()
    with pytest.raises(RefusedError) as refused:
        slept.retries().ask(script(reply(403)))
    assert refused.value.reply.status == 403
    assert slept == []


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        Slept().retries().ask(script(ZeroDivisionError()))


def test_a_date_to_wait_for() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    pause = requested_wait(httpx.Headers({"Retry-After": then}))
    assert pause is not None
    assert 25 < pause <= 30


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, None),
        ({"Retry-After": "5"}, 5),
        ({"Retry-After": " 1.5 "}, 1.5),
        ({"Retry-After": "-3"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "Fri, 20 Nov 2020 10:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 99 Nov 2020 10:00:00"}, None),
        ({"x-rate-limit-reset": "1"}, 0),
        ({"x-rate-limit-reset": "x"}, None),
    ],
)
def test_pauses_asked_for(headers: dict[str, str], pause: float | None) -> None:
    assert requested_wait(httpx.Headers(headers)) == pause


@settings(deadline=None)
@given(st.text(), st.text())
def test_any_header_is_a_pause_or_none(after: str, reset: str) -> None:
    pause = requested_wait({"retry-after": after, "x-rate-limit-reset": reset})
    assert pause is None or 0 <= pause < float("inf")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://me:secret@a.example:8443/rss?key=secret#secret", "a.example:8443/rss"),
        ("https://a.example", "a.example"),
        ("https://[secret", "the address"),
        ("https://a.example:secret/", "the address"),
        ("", "the address"),
    ],
)
def test_of_an_address_only_host_and_path_are_shown(url: str, text: str) -> None:
    assert shown(url) == text


@pytest.mark.parametrize("value", ["", "  ", "two words", "two\nlines", "caf\u00e9", "\0"])
def test_a_credential_fits_into_a_header(value: str) -> None:
    with pytest.raises(ConfigError, match="ALGO_KEY") as mistake:
        credential(SecretStr(value), "ALGO_KEY", "the feed")
    assert not value.strip() or value not in str(mistake.value)
    assert credential(SecretStr(" abc\n"), "ALGO_KEY", "the feed") == "abc"
