"""`algo-trading sentiment` and `algo-trading events`."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from algo_trading.cli import output
from algo_trading.cli.text import events, sentiment
from algo_trading.errors import ConfigError, UnknownNameError

pytestmark = pytest.mark.unit

TWEETS = """id,words,mood
1,"Shares crash 20%
after profit warning",0
2,Record profit: shares soar,1
3,The meeting is on Tuesday,2
4,Sales fell to EUR 5 mn from EUR 9 mn,0
"""
NAMES = ("--text-column", "words", "--label-column", "mood", "--map", "0=negative", "--map", "1=positive")
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def ask() -> Ask:
    def run(app: Any, *arguments: object) -> Any:
        result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout) if "--json" in arguments else result.stdout

    return run


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    path = tmp_path / "tweets.csv"
    path.write_text(TWEETS, encoding="utf-8")
    return path


def test_every_scorer_is_measured(csv: Path, ask: Ask) -> None:
    report = ask(sentiment, "evaluate", "--csv", csv, *NAMES, "--map", "2=neutral", "--json")
    assert {"finance", "textblob", "vader"} <= set(report)
    assert "transformer" not in report
    finance = report["finance"]
    assert set(finance) == {"accuracy", "macro_f1", "per_class", "confusion", "texts_per_second"}
    assert finance["accuracy"] == finance["macro_f1"] == 1
    assert finance["per_class"]["negative"] == {"precision": 1, "recall": 1, "f1": 1, "support": 2}
    assert finance["confusion"]["negative"] == {"negative": 2, "neutral": 0, "positive": 0}
    assert finance["texts_per_second"] > 0


def test_the_tables_name_scorer_and_classes(csv: Path, ask: Ask) -> None:
    shown = ask(sentiment, "evaluate", "--csv", csv, *NAMES, "--map", "2=neutral", "--scorer", "vader")
    assert "vader" in shown
    assert "finance" not in shown
    for word in ("accuracy", "macro-F1", "texts/s", "negative", "neutral", "positive"):
        assert word in shown


def test_events_by_number_and_name(tmp_path: Path, ask: Ask) -> None:
    path = tmp_path / "topics.csv"
    path.write_text("text,label\nXYZ declares $0.25 dividend,4\nOil climbs as OPEC cuts crude output,Energy | Oil\n")
    report = ask(events, "evaluate", "--csv", path, "--json")
    assert report["events"]["accuracy"] == 1
    assert set(report["events"]["per_class"]) == {"dividend", "energy_oil"}


def test_names_of_topics_stay_whole_in_a_terminal(tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "console", Console(width=80, highlight=False, emoji=False))
    path = tmp_path / "topics.csv"
    path.write_text("text,label\nXYZ declares $0.25 dividend,company_product_news\nOPEC cuts output,stock_commentary\n")
    shown = ask(events, "evaluate", "--csv", path)
    assert "company_product_news" in shown
    assert "stock_commentary" in shown
    assert "dividend 1" in shown
    assert max(map(len, shown.splitlines())) <= 80 + len(str(path))  # the title names the file


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--csv", "{csv}"), "has no column 'text'; its columns are: id, words, mood"),
        (("--csv", "{csv}", *NAMES), "has labels that name no class: '2'; map them with --map"),
        (
            ("--csv", "{csv}", *NAMES, "--map", "2=dull"),
            "--map 2=dull: there is no class 'dull'; the classes are: negative, neutral, positive",
        ),
        (("--csv", "{csv}", *NAMES, "--map", "2"), "--map 2: write it as LABEL=CLASS"),
        (("--csv", "{csv}.gone", *NAMES), "cannot be read"),
        (("--data", "{csv}"), "has no folder sentiment_events"),
        (("--csv", "{csv}", "--cross-validate"), "not a file with --csv"),
        (("--map", "0=negative"), "describe a CSV file: name it with --csv"),
        (("--label-column", "mood"), "describe a CSV file: name it with --csv"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: tuple[str, ...], sentence: str, csv: Path) -> None:
    given = [argument.format(csv=csv) for argument in arguments]
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(sentiment, ["evaluate", *given], catch_exceptions=False)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_scorer_is_named_with_the_known_ones(csv: Path) -> None:
    with pytest.raises(UnknownNameError, match="no scorer 'bert'; known are: finance"):
        CliRunner().invoke(
            sentiment,
            ["evaluate", "--csv", str(csv), *NAMES, "--map", "2=neutral", "--scorer", "bert"],
            catch_exceptions=False,
        )


def test_a_text_is_explained(ask: Ask) -> None:
    text = "Apple shares tumble 8% after weak outlook"
    (said,) = ask(sentiment, "score", text, "--json")
    assert said["text"] == text
    assert said["sentiment"]["finance"]["tone"] == "negative"
    assert said["sentiment"]["finance"]["score"] < 0
    assert -1 <= said["impact"] < 0
    assert said["event"]["topic"] == "stock_movement"
    assert any("tumble" in reason["words"] for reason in said["why"]["finance"])
    assert [mention["matched"] for mention in said["mentions"]] == ["Apple"]
    shown = ask(sentiment, "score", text)
    for word in ("Apple", "negative", "stock_movement", "impact", "tumble"):
        assert word in shown


def test_the_impact_is_that_of_the_configuration(tmp_path: Path, ask: Ask) -> None:
    text = "Apple shares tumble 8% after weak outlook"

    def told(*options: str) -> float:
        (said,) = ask(sentiment, "score", text, "--json", *options)
        return float(said["impact"])

    assert told("--source", "file package:sample_headlines.jsonl") == pytest.approx(0.8 * told())
    (said,) = ask(sentiment, "score", text, "--json")
    (tmp_path / "algo-trading.toml").write_text(
        '[[feeds]]\nplatform = "reddit"\nsource = "r/stocks"\nweight = 0.5\n'
        '[sentiment]\nscorer = "vader"\n[sentiment.event_weights]\nstock_movement = 0.25\n'
    )
    vader = said["sentiment"]["vader"]["score"]
    assert told() == pytest.approx(0.25 * vader)
    assert told("--source", "reddit r/stocks") == pytest.approx(0.125 * vader)
    assert told("--source", "reddit r/stocks", "--scorer", "finance") == pytest.approx(0.125 * vader)


def test_the_names_are_those_of_the_configuration(tmp_path: Path, ask: Ask) -> None:
    names = tmp_path / "names.csv"
    names.write_text("symbol,venue,name,aliases\nQZX,XNYS,Quuzle Extracts,\n")
    (tmp_path / "algo-trading.toml").write_text(f'[sentiment]\nnames = "{names}"\n')
    (said,) = ask(sentiment, "score", "Quuzle Extracts soars", "--json")
    assert [mention["instrument"]["symbol"] for mention in said["mentions"]] == ["QZX"]


def test_a_source_is_a_configured_feed() -> None:
    with pytest.raises(UnknownNameError, match=r"no feed is named 'reddit'; .*'file package:sample_posts\.jsonl'"):
        CliRunner().invoke(sentiment, ["score", "up", "--source", "reddit"], catch_exceptions=False)


def test_names_with_fates_of_their_own_are_told_apart(ask: Ask) -> None:
    (said,) = ask(sentiment, "score", "Microsoft soars; Apple plunges", "--json", "--scorer", "finance")
    about = {mention["instrument"]["symbol"]: mention["sentiment"] for mention in said["mentions"]}
    assert about["MSFT"] > 0 > about["AAPL"]
    assert set(said["sentiment"]) == {"finance"}


def test_options_beside_a_name_are_shown(ask: Ask) -> None:
    (said,) = ask(sentiment, "score", "nvda 400p weeklies, wish me luck", "--json", "--scorer", "finance")
    (mention,) = said["mentions"]
    assert (mention["option_direction"], mention["strikes"], mention["expiries"]) == ("bearish", [400.0], [])
    assert mention["sentiment"] < 0


def test_a_name_said_thousands_of_times_is_scored_once(ask: Ask) -> None:
    text = "Apple soars " * 4000 + "while Microsoft plunges"
    begin = time.process_time()
    (said,) = ask(sentiment, "score", text, "--json")
    assert time.process_time() - begin < 10  # a score for each place took more than twice as long
    about = [(mention["instrument"]["symbol"], mention["sentiment"]) for mention in said["mentions"]]
    assert len(about) == 4001
    assert len(set(about)) == 2


def test_a_class_never_predicted_has_a_dash_for_its_precision(tmp_path: Path, ask: Ask) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("text,label\nThe meeting is on Tuesday,positive\n", encoding="utf-8")
    asked = ("evaluate", "--csv", path, "--scorer", "vader")
    positive = ask(sentiment, *asked, "--json")["vader"]["per_class"]["positive"]
    assert positive == {"precision": None, "recall": 0, "f1": 0, "support": 1}
    (row,) = (line for line in ask(sentiment, *asked).splitlines() if line.startswith("│ positive") and "0.000" in line)
    assert [cell.strip() for cell in row.split("│")[2:5]] == ["-", "0.000", "0.000"]


def test_empty_text_is_shown_as_neutral(ask: Ask) -> None:
    (said,) = ask(sentiment, "score", "", "--json")
    assert said["sentiment"]["finance"] == {"tone": "neutral", "score": 0.0, "confidence": 0.0}
    assert said["impact"] == 0
    assert said["why"] == {"finance": [], "events": []}


def test_a_configured_table_of_expressions_counts(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def score() -> float:
        (found,) = ask(sentiment, "score", "IBM is full zorb", "--scorer", "finance", "--json")
        return float(found["sentiment"]["finance"]["score"])

    before = score()
    (tmp_path / "own.csv").write_text("expression,meaning,note\nfull zorb,bearish,our channel's word\n")
    (tmp_path / "algo-trading.toml").write_text(f'[scorers.finance]\nexpressions = "{tmp_path / "own.csv"}"\n')
    monkeypatch.setenv("ALGO_CONFIG", str(tmp_path / "algo-trading.toml"))
    assert score() < min(before, 0)
