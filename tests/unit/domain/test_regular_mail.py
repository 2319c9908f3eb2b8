"""When updates and digests are due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.regular_mail import MailKind, Recipient, RegularMail

pytestmark = pytest.mark.unit

START = datetime(2026, 3, 27, 9, 30, tzinfo=UTC)  # a Friday, before Europe's clocks change
BERLIN = Recipient("ann@localhost", "Europe/Berlin")
UTC_READER = Recipient("ann@localhost")
FOUR_HOURS = RegularMail("ann@localhost", MailKind.UPDATE, "4h", START)
DAILY = replace(FOUR_HOURS, every="daily")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_hours_count_from_the_start_and_the_first_is_due_at_once() -> None:
    assert FOUR_HOURS.due(UTC_READER, START) == START
    assert FOUR_HOURS.due(UTC_READER, START - timedelta(seconds=1)) is None
    sent = replace(FOUR_HOURS, sent=START)
    assert sent.due(UTC_READER, at("2026-03-27T13:29")) is None
    assert sent.due(UTC_READER, at("2026-03-27T13:30")) == at("2026-03-27T13:30")
    assert sent.due(UTC_READER, at("2026-03-28T10:00")) == at("2026-03-28T09:30")  # one for all that were missed
    assert sent.next(UTC_READER, START) == at("2026-03-27T13:30")


def test_a_day_begins_by_the_readers_clock_also_when_it_changes() -> None:
    assert DAILY.due(BERLIN, START) is None
    assert DAILY.next(BERLIN, START) == at("2026-03-28T07:00")
    assert DAILY.due(BERLIN, at("2026-03-28T07:00")) == at("2026-03-28T07:00")
    assert replace(DAILY, sent=at("2026-03-28T07:00")).due(BERLIN, at("2026-03-29T06:00")) == at("2026-03-29T06:00")
    weekly = replace(DAILY, every="weekly", hour=6)
    assert weekly.due(BERLIN, at("2026-03-29T23:00")) is None
    assert weekly.due(BERLIN, at("2026-04-01T00:00")) == at("2026-03-30T04:00")
    assert weekly.next(BERLIN, at("2026-03-30T04:00")) == at("2026-04-06T04:00")


def test_nothing_is_due_in_quiet_hours() -> None:
    quiet = replace(BERLIN, quiet_from=22, quiet_to=7)
    hours = [at(f"2026-03-27T{hour:02}:00") for hour in range(24)]
    assert [moment.hour for moment in hours if quiet.rests(moment)] == [0, 1, 2, 3, 4, 5, 21, 22, 23]
    assert [moment.hour for moment in hours if replace(UTC_READER, quiet_from=9, quiet_to=12).rests(moment)] == [
        9,
        10,
        11,
    ]
    assert not any(map(UTC_READER.rests, hours))
    sent = replace(FOUR_HOURS, sent=START)
    assert sent.due(quiet, at("2026-03-28T05:30")) is None
    assert sent.due(quiet, at("2026-03-28T06:00")) == at("2026-03-28T05:30")


@given(
    every=st.sampled_from(["1h", "5h", "daily", "weekly"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"]),
    minutes=st.lists(st.integers(1, 3000), min_size=5, max_size=60),
)
def test_whoever_looks_whenever_each_moment_is_queued_once_and_in_order(
    every: str, zone: str, minutes: list[int]
) -> None:
    mail, reader, now, queued = replace(FOUR_HOURS, every=every), Recipient("a@b", zone, 23, 5), START, []
    for step in minutes:
        now += timedelta(minutes=step)
        due = mail.due(reader, now)
        if due is not None:
            assert due <= now
            assert not reader.rests(now)
            assert mail.next(reader, due) > now or mail.next(reader, due) > due
            queued.append(due)
            mail = replace(mail, sent=due)
        assert mail.due(reader, now) is None
    assert queued == sorted(set(queued))


def test_what_can_be_written() -> None:
    assert [RegularMail.parse_every(text) for text in ("4h", " Daily", "WEEKLY", "336h")] == [
        "4h",
        "daily",
        "weekly",
        "336h",
    ]
    for wrong in ("0h", "4", "337h", "hourly", ""):
        with pytest.raises(ValueError, match="is not how often"):
            RegularMail.parse_every(wrong)
    assert [Recipient.parse_quiet(text) for text in ("22-7", "0 - 6")] == [(22, 7), (0, 6)]
    for wrong in ("22", "7-7", "24-6", "a-b"):
        with pytest.raises(ValueError, match="not quiet hours"):
            Recipient.parse_quiet(wrong)
