"""`algo-trading mentions evaluate`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from algo_trading.cli.mentions import app
from algo_trading.errors import ConfigError
from support.shared_data import needs_shared_data

pytestmark = pytest.mark.unit

POSTS = "said,about\nTesla and $DOGE,Tesla;dogecoin\nTesla,\nthe car maker,TSLA\nA rocket,SpaceX\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def posts(tmp_path: Path) -> list[str]:
    path = tmp_path / "posts.csv"
    path.write_text(POSTS, encoding="utf-8")
    return ["--csv", str(path), "--text-column", "said", "--label-column", "about"]


def test_json_has_the_scores_of_all_and_of_each(posts: list[str]) -> None:
    result = CliRunner().invoke(app, [*posts, "--json"], catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["posts"], report["found"], report["wrong"], report["missed"]) == (4, 2, 1, 1)
    assert report["precision"] == report["recall"] == report["f1"] == pytest.approx(2 / 3)
    assert report["per_name"]["Dogecoin (DOGE)"] == {
        "found": 1,
        "wrong": 0,
        "missed": 0,
        "precision": 1.0,
        "recall": 1.0,
        "f1": 1.0,
    }
    assert report["posts_per_second"] > 0
    assert report["unlisted"] == {"SpaceX": 1}
    assert [mistake["place"] for mistake in report["mistakes"]] == ["row 2", "row 3"]


def test_tables_say_the_same(posts: list[str]) -> None:
    result = CliRunner().invoke(app, posts, catch_exceptions=False)
    assert result.exit_code == 0
    assert "4 posts" in result.stdout
    assert "Dogecoin (DOGE)" in result.stdout
    assert "Mistakes: 2 of 2" in result.stdout
    assert "SpaceX" in result.stderr


def test_names_of_the_users_file_are_found(posts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = tmp_path / "names.csv"
    names.write_text("symbol,venue,name,aliases\nSPX,XNYS,SpaceX,Rocket maker\n", encoding="utf-8")
    monkeypatch.setenv("ALGO_SENTIMENT__NAMES", str(names))
    result = CliRunner().invoke(app, [*posts, "--json"], catch_exceptions=False)
    report = json.loads(result.stdout)
    assert report["unlisted"] == {}
    assert report["per_name"]["SpaceX (SPX)"]["missed"] == 1


def test_a_column_that_is_not_there_is_named(posts: list[str]) -> None:
    with pytest.raises(ConfigError, match="no column 'text'"):
        CliRunner().invoke(app, posts[:2], catch_exceptions=False)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b"PK\x03\x04\x14\0", "is not a text file; give a CSV file with a header"),
        (b"text,label,label\nup,a,b\n", "has 2 columns 'label'; rename all but one"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(content: bytes | None, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(app, ["--csv", str(path)], catch_exceptions=False)
    assert str(caught.value) == f"{path} {sentence}"


def test_a_text_with_a_comma_that_nobody_quoted_is_no_label(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("text,label\nTesla,TSLA\nBuy Tesla, now,TSLA\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        CliRunner().invoke(app, ["--csv", str(path)], catch_exceptions=False)
    assert str(caught.value) == f"{path}, line 3 has 3 cells for 2 columns; quote a text with commas"


def test_a_ratio_without_a_case_is_null_and_a_dash(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("text,label\nthe car maker,TSLA\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["--csv", str(path), "--json"], catch_exceptions=False)
    tesla = json.loads(result.stdout)["per_name"]["Tesla (TSLA)"]
    assert tesla == {"found": 0, "wrong": 0, "missed": 1, "precision": None, "recall": 0.0, "f1": 0.0}
    shown = CliRunner().invoke(app, ["--csv", str(path)], catch_exceptions=False).stdout
    (row,) = (line for line in shown.splitlines() if "Tesla" in line)
    assert [cell.strip() for cell in row.split("│")[-4:-1]] == ["-", "0.000", "0.000"]


def test_a_file_in_latin_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_bytes("text,label\nTesla in Köln,Tesla\n".encode("latin-1"))
    result = CliRunner().invoke(app, ["--csv", str(path), "--json"], catch_exceptions=False)
    assert json.loads(result.stdout)["found"] == 1


def test_without_the_shared_data_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--csv"):
        CliRunner().invoke(app, ["--data", str(tmp_path)], catch_exceptions=False)


@needs_shared_data
def test_without_a_file_the_posts_checked_by_hand_are_evaluated() -> None:
    result = CliRunner().invoke(app, ["--json"], catch_exceptions=False)
    report = json.loads(result.stdout)
    assert report["posts"] >= 400
    assert report["precision"] >= 0.95
    assert report["recall"] >= 0.90
