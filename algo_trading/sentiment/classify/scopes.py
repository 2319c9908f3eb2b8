"""What a token's sentence does to it: denied, not asserted, quoted; and the roles of words and phrases.

A word in "if profits fall" or "will it crash?" is not asserted, one in "never profitable" is denied, one in quotation
marks is somebody else's. Such words have features of their own (see `kernels`), so that what a model knows of the plain
word does not speak in them.
"""

# ruff: noqa: C901, PLR0912 - compiled functions branch where they stand

from typing import Any

import numpy as np

from algo_trading.sentiment.classify.tokens import (
    BEFORE_COMMA,
    CALL_UNIT,
    COLON,
    MARK,
    NAME,
    NEGATION,
    NONE,
    NUMBERS,
    OTHER,
    PRIME,
    PUT_UNIT,
    QUESTION,
    QUOTED,
    TARGET,
    WORD,
    codes_of,
    comparison,
    flags_of,
    helper,
    word_table,
)

ASSERTED, DENIED, UNREAL, CITED = range(4)
NO_ENTITY, THE_TARGET, ANOTHER = range(3)

NEGATION_REACH = 6
CONDITIONS = codes_of("if unless assuming suppose supposing imagine hypothetically whether wish pretend lest")
WHERE_OPENING = codes_of("should were had")  # conditions where a sentence begins: "Should sales fall, ..."
AFFIRMED = codes_of("even only as")  # before "if"
CLAUSE_BEGINS = codes_of("but however although though because since while so yet except and")
AFFIRMING_AFTER = codes_of("doubt wonder only just brainer question problem joke matter")

# Words that show the language of a short text; those that are English words or names, too, are left out.
FOREIGN = codes_of(
    "und ist nicht ein eine für mit auf von sich wird werden sind aktie aktien kurs heute steigt fällt steigen "
    "fallen nach auch aber oder wie ich wir sehr gut schlecht kaufen verkaufen gewinn verlust der das dem den des "
    "zum zur bei aus über el los las del que una por para con está están sube baja suben bajan acciones más pero "
    "muy hoy empresa ganancias pérdidas comprar vender es son se al como le les est une pour avec sur dans pas "
    "plus mais bourse très aujourd hausse baisse sont vendre acheter et il di che non per è sono più oggi azioni "
    "na em um uma não são ações hoje com"
)
ENGLISH = codes_of(
    "the is are was to and of in for it this that on at with i you my we they be as by from has have will not an "
    "a its up down after all more buy sell stock stocks price today out just what how"
)
IS_CONDITION, OPENS_CONDITION, AFFIRMS_CONDITION, BEGINS_CLAUSE, AFFIRMS, IS_FOREIGN, IS_ENGLISH = (
    1 << number for number in range(7)
)
KEYS, FLAGS = word_table(CONDITIONS, WHERE_OPENING, AFFIRMED, CLAUSE_BEGINS, AFFIRMING_AFTER, FOREIGN, ENGLISH)

# Roles that the loops know by number; `lexicon` gives words these numbers.
FIRST_ROLE_OF_KINDS = 70
STARTS_PHRASE, NO_ROLE = 120, 121
CALL, PUT, BUY, SELL = 60, 61, 62, 63
BULLISH, BEARISH, POSITIVE, NEGATIVE = 64, 65, 66, 67
LONGEST_PHRASE = 6
OPTION_REACH = 5  # tokens between "sold" and the calls or puts
BYTE, ROLE_BITS = np.uint64(8), np.uint64(127)


@helper
def is_entity(code: Any) -> int:  # noqa: ANN401
    """Whether a token stands for the name asked about or for another one."""
    if code == TARGET:
        return THE_TARGET
    return ANOTHER if code in (OTHER, NAME) else NO_ENTITY


@helper
def _flags(code: Any) -> int:  # noqa: ANN401
    return int(flags_of(code, KEYS, FLAGS))


@helper
def is_foreign(count: int, tokens: Any) -> bool:  # noqa: ANN401
    """Whether the words of a text that show its language are mostly of another one than English."""
    codes, kinds, _, _ = tokens
    foreign, english = 0, 0
    for i in range(1, count):
        if abs(kinds[i]) in (WORD, NEGATION):
            flags = _flags(codes[i])
            foreign += int(flags & IS_FOREIGN > 0)
            english += int(flags & IS_ENGLISH > 0)
    return foreign >= 2 and foreign > english


@helper
def sentence_end(at: int, count: int, tokens: Any) -> int:  # noqa: ANN401
    """The token after the last one of the sentence of token `at`."""
    codes, kinds, _, _ = tokens
    while at < count:
        if kinds[at] < 0 or (kinds[at] == MARK and codes[at] not in (COLON_CODE, SEMICOLON_CODE)):
            return at + 1
        at += 1
    return count


