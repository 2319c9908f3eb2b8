"""Templates of a user in the place of the packaged ones."""

import logging
from pathlib import Path

import pytest

from algo_trading.domain.letter import Letter
from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.notification.letter import LetterRenderer
from algo_trading.notification.own_templates import templates_from
from algo_trading.notification.rendering import Rendering
from support.mail_examples import NOON

pytestmark = pytest.mark.unit

LETTER = Letter("A <subject>", ("First & last.",), "https://trading.example/x", (("a", "b"), ("1", "22")))
PACKAGED = "First & last.\n\na   b\n1  22\n\nhttps://trading.example/x\n"


def rendered(folder: Path | str = "") -> Rendering:
    with templates_from(str(folder)):
        return LetterRenderer().begin()(Content(NoticeKind.LETTER, "k", NOON, LETTER.details))


def test_the_packaged_one() -> None:
    for folder in ("", "/nonexistent"):
        found = rendered(folder)
        assert PACKAGED in found.text
        assert "A &lt;subject&gt;" in found.html


def test_a_file_stands_in_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "letter.txt.j2").write_text("Dear {{ address }}, {{ letter.sentences|join }}\n")
    found = rendered(tmp_path)
    assert found.text.endswith("First & last.\n")
    assert found.text.startswith("Dear recipient")
    assert found.html == rendered().html
    assert rendered().text != found.text


def test_a_layout_of_ones_own_frames_the_packaged_ones(tmp_path: Path) -> None:
    (tmp_path / "layout.html.j2").write_text(
        "<main>{% block body %}{% endblock %}</main>{% block foot %}{% endblock %}"
    )
    html = rendered(tmp_path).html
    assert html.startswith("<main>")
    assert "A &lt;subject&gt;" in html


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("fine\n{% if %}", "line 2"),
        ("{{ nobody.knows }}", "UndefinedError"),
        ("{{ letter.__class__.__mro__ }}", "SecurityError"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{% extends 'nowhere.j2' %}", "TemplateNotFound"),
        ("{{ letter.sentences.append('x') }}", "UndefinedError"),
        ("{% for n in range(10 ** 9) %}x{% endfor %}", "OverflowError"),
        ("\udcff", "UnicodeDecodeError"),
    ],
)
def test_a_broken_one_is_named_and_the_packaged_one_used(
    tmp_path: Path, template: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "letter.txt.j2").write_bytes(template.encode("utf-8", "surrogateescape"))
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            assert PACKAGED in rendered(tmp_path).text
    (record,) = caplog.records
    assert str(tmp_path) in record.message
    assert said in record.message
