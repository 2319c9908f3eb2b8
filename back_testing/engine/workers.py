"""Threads for the compiled loops, which release the interpreter's lock."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from itertools import pairwise
from types import TracebackType
from typing import Self

import numpy as np

PARALLEL_FROM = 1 << 16  # bars from which on threads share the work on a single series


class Workers:
    """A number of threads (as many as processors unless given) that share work; used in a `with` block."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or os.cpu_count() or 1

    def share(self, work: Callable[[int, int], None], count: int) -> None:
        """Call `work(low, high)` for as many ranges as there are threads, which together are 0..count.

        This thread takes the first one; all have ended when this returns or raises.
        """
        parts = min(self.threads, count)
        if parts <= 1:
            work(0, count)
            return
        edges = np.linspace(0, count, parts + 1).astype(int).tolist()
        others = [self._pool.submit(work, low, high) for low, high in pairwise(edges[1:])]
        try:
            work(0, edges[1])
        finally:
            wait(others)
        for other in others:
            other.result()

    def start(self, work: Callable[[], None]) -> Callable[[], None]:
        """Do something on another thread, or now where there is but one; gives what waits for its end."""
        if self.threads <= 1:
            work()
            return lambda: None
        future: Future[None] = self._pool.submit(work)
        return future.result

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads - 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "_pool" in vars(self):
            self._pool.shutdown(cancel_futures=True)
