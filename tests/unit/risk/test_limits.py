"""What a strategy's limits refuse, and with which sentence."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_trading.domain.limits import EntryTerms, Limits, TradeWindow
from algo_trading.risk.limits import Proposal, refusal, sending_refusal

pytestmark = pytest.mark.unit

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2013, 1, 4, 12, tzinfo=NEW_YORK)
PLAIN = Proposal(NOON, "America/New_York", 100.0, NOON, 100.0, 0)
STRICT = Limits(
    trade_window=TradeWindow(time(12), time(6)), max_price_age=timedelta(days=4), max_move=0.02, max_positions=3
)
MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(*divmod(minute, 60)))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - UTC is added
ZONES = st.sampled_from(["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


def test_without_limits_everything_passes() -> None:
    wild = replace(PLAIN, price=1.0, priced_at=NOON - timedelta(days=900), positions=1_000)
    assert refusal(Limits(), wild) == ""
    assert refusal(STRICT, PLAIN) == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"decided_at": NOON.replace(hour=11, minute=59, second=59), "priced_at": NOON.replace(hour=9)},
            "11:59 in America/New_York is outside the trade window 12:00-06:00",
        ),
        (
            {"decided_at": datetime(2013, 1, 4, 11, 0, tzinfo=UTC)},
            "06:00 in America/New_York is outside the trade window 12:00-06:00",
        ),
        (
            {"priced_at": NOON - timedelta(days=4, minutes=30)},
            "the newest price is 96.5 hours old, more than the 96 allowed",
        ),
        ({"price": 102.1}, "the price has moved by +2.1% since the post, more than the 2.0% allowed"),
        ({"price": 97.0}, "the price has moved by -3.0% since the post, more than the 2.0% allowed"),
        ({"positions": 3}, "the strategy holds or is buying 3 of at most 3 positions"),
    ],
)
def test_refusals(changes: dict[str, object], sentence: str) -> None:
    assert refusal(STRICT, replace(PLAIN, **changes)) == sentence  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    "changes",
    [
        {"decided_at": NOON.replace(hour=5, minute=59)},
        {"decided_at": NOON.replace(hour=23, minute=59)},
        {"decided_at": datetime(2013, 7, 4, 16, tzinfo=UTC), "priced_at": datetime(2013, 7, 3, 20, tzinfo=UTC)},
        {"priced_at": NOON - timedelta(days=4)},
        {"price": 102.0},
        {"price": 98.0},
        {"price_before": None, "price": 7.0},
        {"positions": 2},
    ],
)
def test_what_is_just_within_the_limits_passes(changes: dict[str, object]) -> None:
    assert refusal(STRICT, replace(PLAIN, **changes)) == ""  # type: ignore[arg-type]  # fields by name


TERMS = EntryTerms(
    Decimal(100), NOON, Decimal(99), TradeWindow.parse("12:00-06:00 Europe/Berlin"), timedelta(hours=4), 0.02
)


@pytest.mark.parametrize(
    ("changes", "now", "quote", "reason"),
    [
        ({}, NOON, "100.5", ""),
        ({}, NOON, None, ""),
        (
            {},
            NOON.replace(hour=1),
            "101",
            "07:00 in Europe/Berlin is outside the trade window 12:00-06:00 Europe/Berlin",
        ),
        (
            {"window": None},
            NOON + timedelta(hours=5, minutes=30),
            "101",
            "the price that it was decided at is 5.5 hours old, more than the 4 allowed",
        ),
        (
            {"price_before": None},
            NOON,
            "97.5",
            "the price has moved by -2.5% since the decision, to 97.5, more than the 2.0% allowed",
        ),
        (
            {},
            NOON,
            "101.5",
            "the price has moved by +2.5% since the post, to 101.5, more than the 2.0% allowed",
        ),
        ({"max_move": None, "price_before": None}, NOON, "1", ""),
    ],
)
def test_what_is_judged_when_an_entry_is_sent(
    changes: dict[str, object], now: datetime, quote: str | None, reason: str
) -> None:
    terms = replace(TERMS, **changes)  # type: ignore[arg-type]  # fields by name
    assert sending_refusal(terms, now, None if quote is None else Decimal(quote)) == reason


@pytest.mark.parametrize("text", ["12:00-06:00", "12:00-06:00 Europe/Berlin", "00:00-00:00 UTC"])
def test_a_window_is_written_as_it_is_read(text: str) -> None:
    assert str(TradeWindow.parse(text)) == text


def test_a_window_of_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'Mars/North' is not a time zone; write it as Europe/Berlin"):
        TradeWindow.parse("12:00-06:00 Mars/North")


# 2013-03-10 02:00 is skipped in New York, 2013-11-03 01:00 comes twice.
@pytest.mark.parametrize(
    ("moment", "passes"),
    [
        (datetime(2013, 3, 10, 6, 59, tzinfo=UTC), True),  # 01:59 standard time
        (datetime(2013, 3, 10, 7, 0, tzinfo=UTC), False),  # 03:00 daylight saving
        (datetime(2013, 11, 3, 5, 30, tzinfo=UTC), True),  # 01:30, the first one
        (datetime(2013, 11, 3, 6, 30, tzinfo=UTC), True),  # 01:30, the second one
        (datetime(2013, 11, 3, 7, 0, tzinfo=UTC), False),  # 02:00
    ],
)
def test_the_window_is_that_of_the_clock_on_the_wall(moment: datetime, passes: bool) -> None:
    limits = Limits(trade_window=TradeWindow(time(22), time(2)))
    assert (refusal(limits, replace(PLAIN, decided_at=moment)) == "") == passes


@given(begins=MINUTES, ends=MINUTES, moment=MOMENTS, zone=ZONES)
def test_a_window_and_the_one_from_its_end_to_its_begin_share_the_day(
    begins: time, ends: time, moment: datetime, zone: str
) -> None:
    within, without = (
        refusal(Limits(trade_window=window), replace(PLAIN, decided_at=moment, zone=zone)) == ""
        for window in (TradeWindow(begins, ends), TradeWindow(ends, begins))
    )
    assert (within and without) if begins == ends else within != without


@given(begins=MINUTES, ends=MINUTES, moment=MINUTES)
def test_a_window_over_midnight_is_two(begins: time, ends: time, moment: time) -> None:
    early, late = sorted((begins, ends))
    if early != late:
        assert (moment in TradeWindow(early, late)) == (early <= moment < late)
        assert (moment in TradeWindow(late, early)) == (moment >= late or moment < early)


@given(hours=st.floats(0, 500), allowed=st.floats(0.1, 400))
def test_a_price_is_fresh_up_to_its_age(hours: float, allowed: float) -> None:
    age, limit = timedelta(hours=hours), timedelta(hours=allowed)
    sentence = refusal(Limits(max_price_age=limit), replace(PLAIN, priced_at=NOON - age))
    assert (sentence == "") == (age <= limit)


@given(before=st.floats(0.01, 1e5), move=st.floats(-0.9, 3), allowed=st.floats(0.001, 1))
def test_a_move_counts_in_both_directions(before: float, move: float, allowed: float) -> None:
    proposal = replace(PLAIN, price=before * (1 + move), price_before=before)
    sentence = refusal(Limits(max_move=allowed), proposal)
    if abs(abs(move) - allowed) > 1e-6:
        assert (sentence == "") == (abs(move) < allowed)


@given(held=st.integers(0, 9), allowed=st.integers(1, 9))
def test_positions_are_counted_before_the_entry(held: int, allowed: int) -> None:
    assert (refusal(Limits(max_positions=allowed), replace(PLAIN, positions=held)) == "") == (held < allowed)
