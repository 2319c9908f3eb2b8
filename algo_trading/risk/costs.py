"""What trading costs, live and in a backtest."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Self

from algo_trading.domain.signal import Side
from algo_trading.errors import ConfigError

CENT = Decimal("0.01")
PRICE_STEP = Decimal("0.000001")
BASIS_POINT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Costs:
    """Each fill pays `commission` of the traded value plus `commission_fixed` in money.

    `slippage_bps` moves every fill price against us, in basis points.

    Raises:
        ConfigError: a cost is negative, not finite, or takes all there is.
    """

    commission: Decimal = Decimal("0.001")
    slippage_bps: Decimal = Decimal(0)
    commission_fixed: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _require("commission", self.commission, below=1)
        _require("slippage_bps", self.slippage_bps, below=10_000)
        _require("commission_fixed", self.commission_fixed)

    @classmethod
    def of(cls, commission: float = 0.001, *, slippage_bps: float = 0.0, commission_fixed: float = 0.0) -> Self:
        """The costs that these numbers print as."""
        return cls(Decimal(repr(commission)), Decimal(repr(slippage_bps)), Decimal(repr(commission_fixed)))

    @property
    def slippage(self) -> Decimal:
        """Slippage as a fraction of the price."""
        return self.slippage_bps * BASIS_POINT

    def fill_price(self, side: Side, price: Decimal) -> Decimal:
        """Price per share after slippage, to a millionth."""
        slip = self.slippage * (1 if side is Side.BUY else -1)
        return (price * (1 + slip)).quantize(PRICE_STEP, ROUND_HALF_UP)

    def commission_on(self, value: Decimal) -> Decimal:
        """Commission on a traded value, rounded up to the cent."""
        return (value * self.commission + self.commission_fixed).quantize(CENT, ROUND_UP)


def _require(name: str, value: Decimal, below: int | None = None) -> None:
    if not value.is_finite() or value < 0 or (below is not None and value >= below):
        bound = "" if below is None else f" and below {below}"
        raise ConfigError(f"{name} must be at least 0{bound}, not {float(value):g}")
