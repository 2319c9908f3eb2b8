"""The rules that a backtest trades by."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING

from algo_trading.domain.account_rules import NO_RULES, AccountRules
from algo_trading.domain.costs import Costs
from algo_trading.domain.venue import venue_of
from algo_trading.errors import ConfigError
from algo_trading.risk.sizers import Sizer, sizer_of
from algo_trading.strategies.base import Decisions
from back_testing.engine.ends import End
from back_testing.engine.signal_limits import SignalLimits

if TYPE_CHECKING:
    from algo_trading.domain.bars import Bars


LONGEST_AGE = 87_660.0  # hours: ten years


class FillAt(StrEnum):
    """Where an order that was decided at a bar's close is filled. CLOSE is look-ahead: nobody trades at that price."""

    NEXT_OPEN = "next_open"
    CLOSE = "close"


class Direction(StrEnum):
    """LONG: an exit closes the position. LONG_SHORT: an exit also sells short, an entry covers and buys."""

    LONG = "long"
    LONG_SHORT = "long_short"


class SizeKind(StrEnum):
    """What an entry's size is measured in."""

    ALL = "all"
    FRACTION = "fraction"
    CASH = "cash"
    SHARES = "shares"
    VOLATILITY = "volatility"
    RISK = "risk"


SIZED_BY_MOVES = frozenset({SizeKind.VOLATILITY, SizeKind.RISK})


@dataclass(frozen=True, slots=True)
class Size:
    """How much one entry takes, times the size that the strategy suggests at that bar.

    ALL: the whole equity, in a portfolio an equal part for each symbol. FRACTION: `amount` of the equity. CASH:
    `amount` of money. SHARES: `amount` shares. Money includes the commission. VOLATILITY and RISK: what the sizers of
    `algo_trading.risk.sizers` say, for a target of `amount`.

    Raises:
        ConfigError: the amount is out of range.
    """

    kind: SizeKind = SizeKind.ALL
    amount: float = 1.0

    def __post_init__(self) -> None:
        if not isfinite(self.amount) or self.amount <= 0:
            raise ConfigError(f"the size of {self.kind} must be above 0, not {self.amount:g}")
        if self.kind in {SizeKind.ALL, SizeKind.FRACTION} and self.amount > 1:
            raise ConfigError(f"a fraction of the equity is at most 1, not {self.amount:g}")

    @classmethod
    def parse(cls, text: str) -> "Size":
        """`all`, `fraction:0.5`, `cash:1000`, `shares:10`, `volatility:0.15` or `risk:0.01`.

        Raises:
            ConfigError: it is none of these.
        """
        kind, _, amount = text.partition(":")
        try:
            if kind == SizeKind.ALL and not amount:
                return cls()
            if kind != SizeKind.ALL:
                return cls(SizeKind(kind), float(amount))
        except ValueError:
            pass
        raise ConfigError(
            f"the size is all, fraction:0.5, cash:1000, shares:10, volatility:0.15 or risk:0.01, not {text!r}"
        )

    @property
    def sizer(self) -> Sizer | None:
        """What says the part of the equity by how much the instrument moves; None where the size does not ask."""
        return sizer_of(f"{self.kind}:{self.amount!r}") if self.kind in SIZED_BY_MOVES else None

    def scaled(self, bars: "Bars", decisions: Decisions) -> Decisions:
        """Decisions about `bars` with the sizes that the sizer leaves of those that were suggested."""
        sizer = self.sizer
        return decisions if sizer is None else replace(decisions, size=decisions.size * sizer.fractions(bars))

    def __str__(self) -> str:
        return str(self.kind) if self.kind is SizeKind.ALL else f"{self.kind}:{self.amount:g}"


@dataclass(frozen=True, slots=True)
class TradingRules:
    """Everything but the strategy and the bars that a backtest's outcome depends on.

    `stop_loss`, `take_profit` and `trailing_stop` are fractions of the entry price (of the best price since, for the
    trailing stop), `max_age` is how many hours a position may be held; None for none. A position that is open at the
    end is closed at the last close unless `keep_open`. Shares are whole unless `whole_shares` is False; None leaves
    that to `for_bars`. `limits` say which of a strategy's decisions become orders, and `caps` how much may be at risk
    in one place: of an account's rules only those on exposure. `allow_gaps` trades over missing bars (`gaps`). `ends`
    are those of instruments that have ended.

    Raises:
        ConfigError: a value is out of range.
    """

    cash: float = 10_000.0
    costs: Costs = field(default_factory=Costs)
    fill: FillAt = FillAt.NEXT_OPEN
    direction: Direction = Direction.LONG
    size: Size = field(default_factory=Size)
    whole_shares: bool | None = True
    stop_loss: float | None = None
    take_profit: float | None = None
    trailing_stop: float | None = None
    max_age: float | None = None
    keep_open: bool = False
    allow_gaps: bool = False
    caps: AccountRules = NO_RULES
    limits: SignalLimits = field(default_factory=SignalLimits)
    ends: tuple[End, ...] = ()

    def __post_init__(self) -> None:
        if not isfinite(self.cash) or self.cash <= 0:
            raise ConfigError(f"cash must be above 0, not {self.cash:g}")
        if self.whole_shares is True and self.size.kind is SizeKind.SHARES and self.size.amount % 1:
            raise ConfigError(
                f"the size {self.size} is no whole number of shares: name a whole one, or trade fractions of shares "
                "with --fractional (whole_shares=False)"
            )
        for name in ("stop_loss", "trailing_stop"):
            value = getattr(self, name)
            if value is not None and not 0 < value < 1:
                raise ConfigError(f"{name} must be between 0 and 1 (0.05 is 5 %), not {value:g}")
        if self.take_profit is not None and not (isfinite(self.take_profit) and self.take_profit > 0):
            raise ConfigError(f"take_profit must be above 0 (0.1 is 10 %), not {self.take_profit:g}")
        if self.max_age is not None and not 0 < self.max_age <= LONGEST_AGE:
            raise ConfigError(f"max_age must be above 0 hours and at most {LONGEST_AGE:g}, not {self.max_age:g}")

    def for_bars(self, series: "Sequence[Bars]") -> "TradingRules":
        """The rules with `whole_shares` as the venues of some bars have it, where that is not said.

        Raises:
            ConfigError: shares are whole there, and the size is not.
        """
        if self.whole_shares is not None:
            return self
        return replace(self, whole_shares=any(venue_of(bars.instrument.venue).whole_quantities for bars in series))

    @property
    def fills_alone(self) -> bool:
        """What quick kernels take: money changes with whole fills alone, no cap refuses any, no age ends any."""
        return self.costs.of_fills_alone and not self.caps.caps and not self.ends and self.max_age is None

    @property
    def lookahead(self) -> bool:
        """Whether fills use a price that nobody could have traded at when deciding."""
        return self.fill is FillAt.CLOSE
