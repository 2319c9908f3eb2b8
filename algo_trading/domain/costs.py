"""What trading costs, and to which digit it is counted."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Self

from algo_trading.domain.signal import Side
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError

BASIS_POINT = Decimal("0.0001")
QUANTITY_STEP = Decimal("0.00000001")  # of positions: a split before any close may leave a part of a whole share


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
    """What fills, cash and short positions cost or bring, live and in a backtest.

    `commission` is a fraction of the traded value of a fill, `commission_fixed` an amount of money, and `slippage_bps`
    moves its price against us, in basis points. One fill takes at most the part `participation` of its bar's volume;
    None: any quantity. Cash earns `interest` and the value of short positions costs `borrow`, both annual rates as
    fractions, for each night (domain/financing.py).

    Raises:
        ConfigError: a cost is negative, not finite, or takes all there is.
    """

    commission: Decimal = Decimal("0.001")
    slippage_bps: Decimal = Decimal(0)
    commission_fixed: Decimal = Decimal(0)
    interest: Decimal = Decimal(0)
    borrow: Decimal = Decimal(0)
    participation: Decimal | None = None

    def __post_init__(self) -> None:
        _require("commission", self.commission, below=1)
        _require("slippage_bps", self.slippage_bps, below=10_000)
        _require("commission_fixed", self.commission_fixed)
        _require("interest", self.interest, below=1)
        _require("borrow", self.borrow, below=1)
        if self.participation is not None and not 0 < self.participation <= 1:
            raise ConfigError(
                f"participation is a part of a bar's volume, above 0 and up to 1, not {float(self.participation):g}"
            )

    @classmethod
    def of(
        cls,
        commission: float = 0.001,
        *,
        slippage_bps: float = 0.0,
        commission_fixed: float = 0.0,
        interest: float = 0.0,
        borrow: float = 0.0,
        participation: float | None = None,
    ) -> Self:
        """The costs that these numbers print as."""
        return cls(
            commission=_as_printed(commission),
            slippage_bps=_as_printed(slippage_bps),
            commission_fixed=_as_printed(commission_fixed),
            interest=_as_printed(interest),
            borrow=_as_printed(borrow),
            participation=None if participation is None else _as_printed(participation),
        )

    @property
    def of_fills_alone(self) -> bool:
        """Whether nothing but fills costs or brings anything, and these are filled whole."""
        return not self.interest and not self.borrow and self.participation is None

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


def _as_printed(value: float) -> Decimal:
    return Decimal(repr(value))


def _require(name: str, value: Decimal, below: int | None = None) -> None:
    if not value.is_finite() or value < 0 or (below is not None and value >= below):
        bound = "" if below is None else f" and below {below}"
        raise ConfigError(f"{name} must be at least 0{bound}, not {float(value):g}")
