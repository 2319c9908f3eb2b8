"""Timing: every contender once, then again and again in turn, so that a busy minute of the machine hits them all."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Progress = Callable[[str], None]
LEAST = 0.2  # seconds


@dataclass(frozen=True)
class Contender:
    """Something to time; `rows` are what one run handles.

    `prepare` runs before each time, off the clock. Without it a short run is repeated in each round.
    """

    name: str
    run: Callable[[], object]
    rows: int
    prepare: Callable[[], object] | None = None
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


def measure(
    contenders: Sequence[Contender], rounds: int, progress: Progress, warm_up: bool = True, least: float = LEAST
) -> list[Timing]:
    """Time the contenders in turn for `rounds` rounds, after one round that does not count.

    A run that takes milliseconds right after another's seconds is over before the machine has woken its threads, so
    runs are repeated for `least` seconds and a round's time is their mean, as timeit does it.
    """
    seconds: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for number in range(-int(warm_up), rounds):
        for contender in contenders:
            if number >= (contender.rounds or rounds):
                continue
            label = "warming up" if number < 0 else f"round {number + 1} of {contender.rounds or rounds}"
            progress(f"{contender.name}: {label}")
            took = _timed(contender, least)
            if number >= 0:
                seconds[contender.name].append(took)
    return [Timing(contender.name, contender.rows, tuple(seconds[contender.name])) for contender in contenders]


def _timed(contender: Contender, least: float) -> float:
    if contender.prepare is not None:
        contender.prepare()
    gc.collect()
    total, runs = 0.0, 0
    while not runs or (total < least and contender.prepare is None):
        begin = time.perf_counter()
        kept = contender.run()  # freeing what it returns is off the clock
        total += time.perf_counter() - begin
        runs += 1
        del kept
    return total / runs
