"""The port of the pages, remembered by an installation."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from algo_trading.errors import ConfigError
from algo_trading.launcher.beside import programs
from algo_trading.settings import Settings, load_settings
from algo_trading.web import address

pytestmark = pytest.mark.unit


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as other:
        other.bind((address.HOST, 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int) -> Settings:
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    monkeypatch.setenv("ALGO_WEB__PORT", str(taken))
    return load_settings()


def test_another_port_is_chosen_and_remembered_where_the_configured_one_is_in_use(
    settings: Settings, taken: int
) -> None:
    assert address.remembered_port(settings) == taken
    chosen = address.choose_port(settings)
    assert chosen > taken
    assert address.remembered_port(settings) == chosen == address.choose_port(settings)
    assert address.web_url(settings) == f"http://127.0.0.1:{chosen}"


def test_a_broken_note_counts_as_none(settings: Settings, taken: int) -> None:
    address.choose_port(settings)
    (settings.home / "web" / "port").write_text("?")
    assert address.remembered_port(settings) == taken


def test_where_every_port_is_in_use_the_way_out_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "TRIES", 1)
    with pytest.raises(ConfigError, match="choose another one: ALGO_WEB__PORT=9000"):
        address.choose_port(settings)


def test_people_use_the_public_address_where_there_is_one(settings: Settings) -> None:
    public = settings.web.model_copy(update={"url": "https://trading.example.com/"})
    assert address.web_url(settings.model_copy(update={"web": public})) == "https://trading.example.com"


def test_nothing_answers_where_pages_were_never_started_or_another_program_listens(settings: Settings) -> None:
    assert not address.answers(settings)
    address.choose_port(settings)
    assert not address.answers(settings)


def test_the_launcher_keeps_the_pages_running(settings: Settings) -> None:
    assert programs(settings)["web"][1:] == ["web", "--next-free"]


@pytest.mark.parametrize(
    "url", ["trading.example.com", "ftp://x", "https://user:pw@x", "https://x/path", "https://x?y"]
)
def test_what_is_no_address_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str) -> None:  # noqa: ARG001
    monkeypatch.setenv("ALGO_WEB__URL", url)
    with pytest.raises(ConfigError, match=r"web\.url"):
        load_settings()
