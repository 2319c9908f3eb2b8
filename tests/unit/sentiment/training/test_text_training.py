"""Training on small sets made here: the file that comes out is the model, and comes out again."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from algo_trading.cli.text import events, sentiment
from algo_trading.errors import ConfigError
from algo_trading.sentiment.classify.linear import LinearModel, read_model, softmax
from algo_trading.sentiment.training.datasets import ENTITIES, TOPICS, TWEETS

pytest.importorskip("sklearn", reason="scikit-learn is in the dependency group bench")
pytestmark = pytest.mark.unit

SAID = {"0": "shares plunge after loss", "1": "profit soars to record", "2": "meeting on tuesday in town"}


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    """The folder of the shared data with sets of a few dozen texts."""
    folder = tmp_path / "data" / "sentiment_events"

    def write(name: str, rows: Sequence[Sequence[object]]) -> None:
        path = folder / name
        path.parent.mkdir(parents=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)

    tweets = [[f"{text}, says {n} of us", label] for n in range(12) for label, text in SAID.items()]
    topics = [[f"topic{k} word{k} number {n}x{n}", k] for n in range(12) for k in range(20)]
    write(TWEETS, [["text", "label"], *tweets])
    write(TOPICS, [["text", "label"], *topics])
    mixed = "{'Gold': 'positive', 'Silver': 'negative'}"
    rows: list[list[object]] = [[n, f"Gold shines, Silver dull for {n} days", mixed, 7] for n in range(12)]
    rows += [[n, f"Tin unchanged for {n} days", "{'Tin': 'neutral'}", 7] for n in range(12)]
    write(ENTITIES, [["S No.", "Title", "Decisions", "Words"], *rows])
    return folder.parent


def model(path: Path) -> LinearModel:
    with path.open("rb") as file:
        return read_model(file)


def test_sentiment_is_learnt_and_the_same_file_comes_out_again(sets: Path, tmp_path: Path) -> None:
    reports = []
    for name in ("one", "two"):
        arguments = ["train", "--data", str(sets), "--into", str(tmp_path / name), "--json"]
        result = CliRunner().invoke(sentiment, arguments, catch_exceptions=False)
        assert result.exit_code == 0
        reports.append([{**report, "file": Path(report["file"]).name} for report in json.loads(result.stdout)])
    assert reports[0] == reports[1]
    assert [report["file"] for report in reports[0]] == ["sentiment.npz", "aspect_text.npz", "aspect_clause.npz"]
    learnt = model(tmp_path / "one" / "sentiment.npz")
    assert learnt.classes == ("negative", "neutral", "positive")
    chances = softmax(learnt.logits([SAID["0"], SAID["2"], SAID["1"]]))
    assert chances.argmax(axis=1).tolist() == [0, 1, 2]
    assert np.allclose(chances.sum(axis=1), 1)


def test_topics_are_learnt(sets: Path, tmp_path: Path) -> None:
    arguments = ["train", "--data", str(sets / "sentiment_events"), "--into", str(tmp_path)]
    result = CliRunner().invoke(events, arguments, catch_exceptions=False)
    assert "events" in result.stdout
    learnt = model(tmp_path / "events.npz")
    assert learnt.logits([f"topic{k} word{k}" for k in range(20)]).argmax(axis=1).tolist() == list(range(20))


def test_each_part_is_measured_by_a_model_that_has_not_seen_it(sets: Path) -> None:
    arguments = ["evaluate", "--cross-validate", "--data", str(sets), "--json"]
    (report,) = json.loads(CliRunner().invoke(events, arguments, catch_exceptions=False).stdout).values()
    assert report["events"]["accuracy"] > 0.9
    assert sum(of["support"] for of in report["events"]["per_class"].values()) == 240


def test_a_folder_that_cannot_be_written_is_one_sentence(sets: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    arguments = ["train", "--data", str(sets), "--into", str(tmp_path / "file")]
    with pytest.raises(ConfigError, match="cannot be written"):
        CliRunner().invoke(events, arguments, catch_exceptions=False)
