"""What is traded, and the series of bars it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.time import Interval

TRADING = "TRADING"


@dataclass(frozen=True, slots=True, order=True)
class Instrument:
    """A tradable symbol and the code of its venue (domain/venue.py)."""

    symbol: str
    venue: str = "XNYS"

    def __str__(self) -> str:
        return self.symbol


@dataclass(frozen=True, slots=True)
class Series:
    """The bars of one instrument in one interval: what bars, indicators, assignments and reports are keyed by."""

    instrument: Instrument
    interval: Interval = Interval.DAY

    @classmethod
    def parse(cls, text: str, venue_of: Mapping[str, str], venue: str = "XNYS") -> "Series":
        """The series written as `str` writes it, in small letters or capitals: `IBM`, `INJUSDT_4h`.

        `venue_of` knows the venues of symbols; `venue` is that of the others. An ending that is no interval belongs to
        the symbol.
        """
        symbol, _, length = text.rpartition("_")
        if not symbol or length not in [*Interval]:
            symbol, length = text, Interval.DAY
        symbol = normal_symbol(symbol)
        return cls(Instrument(symbol, venue_of.get(symbol, venue)), Interval(length))

    @property
    def symbol(self) -> str:
        """The instrument's symbol."""
        return self.instrument.symbol

    @property
    def venue(self) -> str:
        """The instrument's venue."""
        return self.instrument.venue

    def __str__(self) -> str:
        """`INJUSDT_4h`; a daily series is called as its symbol."""
        return self.symbol if self.interval is Interval.DAY else f"{self.symbol}_{self.interval}"

    def __lt__(self, other: "Series") -> bool:
        return self.sort_key < other.sort_key

    @property
    def sort_key(self) -> tuple[str, str, int]:
        """Venue, symbol, and intervals from short to long."""
        return self.venue, self.symbol, self.interval.order


@dataclass(frozen=True, slots=True)
class TradingRules:
    """What the venue asks of orders for an instrument; a zero asks nothing.

    Prices are multiples of `tick` within `min_price`..`max_price`, quantities multiples of `lot` within
    `min_quantity`..`max_quantity`; those of market orders are, besides, multiples of `market_lot` within its bounds.
    Price times quantity lies within `min_notional`..`max_notional`; the lower bound holds for market orders where
    `notional_for_market` says so, the upper one where `max_notional_for_market` does. A market order counts at the
    average price of `average_minutes`, or the last price where these are 0. Prices of buys lie between that price times
    `bid_multiplier_down` and times `bid_multiplier_up`, those of sells accordingly. An account may have `max_orders`
    open, `max_stop_orders` of them with a stop, and hold `max_position`, buys that wait included.

    `base` is what is traded and `quote` what it is paid in. `status` is the venue's own word. The instrument was listed
    from `listed_at` until `delisted_at`, as far as these are known.
    """

    instrument: Instrument
    base: str
    quote: str
    tick: Decimal = Decimal(0)
    lot: Decimal = Decimal(0)
    min_quantity: Decimal = Decimal(0)
    min_notional: Decimal = Decimal(0)
    status: str = TRADING
    order_types: tuple[str, ...] = ()
    min_price: Decimal = Decimal(0)
    max_price: Decimal = Decimal(0)
    max_quantity: Decimal = Decimal(0)
    market_lot: Decimal = Decimal(0)
    market_min_quantity: Decimal = Decimal(0)
    market_max_quantity: Decimal = Decimal(0)
    max_notional: Decimal = Decimal(0)
    notional_for_market: bool = True
    max_notional_for_market: bool = False
    average_minutes: Decimal = Decimal(0)
    bid_multiplier_down: Decimal = Decimal(0)
    bid_multiplier_up: Decimal = Decimal(0)
    ask_multiplier_down: Decimal = Decimal(0)
    ask_multiplier_up: Decimal = Decimal(0)
    max_orders: Decimal = Decimal(0)
    max_stop_orders: Decimal = Decimal(0)
    max_position: Decimal = Decimal(0)
    listed_at: datetime | None = None
    delisted_at: datetime | None = None

    @property
    def trading(self) -> bool:
        """Whether orders are taken at present."""
        return self.status == TRADING and self.delisted_at is None
