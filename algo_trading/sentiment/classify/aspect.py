"""What a text says about one of several names in it: names become marks, and the clause around the one counts twice."""

import re
from collections.abc import Sequence

from algo_trading.sentiment.classify.masking import OTHER, TARGET, Span, replaced

CONJUNCTION = r"(?:while|but|amid|whereas|even as|as|after|and)\s"
BOUNDARY = re.compile(rf"(?:[;,:.!?]\s|\s-\s)(?:{CONJUNCTION})?|\s{CONJUNCTION}", re.IGNORECASE)


def aspect_views(text: str, spans: Sequence[Span]) -> tuple[list[str], list[str]]:
    """For each span the whole text and the clause around it, with marks in place of what stands at the spans.

    Of spans that overlap the one in question stays, and of others the first; empty ones are not marked as others.
    """
    wholes, clauses = [], []
    for number, (start, end) in enumerate(spans):
        others = [span for other, span in enumerate(spans) if other != number and span[0] < span[1]]
        before = replaced(text[:start], [(span, OTHER) for span in others if span[1] <= start])
        after = replaced(text[end:], [((span[0] - end, span[1] - end), OTHER) for span in others if span[0] >= end])
        before = before.removesuffix("$").removesuffix("#")
        wholes.append(f"{before}{TARGET}{after}")
        boundaries = [match.end() for match in BOUNDARY.finditer(before)]
        stop = BOUNDARY.search(after)
        first = boundaries[-1] if boundaries else 0
        clauses.append(f"{before[first:]}{TARGET}{after[: stop.start()] if stop else after}")
    return wholes, clauses
