"""The rules of bars.

A row is refused for the first rule it breaks, in the order of `Reason`. The rules come in two suites: VALUES look at a
row alone; SERIES look at the rows that passed VALUES, beside each other and the calendar, so that an unreadable copy of
a bar never condemns the good one.
"""

from enum import StrEnum

from algo_trading.quality.rules import Between, NotIn, NotNull, Null, Suite

PRICES = ("open", "high", "low", "close")
MOST_VOLUME = 2.0**53  # beyond, not every whole number is a float


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
    UNTOLD_SPLIT = "likely untold split"


SUITE = "daily_bars"

# On single rows. `unparseable`, `missing` and `impossible_volume` name the cells at fault (null: none), `lowest_price`
# is the lowest of the four prices, `order_margin` how far open and close lie within low and high, and `volume` the
# lowest of volume and turnover.
VALUES = Suite(
    f"{SUITE}.values",
    (
        Null("unparseable", Reason.UNPARSEABLE, "The quoted cell is not a number, a date or a symbol."),
        Null("missing", Reason.MISSING, "A bar needs its symbol, session, four prices and volume."),
        Between("lowest_price", Reason.NOT_POSITIVE, "Prices are above zero.", low=0, strict=True),
        Between(
            "order_margin",
            Reason.OUT_OF_ORDER,
            "Low <= open, close <= high, but for float noise of a millionth.",
            low=0,
        ),
        Between(
            "volume", Reason.NEGATIVE_VOLUME, "Volume, quote volume, trades and taker volumes are zero or more.", low=0
        ),
        Null(
            "impossible_volume",
            Reason.IMPOSSIBLE_VOLUME,
            "Shares are traded whole, and never more than can be counted (2^53).",
        ),
    ),
)

# On rows beside each other and the calendar. `repeat` is IDENTICAL, CONFLICTING or null; `closed_at` is null where the
# exchange has no session; `hours_since_close` counts to the time of judgement; `unit` is null where the prices fit
# their neighbours, `split` where no likely split parts them from those.
SERIES = Suite(
    f"{SUITE}.series",
    (
        NotIn(
            "repeat",
            (Reason.IDENTICAL,),
            Reason.IDENTICAL,
            "The bar is there already; the first copy is kept.",
        ),
        NotIn(
            "repeat",
            (Reason.CONFLICTING,),
            Reason.CONFLICTING,
            "The batch says different things about this bar; none is believed.",
        ),
        NotNull("closed_at", Reason.NOT_A_SESSION, "The exchange did not trade on this date."),
        Between("hours_since_close", Reason.FUTURE, "The session had not closed when the batch was judged.", low=0),
        Null(
            "unit",
            Reason.UNIT_JUMP,
            "Some 100 times too high or low against its neighbours, and no split explains it.",
        ),
        Null(
            "split",
            Reason.UNTOLD_SPLIT,
            "A step by a usual ratio that stays, with a volume that no crash or rise would have; no split is known.",
        ),
    ),
)
