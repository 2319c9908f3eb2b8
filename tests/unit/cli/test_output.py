"""Tables show what is in them, whatever it is; JSON is JSON in every locale."""

import io
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from algo_trading.cli import output
from algo_trading.domain.account import OrderStatus

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


def test_a_table_of_nothing_has_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("Signals", ("session", "side"), [])
    assert capsys.readouterr().out.startswith("Signals\n")


def test_a_long_title_stays_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.table("2013-01-02 .. 2013-02-22: 36 sessions", ("a", "b"), [(1, 2)])
    assert capsys.readouterr().out.splitlines()[0] == "2013-01-02 .. 2013-02-22: 36 sessions"


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress() as bar:
        bar.update(bar.add_task("[/x]", total=2), completed=1)
    assert capsys.readouterr() == ("", "")
