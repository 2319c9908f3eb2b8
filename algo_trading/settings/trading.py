"""The tables of accounts and of what strategies may do: rules, limits, exits and targets."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from algo_trading.domain.account_rules import AccountRules
from algo_trading.domain.costs import Costs
from algo_trading.domain.exits import Exits
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level
from algo_trading.errors import ConfigError
from algo_trading.risk.sizers import sizer_of
from algo_trading.risk.targets import TargetTable, parse_steps
from algo_trading.settings.values import MOST_HOURS, Fraction, Money, Name, Section


class AccountRulesSettings(Section):
    """Rules for the entries of an account (domain/account_rules.py)."""

    approve_above: Money | None = Field(default=None, ge=0)
    approve_below: Level | None = None
    approval_hours: float = Field(default=12, gt=0, le=MOST_HOURS, allow_inf_nan=False)
    max_daily_loss: Decimal | None = Field(default=None, gt=0, le=1)
    max_instrument: Decimal | None = Field(default=None, gt=0)
    max_strategy: Decimal | None = Field(default=None, gt=0)
    max_exposure: Decimal | None = Field(default=None, gt=0)
    max_net: Decimal | None = Field(default=None, gt=0)

    @property
    def rules(self) -> AccountRules:
        """What they mean."""
        return AccountRules(**self.model_dump())


class AccountSettings(Section):
    """An account. Without `start` it begins with the first period that is processed after it was opened."""

    name: Name
    broker: str = "paper"
    currency: str | None = None  # the venue's
    mode: Literal["paper"] = "paper"  # live is what `algo-trading account live` makes it
    owner: str = Field(default="owner", min_length=1)
    cash: Money = Field(default=Decimal(100_000), gt=0)
    start: date | None = None
    position_fraction: Decimal = Field(default=Decimal("0.15"), gt=0, le=1)
    sizer: str = ""  # volatility:0.15 or risk:0.01 (risk/sizers.py), within the position fraction
    commission: Decimal = Field(default=Decimal("0.001"), ge=0, lt=1)  # of the traded value
    commission_fixed: Money = Field(default=Decimal(0), ge=0)  # of each fill
    slippage_bps: Decimal = Field(default=Decimal(5), ge=0, lt=10_000)
    interest: Decimal = Field(default=Decimal(0), ge=0, lt=1)  # that cash earns in a year
    borrow: Decimal = Field(default=Decimal(0), ge=0, lt=1)  # that short positions cost in a year
    participation: Decimal | None = Field(default=None, gt=0, le=1)  # of a bar's volume, in one fill
    shorts: bool = False  # whether strategies may sell what they do not hold
    rules: AccountRulesSettings = AccountRulesSettings()

    @field_validator("sizer")
    @classmethod
    def _spells_a_sizer(cls, value: str) -> str:
        try:
            return str(sizer_of(value)) if value else ""
        except ConfigError as error:
            raise ValueError(str(error)) from error

    @property
    def costs(self) -> Costs:
        """What trading costs it."""
        return Costs(
            self.commission, self.slippage_bps, self.commission_fixed, self.interest, self.borrow, self.participation
        )


class LimitsSettings(Section):
    """Rules for a strategy's signals; what is left out is as the strategy has it (domain/limits.py)."""

    mail_from: Level | None = None
    order_from: Level | None = None
    trade_window: TradeWindow | None = None  # "12:00-06:00 Europe/Berlin", without a zone the venue's
    max_price_age: timedelta | None = None  # hours
    max_move: float | None = Field(default=None, gt=0, strict=True, allow_inf_nan=False)
    max_positions: int | None = Field(default=None, ge=0, strict=True)

    @field_validator("trade_window", mode="before")
    @classmethod
    def _read_window(cls, value: object) -> object:
        return TradeWindow.parse(value) if isinstance(value, str) else value

    @field_validator("max_price_age", mode="before")
    @classmethod
    def _read_hours(cls, value: object) -> object:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= MOST_HOURS:
            raise ValueError(f"{value!r} is not a number of hours greater than 0 and up to {MOST_HOURS} (ten years)")
        return timedelta(hours=value)

    def over(self, limits: Limits) -> Limits:
        """`limits` with what is given here instead."""
        given = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return replace(limits, **given)


class ExitsSettings(Section):
    """Where a position is left without a signal, as fractions of the entry price; of the best price for `trailing`."""

    stop: Fraction | None = None
    target: float | None = Field(default=None, gt=0, strict=True, allow_inf_nan=False)
    trailing: Fraction | None = None
    max_age: float | None = Field(default=None, gt=0, le=MOST_HOURS, allow_inf_nan=False)  # hours
    by_rank: bool = False  # the target is that of the table [targets]

    @model_validator(mode="after")
    def _have_one_target(self) -> Self:
        _ = self.exits
        return self

    @property
    def exits(self) -> Exits:
        """What they mean."""
        return Exits(**self.model_dump())


class TargetSettings(Section):
    """Gains at which positions with the exit `by_rank` are sold (risk/targets.py)."""

    by_rank: str = "10:0.02 50:0.04 200:0.08 *:0.15"  # rank by capitalisation : fraction of the entry price
    by_volume: str = "0.005:1.5"  # volume of 24 hours in the capitalisation : factor
    by_price: str = ""  # price in US dollars : factor
    least: Fraction = 0.01
    most: float = Field(default=0.25, gt=0, allow_inf_nan=False)

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        _ = self.table
        if self.least > self.most:
            raise ValueError(f"targets.least ({self.least}) must not be above targets.most ({self.most})")
        return self

    @property
    def table(self) -> TargetTable:
        """The table that these lines are."""
        ranks, rest = parse_steps(self.by_rank)
        (volumes, more), (prices, yet_more) = parse_steps(self.by_volume), parse_steps(self.by_price)
        if rest is None or more is not None or yet_more is not None:
            raise ValueError("targets.by_rank, and only this, must end with the gain of all others, such as *:0.15")
        return TargetTable(ranks, rest, volumes, prices, self.least, self.most)
