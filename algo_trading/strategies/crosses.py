"""Crossings of two series, shared by the strategies that trade them."""

from algo_trading.domain.bars import Floats
from algo_trading.indicators.series import as_series
from algo_trading.strategies.base import Flags

# Averages closer than this part of their size are equal: the rest is rounding, which must not trade a flat price.
TOUCH = 1e-12


def crosses_above(fast: Floats, slow: Floats, scale: Floats | None = None) -> Flags:
    """True where `fast` is above `slow` and was not one bar before; False while either is NaN.

    `scale` is what rounding is measured by: `slow` itself, or the price where the series are differences of prices.
    """
    from algo_trading.strategies.kernels import crosses_above as compiled

    series = [as_series(values) for values in (fast, slow, slow if scale is None else scale)]
    crossed: Flags = compiled(*series, TOUCH)
    return crossed


def gap_confidence(fast: Floats, slow: Floats, close: Floats) -> Floats:
    """Confidence in [0.5, 1] growing with the distance of the averages: 1 from one percent of the price on."""
    from algo_trading.strategies.kernels import gap_confidence as compiled

    confidence: Floats = compiled(*(as_series(values) for values in (fast, slow, close)))
    return confidence


def require_windows(**windows: int) -> None:
    """Raise ValueError unless every window is a whole number from 1 to 10,000."""
    for name, window in windows.items():
        if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= 10_000:
            raise ValueError(f"{name} must be a whole number from 1 to 10000, not {window!r}")
