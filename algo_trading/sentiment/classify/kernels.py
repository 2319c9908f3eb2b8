"""The compiled loops over text: bytes in, hashed features and class scores out.

Importing this module loads numba, so the public functions do it late (see `indicators.compiling`).

The features of a text come in three blocks of 2**BITS buckets each:

- n-grams of tokens (see `tokens`), and words in reach of a negation;
- pieces of words (2 to 6 bytes, blanks at both ends included);
- roles of words (see `lexicon`), pairs of roles a few words apart, and a role beside a neighbouring word.
"""

# ruff: noqa: PLR0917, C901 - compiled functions take arrays by position and branch where they stand

from typing import Any

import numpy as np
from numba import types

from algo_trading.indicators.compiling import compiled
from algo_trading.sentiment.classify.tokens import (
    ADDRESS,
    COLON,
    MARK,
    MIX,
    NEGATION,
    NONE,
    NUMBERS,
    PRIME,
    QUESTION,
    SPACE,
    WORD,
    comparison,
    helper,
    write_tokens,
)

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
ENDS = types.Array(types.int64, 1, "C", readonly=True)
CODES = types.Array(types.uint64, 1, "C", readonly=True)
ROWS = types.Array(types.int32, 1, "C", readonly=True)
SCALES = types.Array(types.float32, 1, "C", readonly=True)
WEIGHTS = types.Array(types.float32, 2, "C", readonly=True)
BUCKETS = types.Array(types.uint32, 1, "C", readonly=True)
OUT_BUCKETS = types.Array(types.uint32, 1, "C")
OUT_BOUNDS = types.Array(types.int64, 1, "C")
OUT_PLACES = types.Array(types.int64, 2, "C")
OUT_LOGITS = types.Array(types.float32, 2, "C")
ROLES = types.Tuple((CODES, CODES))

BITS = 18
BLOCKS = 3
NEGATED, PIECE, ROLE, PAIR = (np.uint64(n * 0x2545F4914F6CDD1D % 2**64) for n in range(1, 5))
BYTE, ROLE_BITS, NEGATED_ROLE = np.uint64(8), np.uint64(127), np.uint64(128)
FIRST_ROLE_OF_KINDS = 36  # roles below are of words, up to 48 they stand for a kind of token

LONGEST_GRAM = 2
NEGATION_REACH = 4
ROLE_REACH = 5
SHORTEST_PIECE, LONGEST_PIECE = 2, 6
LONGEST_WORD = 40  # bytes; what is longer has no pieces
FEATURES_OF_TOKEN = LONGEST_PIECE * LONGEST_WORD + 8 * 8 * ROLE_REACH  # no token has more
FEATURES_PER_BYTE, FEATURES_AT_LEAST = 64, 1024  # more than any text has; what exceeded it would be left out


@helper
def _put(made: int, code: Any, block: int, span: tuple[int, int], out: Any) -> int:  # noqa: ANN401
    """Add a feature of the block to `out`; returns how many there are."""
    buckets, places = out
    mixed = (code ^ (code >> np.uint64(32))) * MIX
    buckets[made] = np.uint32(mixed >> np.uint64(64 - BITS)) + np.uint32(block << BITS)
    places[made, 0], places[made, 1] = span
    return made + 1


@helper
def _grams(made: int, at: int, negated: bool, tokens: Any, out: Any) -> int:  # noqa: ANN401
    """N-grams that end with the token `at`, and the token as one in reach of a negation."""
    codes, _, spans = tokens
    code = NONE
    for back in range(min(LONGEST_GRAM, at + 1)):
        code = (code * PRIME) ^ codes[at - back]
        made = _put(made, code + np.uint64(back), 0, (spans[at - back, 0], spans[at, 1]), out)
    if negated:
        made = _put(made, codes[at] ^ NEGATED, 0, (spans[at, 0], spans[at, 1]), out)
    return made


@helper
def _pieces(made: int, text: Any, low: int, high: int, out: Any) -> int:  # noqa: ANN401
    """Pieces of the word text[low:high] with a blank at both ends."""
    for begin in range(low - 1, high):
        code = PIECE
        for at in range(begin, min(begin + LONGEST_PIECE, high + 1)):
            code = (code ^ np.uint64(text[at] if low <= at < high else SPACE)) * PRIME
            if at - begin + 1 >= SHORTEST_PIECE:
                made = _put(made, code, 1, (low, high), out)
    return made


@helper
def _roles_of(code: Any, kind: int, mark: int, table: Any) -> Any:  # noqa: ANN401
    """Roles of a token, one per byte from the lowest: a word's from the table, another token's by its kind."""
    if kind == MARK and mark in (QUESTION, COLON):
        return np.uint64(mark)  # 63 and 58, beyond the kinds
    if kind != WORD:
        return np.uint64(FIRST_ROLE_OF_KINDS + kind)
    keys, packed = table
    at: Any = np.int64(code % np.uint64(len(keys)))
    while keys[at] != NONE:
        if keys[at] == code:
            return packed[at]
        at = at + 1 if at + 1 < len(keys) else 0
    return NONE


