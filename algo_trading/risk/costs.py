"""What trading costs."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from algo_trading.domain.signal import Side

CENT = Decimal("0.01")
PRICE_STEP = Decimal("0.000001")
BASIS_POINT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Costs:
    """`commission` is a fraction of the traded value; `slippage_bps` moves the price against us, in basis points."""

    commission: Decimal
    slippage_bps: Decimal

    def fill_price(self, side: Side, price: Decimal) -> Decimal:
        """Price per share after slippage, to a millionth."""
        slip = self.slippage_bps * BASIS_POINT * (1 if side is Side.BUY else -1)
        return (price * (1 + slip)).quantize(PRICE_STEP, ROUND_HALF_UP)

    def commission_on(self, value: Decimal) -> Decimal:
        """Commission on a traded value, rounded up to the cent."""
        return (value * self.commission).quantize(CENT, ROUND_UP)
