"""Roles of words and phrases in financial text, read from the packaged tables and a table of the user's.

"Cut", "slash" and "trim" play one role, "profit" and "sales" another, so a model that has seen "slashes its dividend"
knows something about "trims outlook" too. Traders' words and emojis are bullish or bearish whatever else they are.
"""

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from algo_trading.errors import ConfigError

ROLES, TABLES = "roles.txt", ("slang.csv", "emojis.csv", "options.csv", "general.csv")
COLUMNS = ("expression", "meaning", "note")
ENDINGS = ("s", "es", "ed", "d", "ing")
VOWELS = "aeiou"
MOST_ROLES = 4  # of one word
SLOTS = 1 << 16  # of the hash table, several for each word
# What an expression of a table may mean, as numbers of roles (see `scopes`).
MEANINGS = {"call": 60, "put": 61, "buy": 62, "sell": 63, "bullish": 64, "bearish": 65, "positive": 66, "negative": 67}
NEUTRAL, NO_ROLE, STARTS_PHRASE = "neutral", 121, 120
LONGEST_PHRASE = 6  # words
# The sentiment of news of a role by itself, for the sum over a text.
SIGNS = {
    **dict.fromkeys(("up", "raise", "beat", "approve", "help"), 1),
    **dict.fromkeys(("down", "cut", "miss", "legal harm", "stop", "distress", "leave"), -1),
}

RoleTable = tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int8]]


@lru_cache
def role_names() -> tuple[str, ...]:
    """The roles of the packaged list; the number of each is its place, from 1 on."""
    return tuple(line.strip("[]") for line in _packaged(ROLES).splitlines() if line.startswith("["))


@lru_cache
def roles(own: Path | None = None) -> dict[str, tuple[int, ...]]:
    """Numbers of the roles of each word (regular endings included) and phrase in lower case.

    `own` is a user's table; its meanings replace those of packaged tables.

    Raises:
        ConfigError: the user's table cannot be read.
    """
    found: dict[str, dict[int, None]] = {}
    number = 0
    for line in _packaged(ROLES).splitlines():
        if line.startswith("["):
            number += 1
        elif not line.startswith("#"):
            for word in line.split():
                for form in _forms(word):
                    found.setdefault(form, {})[number] = None
    words = {word: tuple(numbers)[: MOST_ROLES - 1] for word, numbers in found.items()}
    meant: dict[str, str] = {}
    for name in reversed(TABLES):  # the traders' meaning goes before the general one
        meant |= dict(_rows(_packaged(name), name))
    if own:
        meant |= dict(_rows(_own(own), str(own)))
    for expression, meaning in meant.items():
        before = () if meaning == NEUTRAL else words.get(expression, ())
        words[expression] = (NO_ROLE,) if meaning == NEUTRAL else (MEANINGS[meaning], *before)
    return words


@lru_cache
def role_table(own: Path | None = None) -> RoleTable:
    """The roles as a hash table with open addressing: hashes (0 for a free slot) and roles, one per byte; and SIGNS.

    A word that begins a phrase has STARTS_PHRASE before its roles.
    """
    from algo_trading.sentiment.classify.tokens import PRIME, hashed

    packed: dict[int, int] = {}
    starts: set[int] = set()
    for expression, numbers in roles(own).items():
        words = [hashed(word.encode()) for word in expression.split()]
        code = words[0]
        if len(words) > 1:
            starts.add(words[0])
            code = 0
            for word in words:
                code = (code * int(PRIME) ^ word) % 2**64
            code = code * (2 * (len(words) - 1) + 1) % 2**64
        packed[code] = sum(number << 8 * place for place, number in enumerate(numbers))
    for start in starts:
        packed[start] = packed.get(start, 0) << 8 | STARTS_PHRASE
    keys, values = np.zeros(SLOTS, np.uint64), np.zeros(SLOTS, np.uint64)
    for code, value in packed.items():
        at = code % SLOTS
        while keys[at]:
            at = (at + 1) % SLOTS
        keys[at], values[at] = code, value
    signs = np.zeros(128, np.int8)
    for name, sign in SIGNS.items():
        signs[role_names().index(name) + 1] = sign
    return keys, values, signs


def normal_form(expression: str) -> str:
    """An expression as the tokens of a text are: lower case, no apostrophes, digits alike, a name as xxname."""
    plain = re.sub(r"[\u2019\ufe0f]|'(?!s\b)|'s\b", "", expression.lower())
    return " ".join(re.sub(r"\d", "0", plain).replace("-", " ").split())


def _packaged(name: str) -> str:
    return (files("algo_trading") / "data" / "lexicon" / name).read_text(encoding="utf-8")


def _own(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(
            f"the table of expressions {path} cannot be read: {reason.lower()}; correct scorers.finance.expressions"
        ) from error


def _rows(text: str, place: str) -> Iterator[tuple[str, str]]:
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    if tuple(next(rows, ())) != COLUMNS:
        raise ConfigError(f"{place}: the first line must be {','.join(COLUMNS)}")
    for cells in rows:
        if not cells:
            continue
        expression, meaning = normal_form(cells[0]), cells[1].strip() if len(cells) > 1 else ""
        if meaning not in MEANINGS and meaning != NEUTRAL:
            known = ", ".join((*MEANINGS, NEUTRAL))
            raise ConfigError(f"{place}: {cells[0]!r} has the meaning {meaning!r}; known meanings: {known}")
        if not 1 <= len(expression.split()) <= LONGEST_PHRASE:
            raise ConfigError(f"{place}: {cells[0]!r} must have 1 to {LONGEST_PHRASE} words")
        yield expression, meaning


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
