"""What several requests ask at nearly the same time is read once."""

import threading

import pytest

from algo_trading.web import recent as module
from algo_trading.web.recent import Recent

pytestmark = pytest.mark.unit


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: moment[0])
    return moment


def read_by(reads: list[int]) -> int:
    reads.append(1)
    return len(reads)


def test_an_answer_is_kept_for_its_time(now: list[float]) -> None:
    recent, reads = Recent(2), list[int]()
    assert [recent.of("a", lambda: read_by(reads)) for _ in range(3)] == [1, 1, 1]
    assert recent.of("b", lambda: read_by(reads), times=2) == 2
    now[0] += 2
    assert recent.of("a", lambda: read_by(reads)) == 3
    assert recent.of("b", lambda: read_by(reads)) == 2
    assert recent.known("c") is None


def test_nothing_is_kept_after_a_change_or_where_it_is_not_wanted() -> None:
    recent, reads = Recent(), list[int]()
    recent.of("a", lambda: read_by(reads))
    recent.forget()
    assert recent.of("a", lambda: read_by(reads)) == 2
    assert [Recent(0).of("a", lambda: read_by(reads)) for _ in range(2)] == [3, 4]


def test_what_was_read_while_something_changed_is_not_kept() -> None:
    recent, reads = Recent(), list[int]()

    def during_a_change() -> int:
        recent.forget()
        return read_by(reads)

    assert recent.of("a", during_a_change) == 1
    assert recent.of("a", lambda: read_by(reads)) == 2


def test_an_error_is_nobody_elses() -> None:
    recent = Recent()
    with pytest.raises(ZeroDivisionError):
        recent.of("a", lambda: 1 // 0)
    assert recent.of("a", lambda: 1) == 1


def test_what_is_out_of_date_goes_when_much_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    now = 0.0
    monkeypatch.setattr(module, "monotonic", lambda: now)
    recent = Recent(1)
    for key in range(3):
        recent.of(key, lambda: 1)
    recent.of("long", lambda: 1, 10)
    now = 5.0
    recent.of("new", lambda: 1)
    assert set(recent._kept) == {"long", "new"}
    assert set(recent._reading) == {"long", "new"}
    for key in range(20):
        recent.of(key, lambda: 1)
    assert all(recent.known(key) for key in range(20))


def test_of_several_at_once_one_reads() -> None:
    recent, reads, begun, go_on = Recent(), list[int](), threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        assert go_on.wait(10)
        return read_by(reads)

    found: list[int] = []
    first = threading.Thread(target=lambda: found.append(recent.of("a", slow)))
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=lambda: found.append(recent.of("a", slow)))
    second.start()
    go_on.set()
    for thread in (first, second):
        thread.join()
    assert (found, reads) == ([1, 1], [1])
