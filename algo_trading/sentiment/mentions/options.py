"""Options named beside an instrument: which way they lean, their strikes and when they expire."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from algo_trading.domain.post import OptionDirection

CLEAR = 0.3  # a score from which on the words of a text say more than the bet in it
BET = 0.5  # score of a bet by itself
REACH = 80  # characters to either side of the name
SELL_REACH = 30  # characters before the option in which a verb says that it is sold
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
STRIKE_UNIT = re.compile(r"(?<![\w./$])\$?(\d{1,5}(?:\.\d{1,2})?)\s?([cp])\b", re.IGNORECASE)
STRIKE_WORD = re.compile(r"(?<![\w./])\$?(\d{1,5}(?:\.\d{1,2})?)(?:\s+strike)?\s+(call|put)s?\b", re.IGNORECASE)
OPTION = re.compile(
    r"\b(call|put)s?\b(?!\s+(?:me|it|him|her|them|pressure|on hold|together|off|out|up|down|back)\b)", re.IGNORECASE
)
SOLD = re.compile(
    r"\b(?:sell|sells|selling|sold|short|shorting|shorted|wrote|writing|naked|closed|closing|dumped|exited|unloaded)\b",
    re.IGNORECASE,
)
BOUGHT = re.compile(r"\b(?:buy|buying|bought|long|loaded|loading|grabbed|holding|added|opened)\b", re.IGNORECASE)
DAY = re.compile(r"(?<![\w/.])(\d{1,2})/(\d{1,2})(?:/(\d{4}|\d{2}))?(?![\w/])")
MONTH = re.compile(
    rf"\b({'|'.join(MONTHS)})[a-z]*\.?(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?\b)?(?:,?\s+(20\d\d))?", re.IGNORECASE
)
NOT_OPTIONS = re.compile(
    r"\b(?:earnings|conference|phone|video|good|bad|close|covered|margin) calls?\b|\bcall option on\b", re.IGNORECASE
)
END = re.compile(r"[.!?]\s|\n")


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """What is said about options on one instrument; nothing where no option is spoken of."""

    option_direction: OptionDirection | None = None
    strikes: tuple[float, ...] = ()
    expiries: tuple[date, ...] = ()


NONE = OptionTerms()


def option_terms(text: str, span: tuple[int, int], others: Sequence[tuple[int, int]], published: date) -> OptionTerms:
    """The options on what stands at `span`, in its sentence and not beyond the `others` named there.

    Puts bought and calls sold are bearish. An expiry without a year is the next such day from `published` on, a month
    without a day its third Friday.
    """
    before, after = (_blanked(part, NOT_OPTIONS) for part in _around(text, span, others))
    name = " " * (span[1] - span[0])
    nearer = re.split(r"[,;]\s", before)[-1]
    # What follows the name is of it; before it, what no comma parts from it.
    for part, begin in ((f"{nearer}{name}{after}", len(nearer)), (f"{nearer}{name}", 0)):
        terms = _terms(part, begin, published)
        if terms.option_direction is not None:
            return terms
    return NONE


def score_with_bet(score: float, options: OptionTerms) -> float:
    """The score about an instrument, given the options on it.

    Who names a strike holds or wants the option, so where the words say little ("400p weeklies, wish me luck") the bet
    is the opinion. Without a strike it may only be asked about.
    """
    if abs(score) >= CLEAR or not options.strikes:
        return score
    return BET if options.option_direction is OptionDirection.BULLISH else -BET


def _terms(part: str, begin: int, published: date) -> OptionTerms:
    """The options in a part of a text, from `begin` on."""
    strikes: dict[float, None] = {}
    leans = 0
    without_dates = _blanked(part, MONTH)
    for pattern in (STRIKE_UNIT, STRIKE_WORD):
        for match in pattern.finditer(without_dates, begin):
            strikes[float(match[1])] = None
            leans = leans or _lean(part, match.start(), match[2])
    option = OPTION.search(part, begin)
    if option and not leans:
        leans = _lean(part, option.start(), option[1])
    if not leans:
        return NONE
    direction = OptionDirection.BULLISH if leans > 0 else OptionDirection.BEARISH
    return OptionTerms(direction, tuple(strikes), _expiries(part[begin:], published))


def _blanked(text: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(lambda match: " " * len(match[0]), text)


def _around(text: str, span: tuple[int, int], others: Sequence[tuple[int, int]]) -> tuple[str, str]:
    """The parts of the sentence before and behind the span, as far as no other name stands there."""
    low = max([0, span[0] - REACH, *(end for _, end in others if end <= span[0])])
    high = min([len(text), span[1] + REACH, *(start for start, _ in others if start >= span[1])])
    before, after = text[low : span[0]], text[span[1] : high]
    ends = [match.end() for match in END.finditer(before)]
    stop = END.search(after)
    return before[ends[-1] if ends else 0 :], after[: stop.start()] if stop else after


def _lean(part: str, at: int, kind: str) -> int:
    """1 for calls bought or puts sold, else -1; the last verb before the option counts."""
    before = part[max(0, at - SELL_REACH) : at]
    sold = [match.start() for match in SOLD.finditer(before)]
    bought = [match.start() for match in BOUGHT.finditer(before)]
    side = -1 if sold and max(sold) > max(bought, default=-1) else 1
    return side if kind.lower().startswith("c") else -side


def _expiries(part: str, published: date) -> tuple[date, ...]:
    found: dict[date, None] = {}
    for match in DAY.finditer(part):
        _add(found, published, int(match[1]), int(match[2]), match[3])
    for match in MONTH.finditer(part):
        if match[0].islower() and match[1] in ("may", "mar") and not match[2]:
            continue  # the verb, or the beginning of another word
        day = int(match[2]) if match[2] and int(match[2]) <= 31 else None
        _add(found, published, MONTHS.index(match[1].lower()) + 1, day, match[3])
    return tuple(found)


def _add(found: dict[date, None], published: date, month: int, day: int | None, year: str | None) -> None:
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [published.year, published.year + 1]
    for number in years:
        try:
            expiry = date(number, month, day or 15 + (4 - date(number, month, 15).weekday()) % 7)
        except ValueError:
            return
        if year or expiry >= published:
            found[expiry] = None
            return
