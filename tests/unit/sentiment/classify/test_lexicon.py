"""The tables of expressions: each row is read, and says what it should."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from algo_trading.domain.sentiment import Tone
from algo_trading.errors import ConfigError
from algo_trading.sentiment.classify.finance import FinanceScorer
from algo_trading.sentiment.classify.lexicon import MEANINGS, NO_ROLE, TABLES, normal_form, roles
from algo_trading.sentiment.classify.masking import NAME

pytestmark = pytest.mark.unit

HEAD = "expression,meaning,note\n"


def rows(name: str) -> list[tuple[str, str]]:
    text = (files("algo_trading") / "data" / "lexicon" / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return [(row["expression"], row["meaning"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize("name", TABLES)
def test_every_row_has_its_role(name: str) -> None:
    before = {normal_form(expression) for other in TABLES[: TABLES.index(name)] for expression, _ in rows(other)}
    for expression, meaning in rows(name):
        if (form := normal_form(expression)) not in before:
            assert roles()[form][0] == MEANINGS.get(meaning, NO_ROLE), expression


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_where_it_is_from(name: str) -> None:
    text = (files("algo_trading") / "data" / "lexicon" / name).read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "Apache-2.0" in text.split("expression,")[0] or "MIT licence" in text.split("expression,")[0]


@pytest.mark.parametrize(("name", "least"), [("slang.csv", 0.97), ("emojis.csv", 0.99)])
def test_expressions_sound_as_the_table_says(name: str, least: float) -> None:
    wanted = [(e, 1 if meaning == "bullish" else -1) for e, meaning in rows(name) if meaning in ("bullish", "bearish")]
    texts = [expression if NAME in expression else f"{NAME} {expression}" for expression, _ in wanted]
    scores = [sentiment.score for sentiment in FinanceScorer().score(texts, [[]] * len(texts))]
    assert sum(score * sign > 0 for score, (_, sign) in zip(scores, wanted, strict=True)) >= least * len(wanted)


def test_a_users_table_goes_before_the_packaged_ones(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(HEAD + "zorbed,bearish,\nmoon,neutral,\nfull zorb ahead,bullish,\n", encoding="utf-8")
    plain, mine = FinanceScorer(), FinanceScorer(own)
    texts = ["TSLA zorbed", "TSLA full zorb ahead"]
    assert [sentiment.tone for sentiment in mine.score(texts)] == [Tone.NEGATIVE, Tone.POSITIVE]
    assert all(abs(sentiment.score) < 0.7 for sentiment in plain.score(texts))
    assert roles(own)["moon"] == (NO_ROLE,)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n", "the first line must be expression,meaning,note"),
        (HEAD + "x,happy,\n", "has the meaning 'happy'; known meanings: call, put"),
        (HEAD + "a b c d e f g,bullish,\n", "must have 1 to 6 words"),
    ],
)
def test_what_is_wrong_with_a_table(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=sentence):
        roles(path)
    with pytest.raises(
        ConfigError, match=r"cannot be read: no such file or directory; correct scorers\.finance\.expressions"
    ):
        roles(tmp_path / "none.csv")
