"""The rules of posts and articles, as Great Expectations suites.

A row is refused for the first rule it breaks, in the order of `PostReason`. POST_VALUES looks at a row alone,
POST_REPEATS at the rows that passed it beside each other, so that a broken copy of a post never condemns the good one.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from algo_trading.quality.rules import REASON

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

POST_SUITE = "posts"
POST_VALUES, POST_REPEATS = f"{POST_SUITE}.values", f"{POST_SUITE}.repeats"

FIRST_YEAR = 1990
AHEAD_MINUTES = 5  # that a platform's clock may be ahead of ours
LARGEST_TEXT = 100_000  # bytes, as it came
GARBLED_SHARE = 0.1  # of a text's characters


class PostReason(StrEnum):
    """Why a post is held back, in the order in which the rules are asked."""

    UNREADABLE_LINE = "unreadable line"
    UNKNOWN_PLATFORM = "unknown platform"
    NO_ID = "no id"
    IMPOSSIBLE_TIME = "impossible time"
    TOO_LONG = "absurd length"
    GARBLED = "garbled text"
    EMPTY = "empty text"
    CONFLICTING = "id with another text"


POST_NOTES: Mapping[PostReason, str] = {
    PostReason.UNREADABLE_LINE: "The line is not a record of the file's format.",
    PostReason.UNKNOWN_PLATFORM: "No installed feed is of this platform.",
    PostReason.NO_ID: "A post needs its platform's id: printable, up to 500 characters.",
    PostReason.IMPOSSIBLE_TIME: (
        f"The time is missing, cannot be read, names no zone, lies before {FIRST_YEAR} or more than {AHEAD_MINUTES} "
        "minutes in the future."
    ),
    PostReason.TOO_LONG: f"Title and body have more than {LARGEST_TEXT:,} bytes.",
    PostReason.GARBLED: "Bytes that are not text, or in an unknown encoding, make up a tenth of it.",
    PostReason.EMPTY: "Nothing to read is left of title and body without markup and blanks.",
    PostReason.CONFLICTING: "The batch has another text under this id; the first one is kept.",
}


def post_value_rules() -> "list[Expectation]":
    """Expectations on single rows.

    `unreadable` and `unknown_platform` quote what is wrong (null: nothing); `id` is null where it is unusable and
    `published_year` where there is no time; `minutes_ahead` counts from the time of judgement; `bytes` are those of
    the text as it came, `characters` those of the cleaned one; `garbled` is the share of characters that are not text.
    """
    import great_expectations.expectations as gxe

    return [
        gxe.ExpectColumnValuesToBeNull(column="unreadable", **_about(PostReason.UNREADABLE_LINE)),
        gxe.ExpectColumnValuesToBeNull(column="unknown_platform", **_about(PostReason.UNKNOWN_PLATFORM)),
        gxe.ExpectColumnValuesToNotBeNull(column="id", **_about(PostReason.NO_ID)),
        gxe.ExpectColumnValuesToNotBeNull(column="published_year", **_about(PostReason.IMPOSSIBLE_TIME)),
        gxe.ExpectColumnValuesToBeBetween(
            column="published_year", min_value=FIRST_YEAR, **_about(PostReason.IMPOSSIBLE_TIME)
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="minutes_ahead", max_value=AHEAD_MINUTES, **_about(PostReason.IMPOSSIBLE_TIME)
        ),
        gxe.ExpectColumnValuesToBeBetween(column="bytes", max_value=LARGEST_TEXT, **_about(PostReason.TOO_LONG)),
        gxe.ExpectColumnValuesToBeBetween(column="garbled", max_value=GARBLED_SHARE, **_about(PostReason.GARBLED)),
        gxe.ExpectColumnValuesToBeBetween(column="characters", min_value=1, **_about(PostReason.EMPTY)),
    ]


def post_repeat_rules() -> "list[Expectation]":
    """Expectations on rows beside each other: `repeat` quotes the id of a post whose text differs from the first."""
    import great_expectations.expectations as gxe

    return [gxe.ExpectColumnValuesToBeNull(column="repeat", **_about(PostReason.CONFLICTING))]


def _about(reason: PostReason) -> dict[str, object]:
    return {"notes": POST_NOTES[reason], "meta": {REASON: str(reason)}}
