"""What trading costs, and to which digit it is counted."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Self

from algo_trading.domain.signal import Side
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError

BASIS_POINT = Decimal("0.0001")
QUANTITY_STEP = Decimal("0.00000001")  # of positions: a split may leave a part of a share also where shares are whole


@dataclass(frozen=True, slots=True)
class Precision:
    """The smallest steps in which a venue's orders are counted: of quantities, of money, and of prices."""

    quantity: Decimal
    money: Decimal
    price: Decimal

    @property
    def whole(self) -> bool:
        """Whether only whole shares are bought and sold."""
        return self.quantity == 1


WHOLE_SHARES = Precision(Decimal(1), Decimal("0.01"), Decimal("0.000001"))
FRACTIONS = Precision(QUANTITY_STEP, Decimal("0.00000001"), Decimal("0.000000000001"))


def precision_of(venue: str) -> Precision:
    """The precision of a venue: cents and whole shares, or eight decimals of everything."""
    return WHOLE_SHARES if venue_of(venue).whole_quantities else FRACTIONS


def decimal_price(value: float, precision: Precision) -> Decimal:
    """A stored price as money."""
    return Decimal(repr(value)).quantize(precision.price)


@dataclass(frozen=True, slots=True)
class Costs:
    """What each fill costs, live and in a backtest.

    `commission` is a fraction of the traded value, `commission_fixed` an amount of money, and `slippage_bps` moves the
    price against us, in basis points.

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

    def fill_price(self, side: Side, price: Decimal, precision: Precision = WHOLE_SHARES) -> Decimal:
        """Price of one after slippage, rounded half up to the step of prices."""
        slip = self.slippage * (1 if side is Side.BUY else -1)
        return (price * (1 + slip)).quantize(precision.price, ROUND_HALF_UP)

    def commission_on(self, value: Decimal, precision: Precision = WHOLE_SHARES) -> Decimal:
        """Commission on a traded value, rounded up to the step of money."""
        return (value * self.commission + self.commission_fixed).quantize(precision.money, ROUND_UP)


def _require(name: str, value: Decimal, below: int | None = None) -> None:
    if not value.is_finite() or value < 0 or (below is not None and value >= below):
        bound = "" if below is None else f" and below {below}"
        raise ConfigError(f"{name} must be at least 0{bound}, not {float(value):g}")
