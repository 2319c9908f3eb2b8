"""Tokens of a text, found by compiled loops.

A text is UTF-8 in lower case. Its tokens are words (an apostrophe stays inside, `'s` goes), emojis and arrows (one
each, whatever stands beside them), numbers by kind, account names, web addresses and the marks `! ? : ;`. A cashtag
is the word NAME, as is every name that `masking` has replaced.
"""

# ruff: noqa: C901, PLR0912, PLR0915 - compiled functions branch where they stand

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

helper = njit(nogil=True, error_model="numpy")  # compiled once and called: inlining all of them takes a minute

SEED, PRIME, MIX = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15)
NONE = np.uint64(0)

# What a token is. A number may be a percentage, a sum of money, a year, or carry its sign.
START, WORD, NEGATION, MARK, CASHTAG, ACCOUNT, ADDRESS, NUMBER, PERCENT, MONEY, YEAR, RISE, FALL = range(13)
NUMBERS = (NUMBER, PERCENT, MONEY)  # that can be compared
MORE, LESS = np.uint64(92), np.uint64(93)  # roles of a number that is set beside an earlier one: "2.1 from 1.9"
COMPARISON_REACH = 9  # tokens between the two numbers

# Marks of a token, added up: where it stands in quotation marks, and where a comma follows it.
QUOTED, BEFORE_COMMA = 1, 2
CALL_UNIT, PUT_UNIT = 99, 112  # of a strike: 200c, 4475p
SHORTEST_QUOTE = 4  # tokens; fewer in quotation marks are a title or an ironic word, not somebody's statement

SPACE, BANG, QUOTE, DOLLAR, PERCENT_SIGN, APOSTROPHE, PLUS, COMMA, MINUS, POINT = 32, 33, 34, 36, 37, 39, 43, 44, 45, 46
ZERO, NINE, COLON, SEMICOLON, QUESTION, AT, UNDERSCORE, LOWER_A, LOWER_Z = 48, 57, 58, 59, 63, 64, 95, 97, 122


def hashed(word: bytes) -> int:
    """The code that a word of lower-case letters gets."""
    value = int(SEED)
    for byte in word:
        value = ((value ^ byte) * int(PRIME)) % 2**64
    return value


def codes_of(words: str) -> NDArray[np.uint64]:
    """Hash codes of words that are separated by spaces."""
    return np.array([hashed(word.encode()) for word in words.split()], np.uint64)


NEGATIONS = codes_of(
    "no not never without cannot nor neither nothing nobody none nowhere hardly barely scarcely aint isnt arent wasnt "
    "werent dont doesnt didnt cant wont wouldnt couldnt shouldnt hasnt havent hadnt nah"
)
TABLE_SLOTS = 1024  # a power of two, several times the words of any `word_table`
LAST_SLOT = np.uint64(TABLE_SLOTS - 1)
TARGET, OTHER, NAME = codes_of("xxtarget xxother xxname")
COMPARING = codes_of("vs versus from against than compared consensus estimate estimates forecast")
FROM = codes_of("from")[0]
CURRENCIES = codes_of("eur usd gbp sek dkk nok inr rs us c a hk")
THOUSANDS, MILLIONS, BILLIONS = codes_of("thousand k"), codes_of("million mln mn mil m"), codes_of("billion bln bn b")


@helper
def is_one_of(code: Any, codes: Any) -> bool:  # noqa: ANN401 - numba's numbers and arrays, as everywhere below
    """Whether a code is among others."""
    for other in codes:  # noqa: SIM110 - numba has no any()
        if code == other:
            return True
    return False


def word_table(*sets: NDArray[np.uint64]) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """A hash table with open addressing of all words of some sets of codes: codes (0 for a free slot) and flags.

    A word of the n-th set has the flag 1 << n.
    """
    keys, flags = np.zeros(TABLE_SLOTS, np.uint64), np.zeros(TABLE_SLOTS, np.uint8)
    for number, codes in enumerate(sets):
        for code in codes.tolist():
            at = code % TABLE_SLOTS
            while keys[at] not in (0, code):
                at = (at + 1) % TABLE_SLOTS
            keys[at] = code
            flags[at] |= 1 << number
    return keys, flags


@helper
def flags_of(code: Any, keys: Any, flags: Any) -> int:  # noqa: ANN401
    """The flags of a word in a `word_table`, 0 if it is in none of the sets."""
    at = np.int64(code & LAST_SLOT)
    while keys[at] != NONE:
        if keys[at] == code:
            return int(flags[at])
        at = (at + 1) % TABLE_SLOTS
    return 0


@helper
def _is_digit(byte: int) -> bool:
    return ZERO <= byte <= NINE


NEGATION_KEYS, NEGATION_FLAGS = word_table(NEGATIONS)


