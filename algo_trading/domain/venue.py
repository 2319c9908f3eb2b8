"""Where instruments are traded: a table of venues that ships with the package."""

import csv
import difflib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from algo_trading.errors import UnknownNameError


class AssetClass(StrEnum):
    """What kind of thing is traded."""

    EQUITY = "equity"
    CRYPTO = "crypto"
    FUTURE = "future"
    CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue with the calendar of its trading (an exchange_calendars code; ALWAYS_OPEN for one that never closes).

    `zone` is its IANA time zone and `currency` the one in which cash is kept there. With `whole_quantities` no
    fraction of a share is bought or sold, though a split may leave one. The prices of a venue that is `made_up` were
    never paid by anybody.
    """

    code: str
    name: str
    calendar: str
    zone: str
    currency: str
    asset_class: AssetClass
    whole_quantities: bool
    made_up: bool = False


ALWAYS_OPEN = "24/7"


@cache
def venues() -> dict[str, Venue]:
    """Every venue of the packaged table, by code."""
    with (files("algo_trading") / "data" / "venues.csv").open(encoding="utf-8") as file:
        return {
            row["code"]: Venue(
                row["code"],
                row["name"],
                row["calendar"],
                row["zone"],
                row["currency"],
                AssetClass(row["asset_class"]),
                row["whole_quantities"] == "yes",
                row["prices"] == "made up",
            )
            for row in csv.DictReader(file)
        }


def venue_of(code: str) -> Venue:
    """The venue with this code.

    Raises:
        UnknownNameError: there is none; the nearest codes are named.
    """
    found = venues().get(code)
    if found is not None:
        return found
    named = [venue.code for venue in venues().values() if code and code.casefold() in venue.name.casefold()]
    near = [*named[:3], *difflib.get_close_matches(code.upper(), venues(), n=3, cutoff=0.4)][:4]
    hint = (
        f"did you mean {', '.join(near)}?"
        if near
        else "for New York it is XNYS, for London XLON, for Binance BINANCE, for crypto elsewhere 24/7"
    )
    raise UnknownNameError(f"there is no venue {code!r}: {hint}")
