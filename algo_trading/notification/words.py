"""Numbers and texts as people read them."""

import re
from collections.abc import Sequence

# Controls that are no blanks, and what turns the direction of writing, also that of what stands behind the text.
OBEYED = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")


def price_text(price: float) -> str:
    """A price with two decimals, below 1 with four significant digits: 1,234.50, 0.004321."""
    if abs(price) >= 1 or price == 0:
        return f"{price:,.2f}"
    return f"{price:.{3 - _exponent(price)}f}"


def _exponent(value: float) -> int:
    """Decimal exponent: -3 for 0.004."""
    return int(f"{value:e}".partition("e")[2])


def percent_text(fraction: float) -> str:
    """A fraction in whole percent: 62 %."""
    return f"{fraction * 100:.0f} %"


def change_text(fraction: float) -> str:
    """A change in percent with its sign: +1.25 %."""
    return f"{fraction * 100:+.2f} %"


def one_line(text: str) -> str:
    """Somebody's text in one line, without characters that a reader's program would obey instead of showing them."""
    return " ".join(OBEYED.sub("", text).split())


def shortened(text: str, most: int) -> str:
    """At most `most` characters of a text, cut between words where it has blanks."""
    if len(text) <= most:
        return text
    cut = text[: most - 2]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > 0.8 * most else cut} …"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table as lines of text: the first column to the left, the others to the right."""
    first, *others = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join((row[0].ljust(first), *map(str.rjust, row[1:], others))) for row in rows]
