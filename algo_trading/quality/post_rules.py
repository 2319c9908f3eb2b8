"""The rules of posts and articles.

A row is refused for the first rule it breaks, in the order of `PostReason`. POST_VALUES looks at a row alone,
POST_REPEATS at the rows that passed it beside each other, so that a broken copy of a post never condemns the good one.
"""

from enum import StrEnum

from algo_trading.quality.rules import Between, NotNull, Null, Suite

POST_SUITE = "posts"

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


A_POSSIBLE_TIME = (
    f"The time is missing, cannot be read, names no zone, lies before {FIRST_YEAR} or more than {AHEAD_MINUTES} "
    "minutes in the future."
)

# On single rows. `unreadable` and `unknown_platform` quote what is wrong (null: nothing); `id` is null where it is
# unusable and `published_year` where there is no time; `minutes_ahead` counts from the time of judgement; `bytes` are
# those of the text as it came, `characters` those of the cleaned one; `garbled` is the share of characters that are
# not text.
POST_VALUES = Suite(
    f"{POST_SUITE}.values",
    (
        Null("unreadable", PostReason.UNREADABLE_LINE, "The line is not a record of the file's format."),
        Null("unknown_platform", PostReason.UNKNOWN_PLATFORM, "No installed feed is of this platform."),
        NotNull("id", PostReason.NO_ID, "A post needs its platform's id: printable, up to 500 characters."),
        NotNull("published_year", PostReason.IMPOSSIBLE_TIME, A_POSSIBLE_TIME),
        Between("published_year", PostReason.IMPOSSIBLE_TIME, A_POSSIBLE_TIME, low=FIRST_YEAR),
        Between("minutes_ahead", PostReason.IMPOSSIBLE_TIME, A_POSSIBLE_TIME, high=AHEAD_MINUTES),
        Between(
            "bytes", PostReason.TOO_LONG, f"Title and body have more than {LARGEST_TEXT:,} bytes.", high=LARGEST_TEXT
        ),
        Between(
            "garbled",
            PostReason.GARBLED,
            "Bytes that are not text, or in an unknown encoding, make up a tenth of it.",
            high=GARBLED_SHARE,
        ),
        Between(
            "characters",
            PostReason.EMPTY,
            "Nothing to read is left of title and body without markup and blanks.",
            low=1,
        ),
    ),
)

# On rows beside each other: `repeat` quotes the id of a post whose text differs from the first.
POST_REPEATS = Suite(
    f"{POST_SUITE}.repeats",
    (Null("repeat", PostReason.CONFLICTING, "The batch has another text under this id; the first one is kept."),),
)
