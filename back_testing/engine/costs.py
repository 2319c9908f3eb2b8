"""What trading costs in a backtest."""

from dataclasses import dataclass
from math import isfinite

from algo_trading.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Costs:
    """Each fill pays `commission` of the traded value plus `commission_fixed` in money.

    `slippage_bps` moves every fill price against us, in basis points.

    Raises:
        ConfigError: a cost is negative, not finite, or takes all there is.
    """

    commission: float = 0.001
    commission_fixed: float = 0.0
    slippage_bps: float = 0.0

    def __post_init__(self) -> None:
        _require("commission", self.commission, below=1.0)
        _require("commission_fixed", self.commission_fixed)
        _require("slippage_bps", self.slippage_bps, below=10_000.0)

    @property
    def slippage(self) -> float:
        """Slippage as a fraction of the price."""
        return self.slippage_bps / 10_000.0


def _require(name: str, value: float, below: float | None = None) -> None:
    if not isfinite(value) or value < 0 or (below is not None and value >= below):
        bound = "" if below is None else f" and below {below:g}"
        raise ConfigError(f"{name} must be at least 0{bound}, not {value:g}")
