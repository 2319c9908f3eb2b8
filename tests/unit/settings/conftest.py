"""A home and a folder of its own for each test, and nothing in the environment."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from algo_trading.errors import ConfigError
from algo_trading.settings import load_settings

SECRET = "correct horse"  # noqa: S105 - nobody's
Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home in an empty folder, and nothing in the environment."""
    for variable in [name for name in os.environ if name.upper().startswith("ALGO_")]:
        monkeypatch.delenv(variable)
    home = tmp_path / "var"
    monkeypatch.setenv("ALGO_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write the user's file."""

    def write(text: str) -> Path:
        path = tmp_path / "algo-trading.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def refusal() -> Callable[[], str]:
    """The sentence of a configuration that is wrong: one line, with no secret in it."""

    def refusal() -> str:
        with pytest.raises(ConfigError) as caught:
            load_settings()
        sentence = str(caught.value)
        assert "\n" not in sentence
        assert SECRET not in sentence
        assert "pydantic" not in sentence
        return sentence

    return refusal
