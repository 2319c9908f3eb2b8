"""What the keys of the configuration's tables may hold."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from algo_trading.domain.subscription import EVERY
from algo_trading.domain.symbol import normal_symbol
from algo_trading.domain.time import Interval
from algo_trading.domain.venue import venue_of
from algo_trading.errors import UnknownNameError
from algo_trading.notification.addresses import email_address

NAME = re.compile(r"[a-z][a-z0-9_-]*")
MOST_HOURS = 87_660
MOST_DIGITS, DECIMALS = 28, 8  # of an amount of money: of a coin, too


class Section(BaseModel):
    """A table of the configuration; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f"{text!r} is not a name: use lower-case letters, digits, - and _, a letter first")
    return text


def _venue(code: str) -> str:
    try:
        return venue_of(code).code
    except UnknownNameError as error:
        raise ValueError(str(error)) from error


def _venue_or_every(code: str) -> str:
    return code if code == EVERY else _venue(code)


def _interval(value: object) -> object:
    return Interval.parse(value) if isinstance(value, str) else value


def _symbol(text: str) -> str:
    if not text or text != text.strip() or not text.isprintable():
        raise ValueError(f"{text!r} is not a symbol")
    return normal_symbol(text)


def _address(text: str) -> str:
    email_address(text)
    return text


def _once(values: tuple[str, ...] | None) -> tuple[str, ...] | None:
    twice = sorted({value for value in values or () if (values or ()).count(value) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there twice")
    return values


Name = Annotated[str, AfterValidator(_name)]
VenueCode = Annotated[str, AfterValidator(_venue)]
VenueOrEvery = Annotated[str, AfterValidator(_venue_or_every)]
Symbol = Annotated[str, AfterValidator(_symbol)]
Symbols = Annotated[tuple[Symbol, ...], Field(min_length=1), AfterValidator(_once)]
Intervals = Annotated[
    tuple[Annotated[Interval, BeforeValidator(_interval)], ...], Field(min_length=1), AfterValidator(_once)
]
Address = Annotated[str, AfterValidator(_address)]
Money = Annotated[Decimal, Field(max_digits=MOST_DIGITS, decimal_places=DECIMALS)]
Fraction = Annotated[float, Field(gt=0, lt=1, strict=True)]
