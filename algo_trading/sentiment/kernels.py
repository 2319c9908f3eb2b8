"""The compiled loops over text: bytes in, hashed features and class scores out.

Importing this module loads numba, so the public functions do it late (see `indicators.compiling`). All helpers stand in
this one file, because numba's cache notices changes of this file alone.

A text is UTF-8 in lower case. Its tokens are words (an apostrophe stays inside, `'s` goes), numbers by kind, cashtags,
account names, web addresses and the marks `! ? : ;`. Its features come in three blocks of 2**bits buckets each:

- token n-grams, and words in reach of a negation;
- pieces of words (2 to 6 characters, blanks at both ends included);
- roles of words (see `lexicon`), pairs of roles a few words apart, and a role beside a neighbouring word.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from algo_trading.indicators.compiling import compiled

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
ENDS = types.Array(types.int64, 1, "C", readonly=True)
CODES = types.Array(types.uint64, 1, "C", readonly=True)
ROWS = types.Array(types.int32, 1, "C", readonly=True)
SCALES = types.Array(types.float32, 1, "C", readonly=True)
WEIGHTS = types.Array(types.float32, 2, "C", readonly=True)
OUT_BUCKETS = types.Array(types.uint32, 1, "C")
OUT_BOUNDS = types.Array(types.int64, 1, "C")
OUT_PLACES = types.Array(types.int64, 2, "C")
OUT_LOGITS = types.Array(types.float32, 2, "C")
BUCKETS = types.Array(types.uint32, 1, "C", readonly=True)
ROLES = types.Tuple((CODES, CODES))

helper = njit(nogil=True, error_model="numpy")  # compiled once and called: inlining all of them takes a minute

BLOCKS = 3
SEED, PRIME, MIX = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3), np.uint64(0x9E3779B97F4A7C15)
NEGATED, PIECE, ROLE, PAIR = (np.uint64(n * 0x2545F4914F6CDD1D % 2**64) for n in range(1, 5))
NONE = np.uint64(0)

# What a token is. A number may be a percentage, a sum of money, a year, or carry its sign.
START, WORD, NEGATION, MARK, CASHTAG, ACCOUNT, ADDRESS, NUMBER, PERCENT, MONEY, YEAR, RISE, FALL = range(13)
FIRST_ROLE_OF_KINDS = 36  # roles below are of words, up to 48 they stand for a kind of token
MORE, LESS = np.uint64(50), np.uint64(51)  # roles of a number that is set beside an earlier one: "2.1 from 1.9"
NUMBERS = (NUMBER, PERCENT, MONEY)  # that can be compared
COMPARISON_REACH = 9  # tokens between the two numbers

LONGEST_GRAM = 2
NEGATION_REACH = 4
ROLE_REACH = 5
SHORTEST_PIECE, LONGEST_PIECE = 2, 6
LONGEST_WORD = 40  # bytes; what is longer has no pieces
FEATURES_PER_BYTE, FEATURES_AT_LEAST = 64, 1024  # more than any text has; what exceeded it would be left out

SPACE, BANG, DOLLAR, PERCENT_SIGN, APOSTROPHE, PLUS, COMMA, MINUS, POINT = 32, 33, 36, 37, 39, 43, 44, 45, 46
ZERO, NINE, COLON, SEMICOLON, QUESTION, AT, UNDERSCORE, LOWER_A, LOWER_Z = 48, 57, 58, 59, 63, 64, 95, 97, 122


def hashed(word: bytes) -> int:
    """The code that a word of lower-case letters gets."""
    value = int(SEED)
    for byte in word:
        value = ((value ^ byte) * int(PRIME)) % 2**64
    return value


def _codes(words: str) -> NDArray[np.uint64]:
    return np.array([hashed(word.encode()) for word in words.split()], np.uint64)


NEGATIONS = _codes("no not never without cannot nor neither")
COMPARING = _codes("vs versus from against than compared consensus estimate estimates forecast")
FROM = _codes("from")[0]
CURRENCIES = _codes("eur usd gbp sek dkk nok inr rs us c a hk")
THOUSANDS, MILLIONS, BILLIONS = _codes("thousand k"), _codes("million mln mn mil m"), _codes("billion bln bn b")


@helper
def _is_one_of(code: Any, codes: Any) -> bool:  # noqa: ANN401 - numba's numbers and arrays, as everywhere below
    for other in codes:
        if code == other:
            return True
    return False


@helper
def _is_digit(byte: int) -> bool:
    return ZERO <= byte <= NINE


@helper
def _is_foreign_mark(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    """General punctuation beyond ASCII: dashes, quotes, bullets (U+2000 to U+207F)."""
    return at + 2 < end and text[at] == 0xE2 and (text[at + 1] == 0x80 or text[at + 1] == 0x81)


@helper
def _is_letter(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    byte = text[at]
    return LOWER_A <= byte <= LOWER_Z or (byte >= 128 and not _is_foreign_mark(text, at, end))


@helper
def _is_name(text: Any, at: int, end: int) -> bool:  # noqa: ANN401
    return _is_letter(text, at, end) or _is_digit(text[at]) or text[at] == UNDERSCORE


@helper
def _apostrophe(text: Any, at: int, end: int) -> int:  # noqa: ANN401
    """Bytes of the apostrophe at `at`: 1, or 3 for the typographic one; 0 if there is none."""
    if at < end and text[at] == APOSTROPHE:
        return 1
    return 3 if at < end and _is_foreign_mark(text, at, end) and text[at + 1] == 0x80 and text[at + 2] == 0x99 else 0


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
        if _is_digit(text[at]) and _is_one_of(code, CURRENCIES):  # EUR131m
            break
        code = (code ^ np.uint64(ZERO if _is_digit(text[at]) else text[at])) * PRIME
        at += 1
    kind, stop = WORD, at
    tail = at + _apostrophe(text, at, end)
    if tail > at and tail < end and _is_letter(text, tail, end):
        at = tail
        while at < end and _is_letter(text, at, end):
            at += 1
        if at - tail > 1 or text[tail] != 115:
            for i in range(tail, at):
                code = (code ^ np.uint64(text[i])) * PRIME
            stop = at
            if at - tail == 1 and text[tail] == 116:  # n't
                kind = NEGATION
    if _is_one_of(code, NEGATIONS):
        kind = NEGATION
    return code, kind, stop, at


@helper
def _tokens(text: Any, first: int, end: int, codes: Any, kinds: Any, spans: Any) -> int:  # noqa: ANN401
    """Write hash, kind and span (bytes) of each token of text[first:end], after one for its start; returns how many.

    A full stop has no token; the sentence's end is in the sign of the kind of its last token.
    """
    codes[0], kinds[0], spans[0, 0], spans[0, 1] = SEED, START, first, first
    count, at = 1, first
    while at < end:
        byte, start, stop = text[at], at, 0
        kind, code = START, SEED
        if _is_address(text, at, end):
            kind = ADDRESS
            while at < end and text[at] > SPACE:
                at += 1
        elif byte == DOLLAR and at + 1 < end and _is_letter(text, at + 1, end):
            kind, at = CASHTAG, at + 1
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
        elif byte == BANG or byte == QUESTION or byte == COLON or byte == SEMICOLON:
            code, kind, at = (SEED ^ np.uint64(byte)) * PRIME, MARK, at + 1
        else:
            if byte == POINT and (at + 1 == end or text[at + 1] <= SPACE):
                kinds[count - 1] = -abs(kinds[count - 1])
            at += 1
            continue
        if kind >= CASHTAG:
            code = np.uint64(kind) * MIX
        codes[count], kinds[count], spans[count, 0], spans[count, 1] = code, kind, start, stop if stop else at
        count += 1
    return count


@helper
def _bucket(code: Any, bits: int, block: int) -> Any:  # noqa: ANN401
    mixed = (code ^ (code >> np.uint64(32))) * MIX
    return np.uint32(mixed >> np.uint64(64 - bits)) + np.uint32(block << bits)


@helper
def _roles_of(code: Any, kind: int, mark: int, roles: Any) -> Any:  # noqa: ANN401
    """Roles of a token, one per byte from the lowest: a word's from the table, another token's by its kind."""
    if kind == MARK and (mark == QUESTION or mark == COLON):
        return np.uint64(mark)  # 63 and 58, beyond the kinds
    if kind != WORD:
        return np.uint64(FIRST_ROLE_OF_KINDS + kind)
    keys, packed = roles
    at = np.int64(code % np.uint64(len(keys)))
    while keys[at] != NONE:
        if keys[at] == code:
            return packed[at]
        at = at + 1 if at + 1 < len(keys) else 0
    return NONE


@helper
def _value(text: Any, token: int, count: int, codes: Any, spans: Any) -> float:  # noqa: ANN401
    """The value of a number: 1,250.5 is 1250.5; 3k, 3m and "3 bln" are scaled."""
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
    if _is_one_of(unit, THOUSANDS):
        return value * 1e3
    if _is_one_of(unit, MILLIONS):
        return value * 1e6
    return value * 1e9 if _is_one_of(unit, BILLIONS) else value


@helper
def _comparison(text: Any, token: int, count: int, codes: Any, kinds: Any, spans: Any) -> Any:  # noqa: ANN401
    """MORE or LESS if the number `token` stands beside an earlier one in "2.1 vs. 1.9" or "from 1.9 to 2.1"."""
    percent, comparing = abs(kinds[token]) == PERCENT, False
    for back in range(1, min(COMPARISON_REACH, token - 1) + 1):
        other = token - back
        kind = abs(kinds[other])
        if kind in NUMBERS and (kind == PERCENT) == percent:
            new, old = _value(text, other, count, codes, spans), _value(text, token, count, codes, spans)
            if not comparing:
                if codes[other - 1] != FROM and codes[max(other - 2, 0)] != FROM:
                    return NONE
                new, old = old, new
            ratio = new / old if old > 0 else 1.0
            return NONE if ratio == 1.0 else (MORE if ratio > 1.0 else LESS)
        comparing = comparing or _is_one_of(codes[other], COMPARING)
    return NONE


@helper
def _features(  # noqa: ANN202
    text: Any, first: int, end: int, bits: int, roles: Any, scratch: Any, buckets: Any, places: Any
):
    """Write bucket and span (bytes) of each feature of text[first:end]; returns how many."""
    codes, kinds, spans, own = scratch
    count = _tokens(text, first, end, codes, kinds, spans)
    limit = FEATURES_AT_LEAST + FEATURES_PER_BYTE * (end - first)
    made, reach, played = 0, 0, 0  # `played` counts the tokens that may have roles; `own` keeps which and what
    for i in range(count):
        kind = abs(kinds[i])
        low, high = spans[i, 0], spans[i, 1]
        if made + LONGEST_PIECE * LONGEST_WORD + 8 * 8 * ROLE_REACH > limit:
            break
        code = NONE
        for back in range(min(LONGEST_GRAM, i + 1)):
            code = (code * PRIME) ^ codes[i - back]
            buckets[made] = _bucket(code + np.uint64(back), bits, 0)
            places[made, 0], places[made, 1] = spans[i - back, 0], high
            made += 1
        negated = reach > 0 and kind != NEGATION
        if negated:
            buckets[made] = _bucket(codes[i] ^ NEGATED, bits, 0)
            places[made, 0], places[made, 1] = low, high
            made += 1
        if (kind == WORD or kind == NEGATION) and high - low <= LONGEST_WORD:
            for begin in range(low - 1, high):
                code = PIECE
                for at in range(begin, min(begin + LONGEST_PIECE, high + 1)):
                    code = (code ^ np.uint64(text[at] if low <= at < high else SPACE)) * PRIME
                    if at - begin + 1 >= SHORTEST_PIECE:
                        buckets[made] = _bucket(code, bits, 1)
                        places[made, 0], places[made, 1] = low, high
                        made += 1
        if kind != NEGATION and kind != ADDRESS:
            mine = _roles_of(codes[i], kind, np.int64(text[low]), roles)
            if kind in NUMBERS:
                mine = mine | (_comparison(text, i, count, codes, kinds, spans) << np.uint64(8))
            sign = np.uint64(128) if negated else NONE
            before = own[played - 1, 0] if played else np.uint64(i)
            left = mine
            while left != NONE:
                role = (left & np.uint64(127)) | sign
                left = left >> np.uint64(8)
                buckets[made] = _bucket(role * ROLE, bits, 2)
                places[made, 0], places[made, 1] = low, high
                made += 1
                if played:
                    buckets[made] = _bucket(codes[np.int64(before)] ^ (role * ROLE + np.uint64(1)) * PAIR, bits, 2)
                    places[made, 0], places[made, 1] = spans[np.int64(before), 0], high
                    made += 1
                for back in range(1, min(ROLE_REACH, played) + 1):
                    other, their_sign = own[played - back, 1], own[played - back, 2]
                    while other != NONE:
                        their = (other & np.uint64(127)) | their_sign
                        other = other >> np.uint64(8)
                        buckets[made] = _bucket((their * ROLE + np.uint64(2)) * PAIR ^ (role * ROLE), bits, 2)
                        places[made, 0], places[made, 1] = spans[np.int64(own[played - back, 0]), 0], high
                        made += 1
            if played:
                other, their_sign = own[played - 1, 1], own[played - 1, 2]
                while other != NONE:
                    their = (other & np.uint64(127)) | their_sign
                    other = other >> np.uint64(8)
                    buckets[made] = _bucket(codes[i] ^ (their * ROLE + np.uint64(3)) * PAIR, bits, 2)
                    places[made, 0], places[made, 1] = spans[np.int64(before), 0], high
                    made += 1
            own[played, 0], own[played, 1], own[played, 2] = np.uint64(i), mine, sign
            played += 1
        if kind == NEGATION:
            reach = NEGATION_REACH
        elif reach > 0:
            reach -= 1
        if kind == MARK or kinds[i] < 0:
            reach = 0
    return made


@compiled(types.void(BYTES, ENDS, types.int64, ROLES, OUT_BUCKETS, OUT_PLACES, OUT_BOUNDS))
def features(text: Any, ends: Any, bits: int, roles: Any, buckets: Any, places: Any, bounds: Any) -> None:  # noqa: ANN401
    """Write buckets and places (bytes from the start of `text`) of the features of all texts in turn.

    `ends` are the texts' bounds in `text`, from 0 on; `roles` is the hash table of `lexicon.role_table`. Features of
    text i are those from bounds[i] to bounds[i + 1]; `room` says how much space `buckets` and `places` need.
    """
    longest = 0
    for i in range(1, len(ends)):
        longest = max(longest, ends[i] - ends[i - 1])
    tokens = longest + 1
    scratch = (
        np.empty(tokens, np.uint64),
        np.empty(tokens, np.int8),
        np.empty((tokens, 2), np.int64),
        np.empty((tokens, 3), np.uint64),
    )
    bounds[0] = 0
    for i in range(1, len(ends)):
        low = bounds[i - 1]
        made = _features(text, ends[i - 1], ends[i], bits, roles, scratch, buckets[low:], places[low:])
        bounds[i] = low + made


@compiled(types.void(BUCKETS, ENDS, types.int64, ROWS, SCALES, WEIGHTS, OUT_LOGITS))
def logits(buckets: Any, bounds: Any, bits: int, rows: Any, idf: Any, weights: Any, out: Any) -> None:  # noqa: ANN401
    """Add to out[i] the scores of the classes for text i, whose features are buckets[bounds[i]:bounds[i + 1]].

    rows[bucket] is the row of `idf` and `weights` for a bucket, or -1. A feature that occurs n times has the value
    (1 + log n) * idf, and the values of each block are scaled to length 1.
    """
    seen = np.zeros(len(idf), np.int32)
    classes = weights.shape[1]
    sums, squares = np.zeros((BLOCKS, classes), np.float32), np.zeros(BLOCKS, np.float32)
    for i in range(len(bounds) - 1):
        mine = buckets[bounds[i] : bounds[i + 1]]
        for bucket in mine:
            if rows[bucket] >= 0:
                seen[rows[bucket]] += 1
        sums[:], squares[:] = 0, 0
        for bucket in mine:
            row = rows[bucket]
            if row < 0 or seen[row] == 0:
                continue
            value = idf[row]
            if seen[row] > 1:
                value *= np.float32(1 + np.log(seen[row]))
            seen[row] = 0
            block = bucket >> np.uint32(bits)
            squares[block] += value * value
            for c in range(classes):
                sums[block, c] += value * weights[row, c]
        for block in range(BLOCKS):
            if squares[block] > 0:
                for c in range(classes):
                    out[i, c] += sums[block, c] / np.sqrt(squares[block])
