"""Symbols in sentences: which there are, and which one may have been meant."""

import difflib
from collections.abc import Iterable

LISTED = 12  # symbols that a sentence names


def shortened(names: Iterable[str]) -> str:
    """The names in order, the first of them where there are many."""
    found = sorted(names)
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    return ", ".join(found[:LISTED]) + more if found else "none"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` (did you mean AAPL?)` for a name that differs from known ones in case or a little; else nothing."""
    spelt: dict[str, list[str]] = {}
    for other in sorted(known):
        spelt.setdefault(other.upper(), []).append(other)
    near = difflib.get_close_matches(name.upper(), spelt, n=3, cutoff=0.7)
    names = spelt.get(name.upper()) or [other for close in near for other in spelt[close]]
    return f" (did you mean {', '.join(names)}?)" if names and name not in names else ""
