"""The compiled loops over text: bytes in, hashed features and class scores out.

Importing this module loads numba, so the public functions do it late (see `indicators.compiling`).

The features of a text come in blocks of 2**BITS buckets each:

- n-grams of tokens (see `tokens`), apart by what their sentence does to them (see `scopes`);
- pieces of words (bytes, blanks at both ends included) that are asserted;
- roles of words (see `lexicon`), pairs of roles a few words apart, a role beside a neighbouring word, and roles and
  words by the names to their left and right;
- the stance: how much bullish and bearish, good and bad is asserted in all, and what kind of sentence it is.
"""

# ruff: noqa: ANN401, PLR0917, C901 - compiled functions take arrays by position and branch where they stand

from typing import Any

import numpy as np
from numba import types

from algo_trading.indicators.compiling import compiled
from algo_trading.sentiment.classify.scopes import (
    ANOTHER,
    ASSERTED,
    BEARISH,
    BULLISH,
    BYTE,
    CITED,
    DENIED,
    NEGATIVE,
    NO_ENTITY,
    POSITIVE,
    ROLE_BITS,
    THE_TARGET,
    UNREAL,
    is_entity,
    is_foreign,
    option_side,
    write_roles,
    write_scopes,
)
from algo_trading.sentiment.classify.tokens import (
    ADDRESS,
    MIX,
    NEGATION,
    NONE,
    PRIME,
    SPACE,
    WORD,
    codes_of,
    helper,
    is_one_of,
    write_tokens,
)

BYTES = types.Array(types.uint8, 1, "C", readonly=True)
ENDS = types.Array(types.int64, 1, "C", readonly=True)
CODES = types.Array(types.uint64, 1, "C", readonly=True)
SIGNS = types.Array(types.int8, 1, "C", readonly=True)
ROWS = types.Array(types.int32, 1, "C", readonly=True)
WEIGHTS = types.Array(types.float32, 2, "C", readonly=True)
BUCKETS = types.Array(types.uint32, 1, "C", readonly=True)
OUT_BUCKETS = types.Array(types.uint32, 1, "C")
OUT_BOUNDS = types.Array(types.int64, 1, "C")
OUT_PLACES = types.Array(types.int64, 2, "C")
OUT_LOGITS = types.Array(types.float32, 2, "C")
ROLES = types.Tuple((CODES, CODES, SIGNS))

BITS = 18
GRAMS, PIECES, OF_ROLES, STANCE = range(4)
BLOCKS = 4
PIECE, ROLE, PAIR, SCOPE, BETWEEN, SUM = (np.uint64(n * 0x2545F4914F6CDD1D % 2**64) for n in range(1, 7))
SCOPE_ROLE = np.uint64(128)  # of each scope, added to a role

LONGEST_GRAM = 2
ROLE_REACH = 5
SHORTEST_PIECE, LONGEST_PIECE = 3, 5
LONGEST_WORD = 40  # bytes; what is longer has no pieces
ENTITY_REACH = 6  # tokens around the name asked about whose words count with their side
HIGHEST_SUM = 3
MOST_COUNTED = 60_000  # occurrences of a feature in a text
BY, AND_OR = codes_of("by")[0], codes_of("and or & plus")
FEATURES_OF_TOKEN = LONGEST_PIECE * LONGEST_WORD + 8 * 8 * ROLE_REACH + 32  # no token has more
FEATURES_PER_BYTE, FEATURES_AT_LEAST = 64, 1024  # more than any text has; what exceeded it would be left out


@helper
def _put(made: int, code: Any, block: int, span: tuple[int, int], out: Any) -> int:
    """Add a feature of the block to `out`, whose places may be left out; returns how many there are."""
    buckets, places = out
    mixed = (code ^ (code >> np.uint64(32))) * MIX
    buckets[made] = np.uint32(mixed >> np.uint64(64 - BITS)) + np.uint32(block << BITS)
    if len(places):
        places[made, 0], places[made, 1] = span
    return made + 1


@helper
def _grams(made: int, at: int, scope: Any, tokens: Any, out: Any) -> int:
    """N-grams that end with the token `at`, in its scope."""
    codes, _, spans, _ = tokens
    code, sign = NONE, np.uint64(scope) * SCOPE
    for back in range(min(LONGEST_GRAM, at + 1)):
        code = (code * PRIME) ^ codes[at - back]
        made = _put(made, (code + np.uint64(back)) ^ sign, GRAMS, (spans[at - back, 0], spans[at, 1]), out)
    return made


