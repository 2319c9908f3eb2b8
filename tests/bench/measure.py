"""Timing: every contender once, then again and again in turn, so that a busy minute of the machine hits them all."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """Something to time. `prepare` runs before each time, off the clock; `rows` are what one run handles."""

    name: str
    run: Callable[[], object]
    rows: int
    prepare: Callable[[], object] = lambda: None
    rounds: int | None = None  # fewer than the others take, for the slow ones


@dataclass(frozen=True)
class Timing:
    """Seconds of each timed round."""

    name: str
    rows: int
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median seconds of a run."""
        return statistics.median(self.seconds)

    @property
    def rate(self) -> float:
        """Rows per second at the median."""
        return self.rows / self.median


@dataclass(frozen=True)
class Goal:
    """A promise and what was measured: `measured` must reach `wanted` (or stay below it)."""

    text: str
    wanted: float
    measured: float
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the promise holds in this run."""
        return self.measured <= self.wanted if self.at_most else self.measured >= self.wanted


@dataclass(frozen=True)
class Result:
    """A table of timings. `beside_peers`: the first one is ours, and the others are compared with it."""

    title: str
    setting: str
    timings: Sequence[Timing]
    goals: Sequence[Goal] = ()
    notes: Sequence[str] = ()
    beside_peers: bool = True


def measure(contenders: Sequence[Contender], rounds: int, progress: Progress, warm_up: bool = True) -> list[Timing]:
    """Time the contenders in turn for `rounds` rounds, after one round that does not count."""
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(-int(warm_up), rounds):
        for contender in contenders:
            if number >= (contender.rounds or rounds):
                continue
            label = "warming up" if number < 0 else f"round {number + 1} of {contender.rounds or rounds}"
            progress(f"{contender.name}: {label}")
            contender.prepare()
            gc.collect()
            begin = time.perf_counter()
            kept = contender.run()  # freeing what it returns is off the clock
            took = time.perf_counter() - begin
            del kept
            if number >= 0:
                seconds[contender.name].append(took)
    return [Timing(contender.name, contender.rows, tuple(seconds[contender.name])) for contender in contenders]
