"""The rules of daily bars, as Great Expectations suites.

A row is refused for the first rule it breaks, in the order of `Reason`. The rules come in two suites: VALUES look at a
row alone; SERIES look at the rows that passed VALUES, beside each other and the calendar, so that an unreadable copy of
a bar never condemns the good one.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

PRICES = ("open", "high", "low", "close")
MOST_VOLUME = 2.0**53  # beyond, not every whole number is a float
REASON = "reason"  # key in an expectation's meta


class Reason(StrEnum):
    """Why a row is held back, in the order in which the rules are asked."""

    UNPARSEABLE = "unparseable"
    MISSING = "missing value"
    NOT_POSITIVE = "non-positive price"
    OUT_OF_ORDER = "prices out of order"
    NEGATIVE_VOLUME = "negative volume"
    IMPOSSIBLE_VOLUME = "impossible volume"
    IDENTICAL = "identical repeat"
    CONFLICTING = "conflicting repeat"
    NOT_A_SESSION = "not a session"
    FUTURE = "future date"
    UNIT_JUMP = "unit jump"


SUITE = "daily_bars"
VALUES, SERIES = f"{SUITE}.values", f"{SUITE}.series"

NOTES: Mapping[Reason, str] = {
    Reason.UNPARSEABLE: "The quoted cell is not a number, a date or a symbol.",
    Reason.MISSING: "A bar needs its symbol, session, four prices and volume.",
    Reason.NOT_POSITIVE: "Prices are above zero.",
    Reason.OUT_OF_ORDER: "Low <= open, close <= high, but for float noise of a millionth.",
    Reason.NEGATIVE_VOLUME: "Volume, quote volume, trades and taker volumes are zero or more.",
    Reason.IMPOSSIBLE_VOLUME: "Shares are traded whole, and never more than can be counted (2^53).",
    Reason.IDENTICAL: "The bar is there already; the first copy is kept.",
    Reason.CONFLICTING: "The batch says different things about this bar; none is believed.",
    Reason.NOT_A_SESSION: "The exchange did not trade on this date.",
    Reason.FUTURE: "The session had not closed when the batch was judged.",
    Reason.UNIT_JUMP: "Some 100 times too high or low against its neighbours, and no split explains it.",
}


def value_rules() -> "list[Expectation]":
    """Expectations on single rows.

    Each one costs milliseconds whatever the number of rows, so cells that share a rule share a column: `unparseable`,
    `missing` and `impossible_volume` name the cells at fault (null: none), `lowest_price` is the lowest of the four
    prices, `order_margin` is how far open and close lie within low and high (a millionth is allowed).
    """
    import great_expectations.expectations as gxe

    return [
        gxe.ExpectColumnValuesToBeNull(column="unparseable", **_about(Reason.UNPARSEABLE)),
        gxe.ExpectColumnValuesToBeNull(column="missing", **_about(Reason.MISSING)),
        gxe.ExpectColumnValuesToBeBetween(
            column="lowest_price", min_value=0, strict_min=True, **_about(Reason.NOT_POSITIVE)
        ),
        gxe.ExpectColumnValuesToBeBetween(column="order_margin", min_value=0, **_about(Reason.OUT_OF_ORDER)),
        gxe.ExpectColumnValuesToBeBetween(column="volume", min_value=0, **_about(Reason.NEGATIVE_VOLUME)),
        gxe.ExpectColumnValuesToBeNull(column="impossible_volume", **_about(Reason.IMPOSSIBLE_VOLUME)),
    ]


def series_rules() -> "list[Expectation]":
    """Expectations on rows beside each other and the calendar.

    `repeat` is IDENTICAL, CONFLICTING or null; `closed_at` is null where the exchange has no session;
    `hours_since_close` counts to the time of judgement; `unit` is null where the prices fit their neighbours.
    """
    import great_expectations.expectations as gxe

    return [
        *(
            gxe.ExpectColumnValuesToNotBeInSet(column="repeat", value_set=[reason], **_about(reason))
            for reason in (Reason.IDENTICAL, Reason.CONFLICTING)
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="closed_at", **_about(Reason.NOT_A_SESSION)),
        gxe.ExpectColumnValuesToBeBetween(column="hours_since_close", min_value=0, **_about(Reason.FUTURE)),
        gxe.ExpectColumnValuesToBeNull(column="unit", **_about(Reason.UNIT_JUMP)),
    ]


def _about(reason: Reason) -> dict[str, object]:
    return {"notes": NOTES[reason], "meta": {REASON: str(reason)}}