@helper
def _roles(made: int, played: int, own: Any, tokens: Any, out: Any) -> int:  # noqa: ANN401
    """Features of the roles of the last of the `played` tokens: alone, beside its neighbour, and in pairs.

    A row of `own` is a token's number, its roles, and the sign of being negated.
    """
    codes, _, spans = tokens
    at, last = np.int64(own[played - 1, 0]), played - 1
    before = np.int64(own[max(last - 1, 0), 0])
    span, pair = (spans[at, 0], spans[at, 1]), (spans[before, 0], spans[at, 1])
    left = own[last, 1]
    while left != NONE:
        role = (left & ROLE_BITS) | own[last, 2]
        left = left >> BYTE
        made = _put(made, role * ROLE, 2, span, out)
        if last:
            made = _put(made, codes[before] ^ (role * ROLE + np.uint64(1)) * PAIR, 2, pair, out)
        for back in range(1, min(ROLE_REACH, last) + 1):
            first = spans[np.int64(own[last - back, 0]), 0]
            others = own[last - back, 1]
            while others != NONE:
                other = (others & ROLE_BITS) | own[last - back, 2]
                others = others >> BYTE
                code = (other * ROLE + np.uint64(2)) * PAIR ^ (role * ROLE)
                made = _put(made, code, 2, (first, spans[at, 1]), out)
    others = own[last - 1, 1] if last else NONE
    while others != NONE:
        other = (others & ROLE_BITS) | own[last - 1, 2]
        others = others >> BYTE
        made = _put(made, codes[at] ^ (other * ROLE + np.uint64(3)) * PAIR, 2, pair, out)
    return made


@helper
def _features(text: Any, bounds: tuple[int, int], table: Any, scratch: Any, out: Any) -> int:  # noqa: ANN401
    """Write bucket and span (bytes) of each feature of the text between the bounds; returns how many."""
    tokens, own = scratch
    codes, kinds, spans = tokens
    count = write_tokens(text, bounds, tokens)
    limit = FEATURES_AT_LEAST + FEATURES_PER_BYTE * (bounds[1] - bounds[0]) - FEATURES_OF_TOKEN
    made, played, reach = 0, 0, 0  # `played` counts the tokens that may have roles, `reach` what a negation still does
    for i in range(count):
        if made > limit:
            break
        kind, low, high = abs(kinds[i]), spans[i, 0], spans[i, 1]
        negated = reach > 0 and kind != NEGATION
        made = _grams(made, i, negated, tokens, out)
        if kind in (WORD, NEGATION) and high - low <= LONGEST_WORD:
            made = _pieces(made, text, low, high, out)
        if kind not in (NEGATION, ADDRESS):
            mine = _roles_of(codes[i], kind, np.int64(text[low]) if kind == MARK else 0, table)
            if kind in NUMBERS:
                mine = mine | (comparison(text, i, count, tokens) << BYTE)
            own[played, 0], own[played, 1], own[played, 2] = np.uint64(i), mine, NEGATED_ROLE if negated else NONE
            played += 1
            made = _roles(made, played, own, tokens, out)
        if kind == NEGATION:
            reach = NEGATION_REACH
        elif reach > 0:
            reach -= 1
        if kind == MARK or kinds[i] < 0:
            reach = 0
    return made


@compiled(types.void(BYTES, ENDS, ROLES, OUT_BUCKETS, OUT_PLACES, OUT_BOUNDS))
def features(text: Any, ends: Any, roles: Any, buckets: Any, places: Any, bounds: Any) -> None:  # noqa: ANN401
    """Write buckets and places (bytes from the start of `text`) of the features of all texts in turn.

    `ends` are the texts' bounds in `text`, from 0 on; `roles` is the hash table of `lexicon.role_table`. Features of
    text i are those from bounds[i] to bounds[i + 1]; `buckets` and `places` have
    room for FEATURES_AT_LEAST of each text and FEATURES_PER_BYTE.
    """
    longest = 0
    for i in range(1, len(ends)):
        longest = max(longest, ends[i] - ends[i - 1])
    tokens = longest + 1
    codes, kinds, spans = np.empty(tokens, np.uint64), np.empty(tokens, np.int8), np.empty((tokens, 2), np.int64)
    scratch = ((codes, kinds, spans), np.empty((tokens, 3), np.uint64))
    bounds[0] = 0
    for i in range(1, len(ends)):
        low = bounds[i - 1]
        made = _features(text, (ends[i - 1], ends[i]), roles, scratch, (buckets[low:], places[low:]))
        bounds[i] = low + made


@compiled(types.void(BUCKETS, ENDS, ROWS, SCALES, WEIGHTS, OUT_LOGITS))
def logits(buckets: Any, bounds: Any, rows: Any, idf: Any, weights: Any, out: Any) -> None:  # noqa: ANN401
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
            block = bucket >> np.uint32(BITS)
            squares[block] += value * value
            for c in range(classes):
                sums[block, c] += value * weights[row, c]
        for block in range(BLOCKS):
            if squares[block] > 0:
                for c in range(classes):
                    out[i, c] += sums[block, c] / np.sqrt(squares[block])
