"""The packages that `new-strategy` and its siblings make, and the names that they refuse."""

import ast
import tomllib
from pathlib import Path

import pytest

from algo_trading.cli.plugin_packages import KINDS, create_package
from algo_trading.errors import ConfigError

pytestmark = pytest.mark.unit

TAKEN = {"strategy": "momentum", "source": "yahoo", "broker": "paper", "channel": "smtp"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_is_complete(kind: str, tmp_path: Path) -> None:
    written = create_package(kind, "two_words_2", tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in written) == [
        "two-words-2/README.md",
        "two-words-2/pyproject.toml",
        "two-words-2/tests/test_two_words_2.py",
        "two-words-2/two_words_2.py",
    ]
    for path in written:
        text = path.read_text(encoding="utf-8")
        assert "two_words_2" in text
        assert "{{" not in text.replace("{{ ", "{{") or path.suffix == ".py"
        assert text.endswith("\n")
        if path.suffix == ".py":
            ast.parse(text)
    project = tomllib.loads((tmp_path / "two-words-2" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    entry = "TwoWords2" if kind == "strategy" else "plugin"
    assert project["entry-points"] == {KINDS[kind].group: {"two_words_2": f"two_words_2:{entry}"}}


@pytest.mark.parametrize("name", ["", "My", "my-strategy", "2nd", "a__b", "_a", "a_", "../x", "ümlaut", "class", "a b"])
def test_a_name_must_be_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not a name for a strategy: use lower-case letters"):
        create_package("strategy", name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_must_be_free(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"there is a {kind} '{TAKEN[kind]}' already"):
        create_package(kind, TAKEN[kind], tmp_path)
    with pytest.raises(ConfigError, match="there is a Python module 'numpy' already"):
        create_package(kind, "numpy", tmp_path)
    create_package(kind, "mine", tmp_path)
    (tmp_path / "mine" / "mine.py").write_text("# my work\n")
    with pytest.raises(ConfigError, match="mine is there already; remove it or choose another name"):
        create_package(kind, "mine", tmp_path)
    assert (tmp_path / "mine" / "mine.py").read_text() == "# my work\n"


def test_a_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        create_package("strategy", "mine", tmp_path / "file")
