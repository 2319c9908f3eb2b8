"""Prices of now for however many open pages: one task reads them, and every stream sends what has changed."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable

from starlette.concurrency import run_in_threadpool

from algo_trading.queries.watch import Watch
from algo_trading.repositories.price_changes import PriceChanges
from algo_trading.web.refusals import RefusedError

LOG = logging.getLogger(__name__)
EVERY = 3.0  # seconds between two readings where nothing is announced: prices of brokers are not
SOONEST = 0.25  # seconds between two readings, however much is announced
HEARTBEAT = 15.0  # seconds after which a stream says that it is still there
LONGEST = 900.0  # seconds of a stream; browsers open another one, which asks again who they are
MOST, MOST_OF_ONE = 1_000, 100  # streams at once: of all people, and of one


class LiveWatch:
    """Reads what is watched while somebody looks at it: when a change is announced, and now and then."""

    def __init__(
        self,
        read: Callable[[], Watch],
        changes: PriceChanges,
        every: float = EVERY,
        heartbeat: float = HEARTBEAT,
        soonest: float = SOONEST,
    ) -> None:
        self._read, self._changes, self._every = read, changes, every
        self._heartbeat, self._soonest = heartbeat, soonest
        self._streams: Counter[str] = Counter()
        self._newest: Watch | None = None
        self._made: dict[Hashable, bytes] = {}
        self._published = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    def check_room(self, user: str) -> None:
        """Whether a user may open one stream more.

        Raises:
            RefusedError: as many as we serve are open.
        """
        if self._streams[user] >= MOST_OF_ONE or self._streams.total() >= MOST:
            raise RefusedError(503, "Too many streams are open", "Close other pages, or reload this one later.", 60)

    async def changes(self, user: str) -> AsyncGenerator[Watch | None]:
        """What is watched, now and whenever it has changed; None where nothing did for the time of a heartbeat."""
        self._streams[user] += 1
        self._reading = self._reading or asyncio.create_task(self._read_on())
        loop, seen = asyncio.get_running_loop(), None
        end = loop.time() + LONGEST
        try:
            while loop.time() < end:
                if self._newest is None or self._newest is seen:
                    try:
                        await asyncio.wait_for(self._published.wait(), self._heartbeat)
                    except TimeoutError:
                        yield None
                        continue
                seen = self._newest
                yield seen
        finally:
            self._streams[user] -= 1
            if not self._streams.total():
                self._stop()

    def shared(self, found: Watch, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """What `make` gives for a reading and a key, made once for every stream that asks while it is the newest."""
        if found is not self._newest:
            return make()
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]

    def _stop(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._changes.close()
        self._reading, self._newest = None, None

    async def _read_on(self) -> None:
        while True:
            try:
                read = await run_in_threadpool(self._read)
            except Exception:  # whatever it is, the streams go on when it is over
                LOG.exception("prices could not be read")
            else:
                self._publish(read)
            await asyncio.sleep(self._soonest)
            await run_in_threadpool(self._changes.wait, max(self._every - self._soonest, 0))

    def _publish(self, read: Watch) -> None:
        newest = self._newest
        if newest is not None and (newest.held, newest.watched) == (read.held, read.watched):
            return
        self._newest, self._made = read, {}
        changed, self._published = self._published, asyncio.Event()
        changed.set()
