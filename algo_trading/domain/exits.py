"""When a position is left without waiting for its strategy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exits:
    """Distances from the entry price, as fractions of it, at which a position is left. None: there is no such exit.

    `stop` and `target` are fixed; `trailing` is counted from the best price since the entry. `max_age` is how many
    hours a position may be held. What is met first counts. With `by_rank` the target is the one that the table of
    targets has for the instrument when the position is ordered (risk/targets.py).

    Raises:
        ValueError: a distance or an age is not above 0, a stop takes all there is, or there are two targets.
    """

    stop: float | None = None
    target: float | None = None
    trailing: float | None = None
    max_age: float | None = None
    by_rank: bool = False

    def __post_init__(self) -> None:
        for name in ("stop", "target", "trailing", "max_age"):
            value = getattr(self, name)
            bounded = name in {"stop", "trailing"}
            if value is not None and not 0 < value < (1 if bounded else float("inf")):
                raise ValueError(f"the exit {name} must be above 0{' and below 1' * bounded}, not {value:g}")
        if self.by_rank and self.target is not None:
            raise ValueError("the exit target is a figure or comes from the table of targets, not both")

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != NO_EXITS


NO_EXITS = Exits()
