"""Target gains of coins, by rank, market volume and price."""

from dataclasses import dataclass

Steps = tuple[tuple[float, float], ...]  # (up to, value), ascending

REST = "*"


@dataclass(frozen=True, slots=True)
class TargetTable:
    """The gain, as a fraction of the entry price, at which a position is sold.

    `by_rank` has a gain for each range of ranks by market capitalisation, `rest` that of all others and of what is not
    ranked. A gain is multiplied by the factor that `by_volume` has for the volume of 24 hours as a fraction of the
    capitalisation, and by the one that `by_price` has for the price in US dollars: 1 beyond their last step and where
    the figure is not known. The product is kept within `least` and `most`.
    """

    by_rank: Steps = ((10, 0.02), (50, 0.04), (200, 0.08))
    rest: float = 0.15
    by_volume: Steps = ((0.005, 1.5),)
    by_price: Steps = ()
    least: float = 0.01
    most: float = 0.25

    def target(self, rank: int | None, volume: float | None, market_cap: float | None, price: float | None) -> float:
        """The target of a coin with these figures; None: not known."""
        share = volume / market_cap if volume is not None and market_cap else None
        gain = _step(self.by_rank, rank, self.rest)
        gain *= _step(self.by_volume, share, 1.0) * _step(self.by_price, price, 1.0)
        return min(max(gain, self.least), self.most)


def parse_steps(text: str) -> tuple[Steps, float | None]:
    """Steps written as "10:0.02 50:0.04 *:0.15": up to which figure, and the value; then that of the rest, if given.

    Raises:
        ValueError: it is not written so, the figures do not ascend, or a value is not above 0.
    """
    steps: list[tuple[float, float]] = []
    rest: float | None = None
    parts = text.split()
    try:
        for number, part in enumerate(parts, start=1):
            bound, _, value = part.partition(":")
            if bound == REST and number == len(parts):
                rest = float(value)
            else:
                steps.append((float(bound), float(value)))
    except ValueError:
        raise ValueError(f"{text!r} is not a list of steps such as 10:0.02 50:0.04 {REST}:0.15") from None
    bounds, values = [bound for bound, _ in steps], [value for _, value in steps]
    if bounds != sorted(set(bounds)) or not all(0 < value < float("inf") for value in (*values, rest or 1)):
        raise ValueError(f"the figures of {text!r} must ascend, and its values be above 0")
    return tuple(steps), rest


def _step(steps: Steps, figure: float | None, otherwise: float) -> float:
    if figure is None:
        return otherwise
    return next((value for bound, value in steps if figure <= bound), otherwise)
