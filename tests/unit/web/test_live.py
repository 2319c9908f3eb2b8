"""Streams of prices: read once for all, sent when something has changed, bounded."""

import asyncio
import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.queries.watch import Quote, Watch
from algo_trading.repositories.price_changes import PriceChanges
from algo_trading.web import live
from algo_trading.web.live import LiveWatch
from algo_trading.web.refusals import RefusedError

pytestmark = pytest.mark.unit

AT = datetime(2026, 11, 20, tzinfo=UTC)


def a_watch(price: float) -> Watch:
    return Watch(AT, (), {Instrument("IBM"): Quote(price, AT)})


def prices(*found: float) -> Callable[[], Watch]:
    """A reading of each price once, the last one for ever."""
    left = list(found)
    return lambda: a_watch(left.pop(0) if len(left) > 1 else left[0])


class Waiting:
    """Implements PriceChanges: nothing is ever announced."""

    closed = 0

    def wait(self, seconds: float) -> None:
        threading.Event().wait(seconds)

    def close(self) -> None:
        self.closed += 1


def a_live(read: Callable[[], Watch], every: float, heartbeat: float, changes: PriceChanges | None = None) -> LiveWatch:
    return LiveWatch(read, changes or Waiting(), every, heartbeat, soonest=0.0)


def price_of(found: Watch | None) -> float | None:
    quote = None if found is None else found.watched[Instrument("IBM")]
    return None if quote is None else quote.price


async def first(watch: LiveWatch, number: int, user: str = "ann") -> list[float | None]:
    """What a stream has first; it is closed then."""
    changes = watch.changes(user)
    seen = [price_of(await anext(changes)) for _ in range(number)]
    await changes.aclose()
    return seen


def test_a_stream_has_what_is_known_and_every_change() -> None:
    async def seen() -> list[float | None]:
        return await first(a_live(prices(1.0, 1.0, 2.0, 3.0), every=0.001, heartbeat=5), 3)

    assert asyncio.run(seen()) == [1.0, 2.0, 3.0]


def test_where_nothing_changes_a_stream_says_that_it_is_there() -> None:
    async def after_the_price() -> list[float | None]:
        changes = a_live(prices(1.0), every=0.001, heartbeat=0.005).changes("ann")
        while price_of(await anext(changes)) != 1.0:  # on a busy machine the first reading takes longer than the beat
            pass
        seen = [price_of(await anext(changes)) for _ in range(2)]
        await changes.aclose()
        return seen

    assert asyncio.run(after_the_price()) == [None, None]


def test_one_reading_serves_all_and_ends_with_the_last_stream() -> None:
    readings = []

    def read() -> Watch:
        readings.append(1)
        return a_watch(float(len(readings)))

    async def many() -> list[list[float | None]]:
        watch = a_live(read, every=0.01, heartbeat=5)
        found = await asyncio.gather(*(first(watch, 2, f"user {number}") for number in range(50)))
        count = len(readings)
        await asyncio.sleep(0.03)
        assert len(readings) == count
        return found

    assert asyncio.run(many()) == [[1.0, 2.0]] * 50


def test_a_reading_that_fails_ends_no_stream(caplog: pytest.LogCaptureFixture) -> None:
    answers: list[RuntimeError | Watch] = [RuntimeError("the database is away"), a_watch(2.0)]

    def read() -> Watch:
        found = answers.pop(0)
        if isinstance(found, RuntimeError):
            raise found
        return found

    async def seen() -> list[float | None]:
        return await first(a_live(read, every=0.001, heartbeat=5), 1)

    assert asyncio.run(seen()) == [2.0]
    assert "prices could not be read" in caplog.text


def test_there_are_only_so_many_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST", 3)
    monkeypatch.setattr(live, "MOST_OF_ONE", 2)

    async def opened() -> None:
        watch = a_live(prices(1.0), every=1, heartbeat=5)
        streams = []
        for user in ("ann", "ann", "bob"):
            watch.check_room(user)
            streams.append(watch.changes(user))
            await anext(streams[-1])
        for user in ("ann", "bob"):
            with pytest.raises(RefusedError, match="Too many streams"):
                watch.check_room(user)
        await streams[0].aclose()
        watch.check_room("ann")
        for stream in streams[1:]:
            await stream.aclose()

    asyncio.run(opened())


def test_a_stream_ends_so_that_its_browser_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LONGEST", 1.0)  # a busy machine reads the first price in less

    async def everything() -> list[float | None]:
        return [price_of(found) async for found in a_live(prices(1.0), every=0.1, heartbeat=0.1).changes("ann")]

    assert 1.0 in asyncio.run(everything())


def test_what_is_announced_is_read_at_once() -> None:
    class Announced(Waiting):
        def wait(self, seconds: float) -> None:
            assert seconds == 3600

    async def seen() -> list[float | None]:
        return await first(a_live(prices(1.0, 2.0), 3600, 5, changes), 2)

    changes = Announced()
    assert asyncio.run(seen()) == [1.0, 2.0]
    assert changes.closed == 1


def test_what_streams_show_alike_is_made_once() -> None:
    made: list[int] = []

    def make() -> bytes:
        made.append(1)
        return b"event"

    async def shared() -> None:
        watch = a_live(prices(1.0, 2.0), 0.001, 5)
        changes = watch.changes("ann")
        old = await anext(changes)
        assert old is not None
        assert [watch.shared(old, "all", make), watch.shared(old, "all", make)] == [b"event"] * 2
        assert len(made) == 1
        new = await anext(changes)
        assert new is not None
        watch.shared(new, "all", make)
        watch.shared(old, "all", make)
        assert len(made) == 3
        await changes.aclose()

    asyncio.run(shared())
