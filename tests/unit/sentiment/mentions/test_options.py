"""Options beside a name: what they bet on, strikes, expiries."""

from datetime import date

import pytest

from algo_trading.domain.post import OptionDirection
from algo_trading.sentiment.mentions.options import NONE, OptionTerms, option_terms, score_with_bet

pytestmark = pytest.mark.unit

UP, DOWN = OptionDirection.BULLISH, OptionDirection.BEARISH
TODAY = date(2022, 1, 10)


def terms(text: str, name: str = "TSLA", other: str = "AMD") -> OptionTerms:
    start = text.index(name)
    others = [(text.index(other), text.index(other) + len(other))] if other in text else []
    return option_terms(text, (start, start + len(name)), others, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Loaded up on TSLA puts", OptionTerms(DOWN)),
        ("bought TSLA calls", OptionTerms(UP)),
        ("sold TSLA puts", OptionTerms(UP)),
        ("wrote naked calls on TSLA", OptionTerms(DOWN)),
        ("sold my shares, bought TSLA calls", OptionTerms(UP)),
        ("puts on TSLA", OptionTerms(DOWN)),
        ("TSLA 200c 1/21", OptionTerms(UP, (200.0,), (date(2022, 1, 21),))),
        ("TSLA 1/5 200p", OptionTerms(DOWN, (200.0,), (date(2023, 1, 5),))),
        ("TSLA $187.50 calls 3/18/23", OptionTerms(UP, (187.5,), (date(2023, 3, 18),))),
        ("TSLA 400 and 450 strike puts for Feb 18", OptionTerms(DOWN, (450.0,), (date(2022, 2, 18),))),
        ("TSLA Jan 2024 calls", OptionTerms(UP, (), (date(2024, 1, 19),))),
        ("TSLA 300p, AMD 120c", OptionTerms(DOWN, (300.0,))),
        ("AMD 120c, TSLA 300p", OptionTerms(DOWN, (300.0,))),
        ("TSLA calls may expire", OptionTerms(UP)),
        ("TSLA 200c 2/30", OptionTerms(UP, (200.0,))),
        ("TSLA earnings call today", NONE),
        ("TSLA puts pressure on us", NONE),
        ("TSLA is up. I like puts", NONE),
        ("TSLA is up 5% to 300", NONE),
    ],
)
def test_terms(text: str, expected: OptionTerms) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("score", "options", "expected"),
    [
        (0.15, OptionTerms(DOWN, (400.0,)), -0.5),
        (0.0, OptionTerms(UP, (25.0,)), 0.5),
        (-0.98, OptionTerms(UP, (25.0,)), -0.98),  # "my 25c expired worthless"
        (0.01, OptionTerms(DOWN), 0.01),  # "anyone buying puts?"
        (0.1, NONE, 0.1),
    ],
)
def test_a_bet_counts_where_the_words_say_little(score: float, options: OptionTerms, expected: float) -> None:
    assert score_with_bet(score, options) == expected