@helper
def _pieces(made: int, text: Any, low: int, high: int, out: Any) -> int:
    """Pieces of the word text[low:high] with a blank at both ends."""
    for begin in range(low - 1, high):
        code = PIECE
        for at in range(begin, min(begin + LONGEST_PIECE, high + 1)):
            code = (code ^ np.uint64(text[at] if low <= at < high else SPACE)) * PRIME
            if at - begin + 1 >= SHORTEST_PIECE:
                made = _put(made, code, PIECES, (low, high), out)
    return made


@helper
def _roles(made: int, played: int, own: Any, tokens: Any, out: Any) -> int:
    """Features of the roles of the last of the `played` tokens: alone, beside its neighbour, and in pairs.

    A row of `own` is a token's number, its roles, and what its scope adds to them.
    """
    codes, _, spans, _ = tokens
    at, last = np.int64(own[played - 1, 0]), played - 1
    before = np.int64(own[max(last - 1, 0), 0])
    span, pair = (spans[at, 0], spans[at, 1]), (spans[before, 0], spans[at, 1])
    left = own[last, 1]
    while left != NONE:
        role = (left & ROLE_BITS) + own[last, 2]
        left = left >> BYTE
        made = _put(made, role * ROLE, OF_ROLES, span, out)
        if last:
            made = _put(made, codes[before] ^ (role * ROLE + np.uint64(1)) * PAIR, OF_ROLES, pair, out)
        for back in range(1, min(ROLE_REACH, last) + 1):
            first = spans[np.int64(own[last - back, 0]), 0]
            others = own[last - back, 1]
            while others != NONE:
                other = (others & ROLE_BITS) + own[last - back, 2]
                others = others >> BYTE
                code = (other * ROLE + np.uint64(2)) * PAIR ^ (role * ROLE)
                made = _put(made, code, OF_ROLES, (first, spans[at, 1]), out)
    others = own[last - 1, 1] if last else NONE
    while others != NONE:
        other = (others & ROLE_BITS) + own[last - 1, 2]
        others = others >> BYTE
        made = _put(made, codes[at] ^ (other * ROLE + np.uint64(3)) * PAIR, OF_ROLES, pair, out)
    return made


@helper
def _write_sides(count: int, tokens: Any, sides: Any) -> tuple[int, int]:
    """Write for each token the nearest name of its sentence to the left and right and the tokens up to there.

    A row of `sides`: what is left, its distance, what is right, its distance. Returns how many names there are, and
    whether the one asked about is among them.
    """
    codes, kinds, _, _ = tokens
    names, asked, near, distance = 0, 0, NO_ENTITY, 0
    for i in range(count):
        sides[i, 0], sides[i, 1] = near, distance
        distance += 1
        here = is_entity(codes[i])
        if here != NO_ENTITY:
            near, distance, names = here, 1, names + 1
            asked = asked or int(here == THE_TARGET)
        if kinds[i] < 0:
            near, distance = NO_ENTITY, 0
    near, distance = NO_ENTITY, 0
    for i in range(count - 1, -1, -1):
        if kinds[i] < 0:
            near, distance = NO_ENTITY, 0
        sides[i, 2], sides[i, 3] = near, distance
        distance += 1
        here = is_entity(codes[i])
        if here != NO_ENTITY:
            near, distance = here, 1
    return names, asked


@helper
def _between(
    made: int, at: int, count: int, asked: int, scope: Any, roles: Any, sides: Any, tokens: Any, out: Any
) -> int:
    """Features of a token by the names around it: X beats Y, X is beaten by Y."""
    codes, kinds, spans, _ = tokens
    left, right = sides[at, 0], sides[at, 2]
    passive = 0
    for more in range(1, 3):
        if at + more < count and codes[at + more] == BY:
            passive = 1
    around = np.uint64(left + 4 * right + 16 * passive) + np.uint64(64) * np.uint64(scope)
    span = (spans[at, 0], spans[at, 1])
    packed = roles[at]
    while packed != NONE:
        made = _put(made, ((packed & ROLE_BITS) * ROLE + around + np.uint64(1)) * BETWEEN, OF_ROLES, span, out)
        packed = packed >> BYTE
    near = (left == THE_TARGET and sides[at, 1] <= ENTITY_REACH) or (
        right == THE_TARGET and sides[at, 3] <= ENTITY_REACH
    )
    if asked and near and abs(kinds[at]) == WORD:
        made = _put(made, codes[at] ^ (around + np.uint64(1)) * BETWEEN, OF_ROLES, span, out)
    return made


