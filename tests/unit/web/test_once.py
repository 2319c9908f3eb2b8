"""A request with an idempotency key is done once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from fastapi.responses import Response

from algo_trading.web.once import Once
from algo_trading.web.refusals import RefusedError
from support.world import World

if TYPE_CHECKING:
    from algo_trading.bootstrap import App

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def world() -> App:
    return cast("App", World())


def answer() -> Response:
    return Response(b"{}", 202)


def fails() -> Response:
    raise ZeroDivisionError


def never() -> Response:
    raise AssertionError("it was done twice")


def test_without_a_key_it_is_done_whenever_it_comes(world: App) -> None:
    once = Once(world, "ann", "", "digest")
    assert [once(answer).status_code for _ in range(2)] == [202, 202]
    with pytest.raises(ZeroDivisionError):
        once(fails)


def test_the_second_one_gets_the_answer_of_the_first(world: App) -> None:
    once = Once(world, "ann", "one", "digest")
    once(answer)
    again = once(never)
    assert (again.status_code, again.body, again.headers["idempotent-replayed"]) == (202, b"{}", "true")
    with pytest.raises(RefusedError, match="does not fit"):
        Once(world, "ann", "one", "other")(never)
    assert Once(world, "bob", "one", "other")(answer).status_code == 202


def test_one_that_is_being_worked_on_is_asked_for_later(world: App) -> None:
    once = Once(world, "ann", "two", "digest")

    def inner() -> Response:
        with pytest.raises(RefusedError) as caught:
            once(never)
        assert (caught.value.status, caught.value.retry_after) == (409, 1)
        return answer()

    assert once(inner).status_code == 202


def test_after_an_error_it_is_tried_again(world: App) -> None:
    once = Once(world, "ann", "three", "digest")
    with pytest.raises(ZeroDivisionError):
        once(fails)
    assert once(answer).status_code == 202
