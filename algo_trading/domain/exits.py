"""When a position is left without waiting for its strategy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Exits:
    """Distances from the entry price, as fractions of it, at which a position is left. None: there is no such exit.

    `stop` and `target` are fixed; `trailing` is counted from the best price since the entry. What is met first counts.

    Raises:
        ValueError: a distance is not above 0, or a stop takes all there is.
    """

    stop: float | None = None
    target: float | None = None
    trailing: float | None = None

    def __post_init__(self) -> None:
        for name in ("stop", "target", "trailing"):
            value = getattr(self, name)
            if value is not None and not 0 < value < (float("inf") if name == "target" else 1):
                bound = "" if name == "target" else " and below 1"
                raise ValueError(f"the exit {name} must be above 0{bound}, not {value:g}")

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self != NO_EXITS


NO_EXITS = Exits()