@helper
def _about_target(at: int, code: Any, sides: Any) -> bool:
    """Whether the name asked about is the one that stands nearest to a token, or none does."""
    if is_entity(code) != NO_ENTITY:
        return bool(is_entity(code) == THE_TARGET)
    left, right = sides[at, 0], sides[at, 2]
    if NO_ENTITY in (left, right):
        return ANOTHER not in (left, right)
    return bool(left == THE_TARGET if sides[at, 1] <= sides[at, 3] else right == THE_TARGET)


@helper
def _clamped(value: int) -> int:
    return min(max(value, -HIGHEST_SUM), HIGHEST_SUM) + HIGHEST_SUM


@helper
def _stance(made: int, count: int, names: int, asked: int, signs: Any, scratch: Any, out: Any) -> int:
    """Features of what is asserted in all: traders' words, words of news, plain good and bad ones, and their sums."""
    tokens, _, scopes, roles, sides = scratch
    codes, _, spans, _ = tokens
    up, down, news, plain, unreal, cited, denied = 0, 0, 0, 0, 0, 0, 0
    listed = 0
    for i in range(count):
        here = is_entity(codes[i])
        if here == THE_TARGET or (here == ANOTHER and not asked):
            after = i + 2 if i + 1 < count and is_one_of(codes[i + 1], AND_OR) else i + 1
            before = i - 2 if i > 0 and is_one_of(codes[i - 1], AND_OR) else i - 1
            listed += int(after < count and is_entity(codes[after]) != NO_ENTITY)
            listed += int(before > 0 and is_entity(codes[before]) != NO_ENTITY)
        packed = roles[i]
        if packed == NONE:
            continue
        trader = option_side(i, tokens, roles)
        reported, general = 0, 0
        while packed != NONE:
            role = np.int64(packed & ROLE_BITS)
            packed = packed >> BYTE
            trader += int(role == BULLISH) - int(role == BEARISH)
            general += int(role == POSITIVE) - int(role == NEGATIVE)
            reported += signs[role]
        if trader == 0 and reported == 0 and general == 0:
            continue
        if asked and not _about_target(i, codes[i], sides):
            continue
        if scopes[i] == UNREAL:
            unreal += 1
        elif scopes[i] == CITED:
            cited += 1
        else:
            factor = -1 if scopes[i] == DENIED else 1
            denied += int(scopes[i] == DENIED)
            up += int(trader * factor > 0)
            down += int(trader * factor < 0)
            news += reported * factor
            plain += general * factor
    whole = (spans[0, 0], spans[0, 0])
    values = (
        _clamped(up - down) + 8 * int(up > 0) + 16 * int(down > 0),
        _clamped(news),
        _clamped(plain),
        _clamped(2 * (up - down) + news + plain),
        _clamped(news) + 8 * _clamped(plain),
        int(unreal > 0) + 2 * int(cited > 0) + 4 * int(denied > 0),
        int(unreal > 0) * 8 + _clamped(2 * (up - down) + news + plain),
        min(names, 4) + 8 * min(listed, 2),
    )
    for i, value in enumerate(values):
        made = _put(made, (np.uint64(32 * i + 1) * np.uint64(256) + np.uint64(value)) * SUM, STANCE, whole, out)
    return made


