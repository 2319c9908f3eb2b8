"""Processes that work at once, in an order that a seed decides, and that may die between any two of their steps."""

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fakes.locks import FakeLocks


class Killed(BaseException):
    """The process is gone."""


class _Worker:
    """A process: a thread that runs only while it has the turn."""

    def __init__(self, job: Callable[[], None], lives: int) -> None:
        self.job, self.lives = job, lives
        self.turn, self.yielded = threading.Semaphore(0), threading.Semaphore(0)
        self.waits_for: str | None = None
        self.done = False
        self.failure: BaseException | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def go_on(self) -> None:
        """Let it work up to its next step."""
        self.turn.release()
        self.yielded.acquire()

    def pause(self) -> None:
        """Give the turn back, in its own thread."""
        self.yielded.release()
        self.turn.acquire()

    def _run(self) -> None:
        self.turn.acquire()
        try:
            self.job()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the workers are waited for
            self.failure = error
        self.done = True
        self.yielded.release()


class Workers(FakeLocks):
    """Lets jobs work at once, and makes them wait for each other's exclusive work."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._chance = chance
        self._current: _Worker | None = None
        self.leftovers: deque[Callable[[], object]] = deque()  # what dead processes left on its way

    def run(self, jobs: list[tuple[Callable[[], None], int]]) -> None:
        """Run jobs until all are done or dead, each with the number of the step at which it dies; 0: at none.

        A negative number counts only the steps at which something is `sent`.
        """
        workers = [_Worker(job, lives) for job, lives in jobs]
        while alive := [one for one in workers if not one.done]:
            ready = [one for one in alive if one.waits_for not in self.held]
            assert ready, "everybody waits for somebody"
            self._current = self._chance.choice(ready)
            self._current.go_on()
            self._current = None
            if self.leftovers and self._chance.random() < 0.15:
                self.leftovers.popleft()()
        failure = next((one.failure for one in workers if one.failure is not None), None)
        if failure is not None:
            raise failure

    def step(self, arrive: Callable[[], object] | None = None, *, sent: bool = False) -> None:
        """A point at which others get their turn, and at which the process may die.

        Of one that dies, something may be on its way, which happens later all the same: by calling `arrive`.
        """
        worker = self._current
        if worker is None:
            return
        before = worker.lives
        if before > 0 or sent:
            worker.lives -= (before > 0) - (before < 0)
        if before and not worker.lives:
            if arrive is not None and self._chance.random() < 0.5:
                self.leftovers.append(arrive)
            raise Killed
        worker.pause()

    @contextmanager
    def exclusively(self, work: str) -> Iterator[None]:
        """Implements ExclusiveWork; who dies gives it back."""
        worker = self._current
        while work in self.held:
            assert worker is not None, f"{work} would wait for itself"
            worker.waits_for = work
            worker.pause()
        if worker is not None:
            worker.waits_for = None
        self.held.add(work)
        try:
            yield
        finally:
            self.held.remove(work)