@helper
def _is_foreign_mark(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    """General punctuation beyond ASCII: dashes, quotes, bullets (U+2000 to U+207F)."""
    return at + 2 < end and text[at] == 0xE2 and (text[at + 1] == 0x80 or text[at + 1] == 0x81)


@helper
def _symbol(text: Any, at: int, end: int) -> int:  # noqa: ANN401
    """Bytes of the emoji, arrow or other picture that begins here, else 0."""
    if text[at] == 0xF0 and at + 3 < end and text[at + 1] == 0x9F:
        return 4
    if text[at] != 0xE2 or at + 2 >= end:
        return 0
    second = text[at + 1]
    arrows, shapes, pictures, more = (
        second in (0x86, 0x87),
        second == 0x96,
        0x98 <= second <= 0x9E,
        second in (0xAC, 0xAD),
    )
    return 3 if arrows or shapes or pictures or more else 0


@helper
def _modifier(text: Any, at: int, end: int) -> int:  # noqa: ANN401
    """Bytes of what only changes how the emoji before it looks (a skin tone, a variation selector), else 0."""
    if text[at] == 0xEF and at + 2 < end and text[at + 1] == 0xB8 and text[at + 2] == 0x8F:
        return 3
    tone = text[at] == 0xF0 and at + 3 < end and text[at + 1] == 0x9F and text[at + 2] == 0x8F and text[at + 3] >= 0xBB
    return 4 if tone else 0


@helper
def _is_letter(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    byte = text[at]
    if byte < 128:
        return bool(LOWER_A <= byte <= LOWER_Z)
    return not (_is_foreign_mark(text, at, end) or _symbol(text, at, end) or _modifier(text, at, end))


@helper
def _is_name(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    return bool(_is_letter(text, at, end) or _is_digit(text[at]) or text[at] == UNDERSCORE)


@helper
def _is_address(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    """Whether http:// or https:// begins here."""
    if at + 7 >= end or text[at] != 104 or text[at + 1] != 116 or text[at + 2] != 116 or text[at + 3] != 112:
        return False
    colon = at + 5 if text[at + 4] == 115 else at + 4
    return bool(text[colon] == COLON and text[colon + 1] == 47 and text[colon + 2] == 47)


@helper
def _number(text: Any, first: int, at: int, end: int) -> tuple[int, int]:  # noqa: ANN401
    """The kind of the number at `at`, and where it ends, unit included (5m, 3rd, 10%)."""
    start = at
    while at < end and (
        _is_digit(text[at]) or ((text[at] == COMMA or text[at] == POINT) and at + 1 < end and _is_digit(text[at + 1]))
    ):
        at += 1
    before = text[start - 1] if start > first else SPACE
    before_that = text[start - 2] if start - 1 > first else SPACE
    kind = NUMBER
    if before == PLUS and before_that <= APOSTROPHE + 1:
        kind = RISE
    elif before == MINUS and before_that <= APOSTROPHE + 1:
        kind = FALL
    elif at < end and text[at] == PERCENT_SIGN:
        kind = PERCENT
    elif before == DOLLAR:
        kind = MONEY
    elif at - start == 4 and (
        (text[start] == ZERO + 1 and text[start + 1] == NINE) or (text[start] == ZERO + 2 and text[start + 1] == ZERO)
    ):
        kind = YEAR
    while at < end and (_is_letter(text, at, end) or text[at] == PERCENT_SIGN):
        at += 1
    return kind, at


@helper
def _word(text: Any, at: int, end: int) -> tuple[Any, int, int, int]:  # noqa: ANN401
    """The hash of the word at `at`, its kind, where its spelling ends, and where to go on (a possessive 's is passed).

    Digits inside count as one and the same digit.
    """
    code = SEED
    while at < end and (_is_letter(text, at, end) or _is_digit(text[at])):
        if _is_digit(text[at]) and is_one_of(code, CURRENCIES):  # EUR131m
            break
        code = (code ^ np.uint64(ZERO if _is_digit(text[at]) else text[at])) * PRIME
        at += 1
    kind, stop = WORD, at
    tail = at + 1
    if tail < end and text[at] == APOSTROPHE and _is_letter(text, tail, end):
        at = tail
        while at < end and _is_letter(text, at, end):
            at += 1
        if at - tail > 1 or text[tail] != 115:
            for i in range(tail, at):
                code = (code ^ np.uint64(text[i])) * PRIME
            stop = at
            if at - tail == 1 and text[tail] == 116:  # n't
                kind = NEGATION
    if flags_of(code, NEGATION_KEYS, NEGATION_FLAGS):
        kind = NEGATION
    return code, kind, stop, at


@helper
def write_tokens(text: Any, bounds: tuple[int, int], tokens: Any) -> int:  # noqa: ANN401
    """Write hash, kind, span (bytes) and marks of each token between the bounds, after one for the start.

    Returns how many there are. A full stop has no token; the sentence's end is in the sign of the kind of its last one.
    """
    codes, kinds, spans, marks = tokens
    first, end = bounds
    codes[0], kinds[0], spans[0, 0], spans[0, 1], marks[0] = SEED, START, first, first, 0
    count, at, quoted = 1, first, 0
    while at < end:
        byte, start, stop = text[at], at, 0
        kind, code = START, SEED
        width = _modifier(text, at, end) if byte >= 0xEF else 0
        if width:
            at += width
            continue
        width = _symbol(text, at, end) if byte >= 0xE2 else 0
        if width:
            for i in range(at, at + width):
                code = (code ^ np.uint64(text[i])) * PRIME
            kind, at = WORD, at + width
        elif _is_address(text, at, end):
            kind = ADDRESS
            while at < end and text[at] > SPACE:
                at += 1
        elif byte == DOLLAR and at + 1 < end and _is_letter(text, at + 1, end):
            code, kind, at = NAME, WORD, at + 1
            while at < end and (
                _is_name(text, at, end) or (text[at] == POINT and at + 1 < end and _is_name(text, at + 1, end))
            ):
                at += 1
        elif byte == AT and at + 1 < end and _is_name(text, at + 1, end):
            kind, at = ACCOUNT, at + 1
            while at < end and _is_name(text, at, end):
                at += 1
        elif _is_digit(byte):
            kind, at = _number(text, first, at, end)
        elif _is_letter(text, at, end):
            code, kind, stop, at = _word(text, at, end)
        elif byte in (BANG, QUESTION, COLON, SEMICOLON):
            code, kind, at = (SEED ^ np.uint64(byte)) * PRIME, MARK, at + 1
        else:
            if byte == POINT and (at + 1 == end or text[at + 1] <= SPACE):
                kinds[count - 1] = -abs(kinds[count - 1])
            elif byte == COMMA:
                marks[count - 1] |= BEFORE_COMMA
            elif byte == QUOTE:
                quoted = QUOTED - quoted
            elif byte == 0xE2 and at + 2 < end and text[at + 1] == 0x80 and text[at + 2] in (0x9C, 0x9D):
                quoted = QUOTED if text[at + 2] == 0x9C else 0
            at += 1
            continue
        if kind >= CASHTAG:
            code = np.uint64(kind) * MIX
        codes[count], kinds[count], spans[count, 0], spans[count, 1] = code, kind, start, stop or at
        marks[count] = quoted
        count += 1
    _unquote(count, marks, still_open=quoted == QUOTED)
    return count


@helper
def _unquote(count: int, marks: Any, still_open: bool) -> None:  # noqa: ANN401
    """Take the mark from quotations that are short, that have no end, or that are the whole text."""
    begin, outside = 0, 0
    for i in range(1, count + 1):
        if i < count and marks[i] & QUOTED:
            begin = begin or i
            continue
        outside += i < count
        if begin and (i - begin < SHORTEST_QUOTE or (i == count and still_open)):
            for j in range(begin, i):
                marks[j] &= BEFORE_COMMA
        begin = 0
    if not outside:
        for i in range(1, count):
            marks[i] &= BEFORE_COMMA


@helper
def _value(text: Any, token: int, count: int, tokens: Any) -> float:  # noqa: ANN401
    """The value of a number: 1,250.5 is 1250.5; 3k, 3m and "3 bln" are scaled."""
    codes, _, spans, _ = tokens
    value, fraction, at, end = 0.0, 0.0, spans[token, 0], spans[token, 1]
    while at < end and (_is_digit(text[at]) or text[at] == COMMA or text[at] == POINT):
        if text[at] == POINT:
            fraction = 1.0
        elif text[at] != COMMA:
            value = 10.0 * value + (text[at] - ZERO)
            fraction *= 10.0
        at += 1
    if fraction > 0:
        value /= fraction
    unit = SEED
    while at < end:
        unit = (unit ^ np.uint64(text[at])) * PRIME
        at += 1
    if unit == SEED and token + 1 < count:
        unit = codes[token + 1]
    if is_one_of(unit, THOUSANDS):
        return value * 1e3
    if is_one_of(unit, MILLIONS):
        return value * 1e6
    return value * 1e9 if is_one_of(unit, BILLIONS) else value


@helper
def comparison(text: Any, token: int, count: int, tokens: Any) -> Any:  # noqa: ANN401
    """MORE or LESS if the number `token` stands beside an earlier one in "2.1 vs. 1.9" or "from 1.9 to 2.1"."""
    codes, kinds, _, _ = tokens
    percent, comparing = abs(kinds[token]) == PERCENT, False
    for back in range(1, min(COMPARISON_REACH, token - 1) + 1):
        other = token - back
        kind = abs(kinds[other])
        if kind in NUMBERS and (kind == PERCENT) == percent:
            new, old = _value(text, other, count, tokens), _value(text, token, count, tokens)
            if not comparing:
                if codes[other - 1] != FROM and codes[max(other - 2, 0)] != FROM:
                    return NONE
                new, old = old, new
            ratio = new / old if old > 0 else 1.0
            return NONE if ratio == 1.0 else (MORE if ratio > 1.0 else LESS)
        comparing = comparing or is_one_of(codes[other], COMPARING)
    return NONE