@helper
def _features(text: Any, bounds: tuple[int, int], table: Any, scratch: Any, out: Any) -> int:
    """Write bucket and span (bytes) of each feature of the text between the bounds; returns how many."""
    tokens, own, scopes, roles, sides = scratch
    codes, kinds, spans, _ = tokens
    keys, packed, signs = table
    count = write_tokens(text, bounds, tokens)
    if is_foreign(count, tokens):
        return 0
    write_scopes(count, tokens, scopes)
    write_roles(text, count, tokens, (keys, packed), roles)
    names, asked = _write_sides(count, tokens, sides)
    limit = FEATURES_AT_LEAST + FEATURES_PER_BYTE * (bounds[1] - bounds[0]) - FEATURES_OF_TOKEN
    made, played = 0, 0  # `played` counts the tokens that may have roles
    for i in range(count):
        if made > limit:
            break
        kind, low, high, scope = abs(kinds[i]), spans[i, 0], spans[i, 1], scopes[i]
        made = _grams(made, i, scope, tokens, out)
        named = is_entity(codes[i]) != NO_ENTITY
        if kind in (WORD, NEGATION) and scope == ASSERTED and not named and high - low <= LONGEST_WORD:
            made = _pieces(made, text, low, high, out)
        if kind not in (NEGATION, ADDRESS):
            own[played, 0], own[played, 1], own[played, 2] = np.uint64(i), roles[i], np.uint64(scope) * SCOPE_ROLE
            played += 1
            made = _roles(made, played, own, tokens, out)
            if names and not named and i:
                made = _between(made, i, count, asked, scope, roles, sides, tokens, out)
    return _stance(made, count, names, asked, signs, scratch, out) if count > 1 and made <= limit else made


@compiled(types.void(BYTES, ENDS, ROLES, OUT_BUCKETS, OUT_PLACES, OUT_BOUNDS))
def features(text: Any, ends: Any, roles: Any, buckets: Any, places: Any, bounds: Any) -> None:
    """Write buckets and places (bytes from the start of `text`) of the features of all texts in turn.

    `ends` are the texts' bounds in `text`, from 0 on; `roles` is the table of `lexicon.role_table`. Features of text i
    are those from bounds[i] to bounds[i + 1]; `buckets` and `places` have room for FEATURES_AT_LEAST of each text and
    FEATURES_PER_BYTE. Places are not written where `places` is empty.
    """
    longest = 0
    for i in range(1, len(ends)):
        longest = max(longest, ends[i] - ends[i - 1])
    size = longest + 1
    codes, kinds, spans = np.empty(size, np.uint64), np.empty(size, np.int8), np.empty((size, 2), np.int64)
    tokens = (codes, kinds, spans, np.empty(size, np.int8))
    scratch = (
        tokens,
        np.empty((size, 3), np.uint64),
        np.empty(size, np.int8),
        np.empty(size, np.uint64),
        np.empty((size, 4), np.int64),
    )
    bounds[0] = 0
    for i in range(1, len(ends)):
        low = bounds[i - 1]
        made = _features(text, (ends[i - 1], ends[i]), roles, scratch, (buckets[low:], places[low:]))
        bounds[i] = low + made


@compiled(types.void(BUCKETS, ENDS, ROWS, WEIGHTS, OUT_LOGITS))
def logits(buckets: Any, bounds: Any, rows: Any, weights: Any, out: Any) -> None:
    """Add to out[i] the scores of the classes for text i, whose features are buckets[bounds[i]:bounds[i + 1]].

    rows[bucket] is the row of `weights` for a bucket, or -1. A row has the bucket's inverse document frequency and
    after it the weight for each class times that. A feature that occurs n times has the value (1 + log n) * idf, and
    the values of each block are scaled to length 1.
    """
    seen = np.zeros(len(weights), np.uint16)
    classes = weights.shape[1] - 1
    sums, squares = np.zeros((BLOCKS, classes), np.float32), np.zeros(BLOCKS, np.float32)
    longest = 0
    for i in range(len(bounds) - 1):
        longest = max(longest, bounds[i + 1] - bounds[i])
    kept, blocks = np.empty(longest, np.int32), np.empty(longest, np.uint8)
    for i in range(len(bounds) - 1):
        count = 0
        for bucket in buckets[bounds[i] : bounds[i + 1]]:
            row = rows[bucket]
            if row >= 0:
                if seen[row] == 0:
                    kept[count], blocks[count] = row, bucket >> np.uint32(BITS)
                    count += 1
                seen[row] += np.uint16(seen[row] < MOST_COUNTED)
        sums[:], squares[:] = 0, 0
        for k in range(count):
            row, block = kept[k], blocks[k]
            factor = np.float32(1.0) if seen[row] == 1 else np.float32(1 + np.log(seen[row]))
            seen[row] = 0
            value = factor * weights[row, 0]
            squares[block] += value * value
            for c in range(classes):
                sums[block, c] += factor * weights[row, c + 1]
        for block in range(BLOCKS):
            if squares[block] > 0:
                length = np.float32(1) / np.sqrt(squares[block])
                for c in range(classes):
                    out[i, c] += sums[block, c] * length
