"""The package that `new-strategy` makes, and the names that it refuses."""

import ast
import tomllib
from pathlib import Path

import pytest

from algo_trading.cli.new_strategy import create_package
from algo_trading.errors import ConfigError

pytestmark = pytest.mark.unit


def test_a_package_is_complete(tmp_path: Path) -> None:
    written = create_package("two_words_2", tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in written) == [
        "two-words-2/README.md",
        "two-words-2/pyproject.toml",
        "two-words-2/tests/test_two_words_2.py",
        "two-words-2/two_words_2.py",
    ]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "two_words_2" in text
        assert "{{" not in text
        assert text.endswith("\n")
        if path.suffix == ".py":
            ast.parse(text)
    project = tomllib.loads((tmp_path / "two-words-2" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == {"algo_trading.strategies": {"two_words_2": "two_words_2:TwoWords2"}}


@pytest.mark.parametrize("name", ["", "My", "my-strategy", "2nd", "a__b", "_a", "a_", "../x", "ümlaut", "class", "a b"])
def test_a_name_must_be_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is no name for a strategy: use lower-case letters"):
        create_package(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_must_be_free(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is a strategy 'momentum' already"):
        create_package("momentum", tmp_path)
    with pytest.raises(ConfigError, match="there is a Python module 'numpy' already"):
        create_package("numpy", tmp_path)
    create_package("mine", tmp_path)
    (tmp_path / "mine" / "mine.py").write_text("# my work\n")
    with pytest.raises(ConfigError, match="mine is there already; remove it or choose another name"):
        create_package("mine", tmp_path)
    assert (tmp_path / "mine" / "mine.py").read_text() == "# my work\n"


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        create_package("mine", tmp_path / "file")
