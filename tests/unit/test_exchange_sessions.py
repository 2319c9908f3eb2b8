"""An exchange's sessions are made once a day and kept."""

from datetime import date
from pathlib import Path

import exchange_calendars
import numpy as np
import pytest

from algo_trading import exchange_sessions
from algo_trading.exchange_sessions import Sessions, sessions_of

pytestmark = pytest.mark.unit


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The codes whose sessions had to be made; they are kept in an empty folder."""
    codes: list[str] = []
    make = exchange_sessions._made

    def heard(code: str) -> Sessions:
        codes.append(code)
        return make(code)

    monkeypatch.setattr(exchange_sessions, "_made", heard)
    monkeypatch.setattr(exchange_sessions, "FOLDER", tmp_path / "kept")
    return codes


def same(one: Sessions, other: Sessions) -> bool:
    return all(
        np.array_equal(left, right) and left.dtype == right.dtype for left, right in zip(one, other, strict=True)
    )


def test_what_is_kept_is_what_was_made(made: list[str], tmp_path: Path) -> None:
    first, again = sessions_of("XLON"), sessions_of("XLON")
    assert same(first, again)
    assert made == ["XLON"]
    assert sessions_of("24/5").dates[0] == np.datetime64("1962-01-02")
    assert len(list((tmp_path / "kept").iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04torn"])
def test_a_torn_file_is_made_again_and_one_of_another_day_goes(made: list[str], tmp_path: Path, content: bytes) -> None:
    first = sessions_of("XLON")
    (kept,) = (tmp_path / "kept").iterdir()
    old = kept.with_name(kept.name.replace(kept.name.split(".")[-2], "20200101"))
    kept.write_bytes(content)
    old.write_bytes(content)
    assert same(sessions_of("XLON"), first)
    assert made == ["XLON", "XLON"]
    assert list((tmp_path / "kept").iterdir()) == [kept]
    assert same(sessions_of("XLON"), first)
    assert made == ["XLON", "XLON"]


def test_where_nobody_can_write_they_are_made_each_time(
    made: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setattr(exchange_sessions, "FOLDER", in_the_way / "kept")
    assert same(sessions_of("XLON"), sessions_of("XLON"))
    assert made == ["XLON", "XLON"]


def test_rules_that_begin_later_begin_the_calendar() -> None:
    bound = exchange_calendars.get_calendar("XSHG").bound_min()
    assert bound is not None
    assert sessions_of("XSHG").dates[0].item() >= bound.date() > date(1962, 1, 2)
