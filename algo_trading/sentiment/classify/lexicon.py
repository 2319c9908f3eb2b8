"""Roles of words in financial text, read from the packaged list.

"Cut", "slash" and "trim" play one role, "profit" and "sales" another, so a model that has seen "slashes its dividend"
knows something about "trims outlook" too.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

ENDINGS = ("s", "es", "ed", "d", "ing")
VOWELS = "aeiou"
MOST_ROLES = 4  # of one word
SLOTS = 1 << 15  # of the hash table, several for each word

RoleTable = tuple[NDArray[np.uint64], NDArray[np.uint64]]


@lru_cache
def roles() -> dict[str, tuple[int, ...]]:
    """Numbers of the roles (from 1 on) of each word in lower case, regular endings included."""
    text = (files("algo_trading") / "data" / "models" / "lexicon.txt").read_text(encoding="utf-8")
    found: dict[str, dict[int, None]] = {}
    number = 0
    for line in text.splitlines():
        if line.startswith("["):
            number += 1
        elif not line.startswith("#"):
            for word in line.split():
                for form in _forms(word):
                    found.setdefault(form, {})[number] = None
    return {word: tuple(numbers)[:MOST_ROLES] for word, numbers in found.items()}


@lru_cache
def role_table() -> RoleTable:
    """The roles as a hash table with open addressing: hashes of words (0 for a free slot) and roles, one per byte."""
    from algo_trading.sentiment.classify.tokens import hashed

    keys, packed = np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.uint64)
    for word, numbers in roles().items():
        code = hashed(word.encode())
        at = code % SLOTS
        while keys[at]:
            at = (at + 1) % SLOTS
        keys[at], packed[at] = code, sum(number << 8 * place for place, number in enumerate(numbers))
    return keys, packed


def _forms(word: str) -> list[str]:
    """The word and what regular endings make of it; forms that do not exist do no harm."""
    forms = [word, *(word + ending for ending in ENDINGS)]
    if word.endswith("e"):
        forms.append(word[:-1] + "ing")
    elif word.endswith("y"):
        forms += [word[:-1] + "ies", word[:-1] + "ied"]
    elif len(word) > 2 and word[-1] not in VOWELS and word[-2] in VOWELS:
        forms += [word + word[-1] + "ed", word + word[-1] + "ing"]
    return forms
