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
REASON = "reason"  # key in an expectation's meta


class Reason(StrEnum):
    """Why a row is held back, in the order in which the rules are asked."""

    UNPARSEABLE = "unparseable"
    MISSING = "missing value"
    NOT_POSITIVE = "non-positive price"
    OUT_OF_ORDER = "prices out of order"
    NEGATIVE_VOLUME = "negative volume"
    IDENTICAL = "identical repeat"
    CONFLICTING = "conflicting repeat"
    NOT_A_SESSION = "not a session"
    FUTURE = "future date"
    UNIT_JUMP = "unit jump"


SUITE = "daily_bars"
VALUES, SERIES = f"{SUITE}.values", f"{SUITE}.series"

NOTES: Mapping[Reason, str] = {
    Reason.UNPARSEABLE: "The quoted cell is no number, date or symbol.",
    Reason.MISSING: "A bar needs its symbol, session, four prices and volume.",
    Reason.NOT_POSITIVE: "Prices are above zero.",
    Reason.OUT_OF_ORDER: "Low <= open, close <= high, but for float noise of a millionth.",
    Reason.NEGATIVE_VOLUME: "Volume is zero or more.",
    Reason.IDENTICAL: "The bar is there already; the first copy is kept.",
    Reason.CONFLICTING: "The batch says different things about this bar; none is believed.",
    Reason.NOT_A_SESSION: "The exchange did not trade on this date.",
    Reason.FUTURE: "The session had not closed when the batch was judged.",
    Reason.UNIT_JUMP: "Some 100 times too high or low against its neighbours, and no split explains it.",
}


def value_rules() -> "list[Expectation]":
    """Expectations on single rows.

    Each one costs milliseconds whatever the number of rows, so cells that share a rule share a column: `unparseable`
    and `missing` name the cells at fault (null: none), `lowest_price` is the lowest of the four prices, `body_top` and
    `body_bottom` are the higher and the lower one of open and close, a millionth nearer to each other.
    """
    import great_expectations.expectations as gxe

    pair = {"or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return [
        gxe.ExpectColumnValuesToBeNull(column="unparseable", **_about(Reason.UNPARSEABLE)),
        gxe.ExpectColumnValuesToBeNull(column="missing", **_about(Reason.MISSING)),
        gxe.ExpectColumnValuesToBeBetween(
            column="lowest_price", min_value=0, strict_min=True, **_about(Reason.NOT_POSITIVE)
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="high", column_B="body_top", **pair, **_about(Reason.OUT_OF_ORDER)
        ),
        gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="body_bottom", column_B="low", **pair, **_about(Reason.OUT_OF_ORDER)
        ),
        gxe.ExpectColumnValuesToBeBetween(column="volume", min_value=0, **_about(Reason.NEGATIVE_VOLUME)),
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
