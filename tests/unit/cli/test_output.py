"""Tables show what is in them, whatever it is; JSON is JSON in every locale."""

import io
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from algo_trading.cli import output
from algo_trading.domain.order import OrderStatus

pytestmark = pytest.mark.unit


@dataclass(frozen=True)
class Inner:
    day: date
    cash: Decimal


@dataclass(frozen=True)
class Report:
    status: OrderStatus
    inner: tuple[Inner, ...]
    by_day: dict[date, int]
    nothing: None = None


REPORT = Report(OrderStatus.FILLED, (Inner(date(2013, 1, 2), Decimal("1.10")),), {date(2013, 1, 3): 2})


def test_plain_makes_json_of_reports() -> None:
    assert output.plain(REPORT) == {
        "status": "filled",
        "inner": [{"day": "2013-01-02", "cash": "1.10"}],
        "by_day": {"2013-01-03": 2},
        "nothing": None,
    }
    assert output.plain(datetime(2013, 1, 2, tzinfo=UTC)) == "2013-01-02T00:00:00+00:00"
    assert output.plain(frozenset({1.5})) == [1.5]


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", "Zürich"), ("ascii", r"Z\u00fcrich"), ("cp1252", r"Z\u00fcrich")]
)
def test_json_is_json_in_every_locale(encoding: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    output.print_json({"place": "Zürich"})
    sys.stdout.flush()
    assert json.loads(raw.getvalue().decode(encoding)) == {"place": "Zürich"}
    assert shown in raw.getvalue().decode(encoding)


@pytest.mark.parametrize("cell", ["[/red]", "[bold]loud[/bold]", ":smile:", "[Errno 13]", "\\[x]"])
def test_a_cell_is_shown_as_it_is(cell: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.table(cell, ("what", "count"), [(cell, 1_234)])
    shown = capsys.readouterr().out
    assert shown.count(cell) == 2
    assert "1,234" in shown


@pytest.mark.parametrize("obeyed", ["\x1b[31m", "\x9b2J", "\x07", "\u202e", "\u2066"])
def test_what_a_terminal_would_obey_is_marked(obeyed: str, capsys: pytest.CaptureFixture[str]) -> None:
    output.table("Rows held back", ("place", "id"), [("a.csv:1", f"A{obeyed}B")])
    output.warn(f"A{obeyed}B")
    told = capsys.readouterr()
    for shown in told:
        assert obeyed[0] not in shown
        assert "A\ufffd" in shown
    assert output.showable("é\n\t\u200d") == "é\n\t\u200d"


def test_a_table_of_nothing_has_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("Signals", ("session", "side"), [])
    assert capsys.readouterr().out.startswith("Signals\n")


def test_a_long_title_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("2013-01-02 .. 2013-02-22: 36 sessions", ("a", "b"), [(1, 2)])
    assert capsys.readouterr().out.splitlines()[0] == "2013-01-02 .. 2013-02-22: 36 sessions"


WIDE = [
    ("feed", "newest (UTC)", "state"),
    ("reddit r/wallstreetbets", "2013-01-02 10:00", "the platform refuses the token of the application " * 4),
    ("file package:sample_posts.jsonl", "nothing yet", "fine"),
]


@pytest.mark.parametrize("room", [70, 60, 45])
def test_words_stay_whole_where_they_can(room: int) -> None:
    widths = output.fitting_widths(WIDE, room)
    assert sum(width or 0 for width in widths) <= room
    for column, width in zip(zip(*WIDE, strict=True), widths, strict=True):
        assert width is not None
        if room > 50:
            assert width >= max(len(word) for cell in column for word in cell.split())


def test_a_table_that_fits_or_cannot_is_left_alone() -> None:
    assert output.fitting_widths(WIDE, 1000) == [None] * 3
    assert output.fitting_widths(WIDE, 2) == [None] * 3
    assert output.fitting_widths([("a", "b")], -5) == [None] * 2
    assert output.fitting_widths([("", "x" * 90), ("", "")], 10) == [1, 9]


@given(
    rows=st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.text(max_size=40), min_size=n, max_size=n), min_size=1, max_size=5)
    ),
    room=st.integers(0, 60),
)
def test_a_table_never_leaves_its_room(rows: list[list[str]], room: int) -> None:
    widths = output.fitting_widths(rows, room)
    assert len(widths) == len(rows[0])
    if None not in widths:
        assert sum(width or 0 for width in widths) <= room
        assert all(width for width in widths)


def test_stages_are_counted_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(output, "notes", Console(file=screen, force_terminal=True, width=100))
    with output.counting({"feeds collected": 2}) as tell:
        tell("feeds collected", 1)
        tell("posts read", 500)
    assert "feeds collected" in screen.getvalue()
    assert "1/2" in screen.getvalue()
    assert "500/?" in screen.getvalue()


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress() as bar:
        bar.update(bar.add_task("[/x]", total=2), completed=1)
    with output.counting() as tell:
        tell("posts read", 1)
    assert capsys.readouterr() == ("", "")