COLON_CODE, SEMICOLON_CODE, QUESTION_CODE = codes_of(": ; ?")


@helper
def write_scopes(count: int, tokens: Any, scopes: Any) -> None:  # noqa: ANN401
    """Write for each token whether it is asserted."""
    codes, kinds, _, marks = tokens
    first = 0
    while first < count:
        end = sentence_end(first, count, tokens)
        unreal = kinds[end - 1] == MARK and codes[end - 1] == QUESTION_CODE
        opening = first + 1 if first == 0 else first
        if opening < end and _flags(codes[opening]) & OPENS_CONDITION > 0 and not unreal:
            unreal = True
        for i in range(first, end):
            supposed = _flags(codes[i]) & IS_CONDITION > 0
            unreal = unreal or (supposed and not (i > 0 and _flags(codes[i - 1]) & AFFIRMS_CONDITION > 0))
        reach = 0
        for i in range(first, end):
            kind = abs(kinds[i])
            if _flags(codes[i]) & BEGINS_CLAUSE > 0 or kind == MARK:
                reach = 0
            scopes[i] = UNREAL if unreal else CITED if marks[i] & QUOTED else DENIED if reach > 0 else ASSERTED
            affirmed = i + 1 < end and _flags(codes[i + 1]) & AFFIRMS > 0
            if kind == NEGATION and not affirmed:
                scopes[i] = scopes[i] if scopes[i] != DENIED else ASSERTED
                reach = NEGATION_REACH
            elif reach > 0:
                reach -= 1
            if marks[i] & BEFORE_COMMA:
                reach = 0
        first = end


@helper
def looked_up(code: Any, table: Any) -> Any:  # noqa: ANN401
    """Roles of a word or phrase, one per byte from the lowest."""
    keys, packed = table
    at: Any = np.int64(code % np.uint64(len(keys)))
    while keys[at] != NONE:
        if keys[at] == code:
            return packed[at]
        at = at + 1 if at + 1 < len(keys) else 0
    return NONE


@helper
def write_roles(text: Any, count: int, tokens: Any, table: Any, roles: Any) -> None:  # noqa: ANN401
    """Write the roles of each token, one per byte from the lowest; a phrase has them at its last word alone."""
    codes, kinds, spans, _ = tokens
    for i in range(count):
        kind = abs(kinds[i])
        if kind == MARK:
            sign = text[spans[i, 0]]
            roles[i] = np.uint64(90 if sign == QUESTION else 91 if sign == COLON else FIRST_ROLE_OF_KINDS + kind)
        elif kind in (WORD, NEGATION):
            roles[i] = looked_up(codes[i], table)
        else:
            roles[i] = np.uint64(FIRST_ROLE_OF_KINDS + kind)
            if kind in NUMBERS:
                last = text[spans[i, 1] - 1]
                if last in (CALL_UNIT, PUT_UNIT) and spans[i, 1] - spans[i, 0] >= 3 and text[spans[i, 1] - 2] < 64:
                    roles[i] = np.uint64(CALL if last == CALL_UNIT else PUT)
                else:
                    roles[i] = roles[i] | (comparison(text, i, count, tokens) << BYTE)
    i = 0
    while i < count:
        if roles[i] & ROLE_BITS != STARTS_PHRASE:
            i += 1
            continue
        roles[i] = roles[i] >> BYTE
        code, length, found = NONE, 0, NONE
        for more in range(LONGEST_PHRASE):
            if i + more >= count or (more and kinds[i + more - 1] < 0):
                break
            here = codes[i + more]
            here = NAME if here in (TARGET, OTHER) else here
            code = (code * PRIME) ^ here
            if more:
                known = looked_up(code * np.uint64(2 * more + 1), table)
                if known != NONE:
                    length, found = more, known
        if length:
            for j in range(i, i + length):
                roles[j] = NONE
            # The last word of a phrase may begin another one: "puts on" "on sale".
            roles[i + length] = NONE if found & ROLE_BITS == NO_ROLE else found
        i += length + 1


@helper
def plays(packed: Any, role: int) -> bool:  # noqa: ANN401
    """Whether a role is among those of a token."""
    while packed != NONE:
        if packed & ROLE_BITS == role:
            return True
        packed = packed >> BYTE
    return False


@helper
def option_side(at: int, tokens: Any, roles: Any) -> int:  # noqa: ANN401
    """What calls or puts at `at` mean to their holder's view: 1 bullish, -1 bearish, 0 neither word."""
    _, kinds, _, _ = tokens
    side = 1 if plays(roles[at], CALL) else -1 if plays(roles[at], PUT) else 0
    if side == 0:
        return 0
    for back in range(1, min(OPTION_REACH, at) + 1):
        if kinds[at - back] < 0 or plays(roles[at - back], BUY):
            break
        if plays(roles[at - back], SELL):
            return -side
    return side
