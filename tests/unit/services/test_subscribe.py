"""Subscribing: from when on, to what, and what is refused."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.names import FormerName
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval, midnight
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.repositories.periods import Stage
from algo_trading.services.subscribe import OpenSubscriptions, Subscribe, SubscriptionPlan
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from fakes.assignments import FakeAssignments, assigned
from fakes.clock import FakeClock
from fakes.names import FakeNames
from fakes.periods import FakePeriodLog
from fakes.subscriptions import FakeSubscriptions

pytestmark = pytest.mark.unit

OLD, IBM, MSFT = Instrument("CTR"), Instrument("IBM"), Instrument("MSFT")
STOCKS = assigned((SmaCross(), IBM), (SmaCross(), MSFT), (EmaCross(), IBM))
COIN = Series(Instrument("INJUSDT", "24/7"), Interval.HOUR_4)
COINS = [Assignment(SmaCross().id, COIN, "coins", "paper", "owner")]
FRIDAY_EVENING = datetime(2013, 2, 15, 22, tzinfo=UTC)  # before a long weekend
THURSDAY_CLOSE, FRIDAY_CLOSE = datetime(2013, 2, 14, 21, tzinfo=UTC), datetime(2013, 2, 15, 21, tzinfo=UTC)


def a_service(assignments: Sequence[Assignment] = STOCKS) -> Subscribe:
    return Subscribe(
        FakeSubscriptions(),
        FakePeriodLog(),
        FakeAssignments(assignments),
        FakeNames(FormerName(OLD, date(2012, 5, 1), IBM)),
        trading_calendar,
        FakeClock(FRIDAY_EVENING),
    )


def test_without_any_decided_period_it_begins_with_the_next_one_of_the_calendar() -> None:
    subscribe = a_service()
    subscription, new = subscribe("a@localhost")
    assert subscription == Subscription("a@localhost", EVERY, EVERY, EVERY, FRIDAY_CLOSE)
    assert new
    assert subscribe.subscriptions.all() == [subscription]


def test_it_begins_after_the_newest_decided_period() -> None:
    subscribe = a_service()
    for day in (7, 8):
        subscribe.periods.mark("stocks", Interval.DAY, midnight(date(2013, 2, day)), Stage.DECIDED)
    subscribe.periods.mark("stocks", Interval.DAY, midnight(date(2013, 2, 12)), Stage.ACCEPTED)
    subscription, _ = subscribe("a@localhost", "IBM", "ema_cross", "XNYS", "smtp")
    start = datetime(2013, 2, 8, 21, tzinfo=UTC)
    assert subscription == Subscription("a@localhost", "IBM", "ema_cross", "XNYS", start, "smtp")


def test_of_several_intervals_the_newest_close_counts() -> None:
    subscribe = a_service([*STOCKS, *COINS])
    subscribe.periods.mark("stocks", Interval.DAY, midnight(date(2013, 2, 14)), Stage.DECIDED)
    subscribe.periods.mark("coins", Interval.HOUR_4, datetime(2013, 2, 15, 12, tzinfo=UTC), Stage.DECIDED)
    assert subscribe("a@localhost")[0].start == datetime(2013, 2, 15, 16, tzinfo=UTC)
    assert subscribe("a@localhost", "IBM")[0].start == THURSDAY_CLOSE


def test_a_former_name_is_a_subscription_to_the_name_of_now() -> None:
    subscribe = a_service()
    assert subscribe("a@localhost", "CTR")[0].symbol == "IBM"
    assert subscribe("a@localhost", "IBM")[1] is False
    with pytest.raises(UnknownNameError, match=r"no active strategy \* watches CTR"):
        subscribe("a@localhost", "CTR", venue="24/7")  # it was renamed elsewhere


def test_the_second_time_nothing_is_new() -> None:
    subscribe = a_service()
    subscribe("a@localhost", "IBM")
    assert subscribe("a@localhost", "IBM")[1] is False
    assert subscribe("a@localhost", "MSFT")[1] is True
    assert len(subscribe.subscriptions.all()) == 2


@pytest.mark.parametrize(
    ("symbol", "strategy", "sentence"),
    [
        (
            "T",
            EVERY,
            "no active strategy * watches T; active are: ema_cross on IBM, sma_cross on IBM, sma_cross on MSFT",
        ),
        (EVERY, "luck", "no active strategy luck watches *; active are: ema_cross on IBM"),
        ("MSFT", "ema_cross", "no active strategy ema_cross watches MSFT; active are:"),
        ("ibm", EVERY, "no active strategy * watches ibm"),
    ],
)
def test_what_nobody_watches_is_refused_with_what_is_watched(symbol: str, strategy: str, sentence: str) -> None:
    subscribe = a_service()
    with pytest.raises(UnknownNameError) as caught:
        subscribe("a@localhost", symbol, strategy)
    assert str(caught.value).startswith(sentence)
    assert subscribe.subscriptions.all() == []


def test_another_venue_is_refused_too() -> None:
    with pytest.raises(UnknownNameError, match="no active strategy"):
        a_service()("a@localhost", venue="24/7")


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@localhost", "a@", "a b@localhost", "a@b\nBcc: c@d", "a@b, c@d", "A <a@b>", "a@b@c", "a@b;"],
)
def test_what_is_not_an_address_is_refused(address: str) -> None:
    subscribe = a_service()
    with pytest.raises(ConfigError, match="is not a valid email address; write it as name@host"):
        subscribe(address)
    assert subscribe.subscriptions.all() == []


def opened(
    plan_start: date | None, start: datetime | None, assignments: Sequence[Assignment] = STOCKS
) -> Sequence[Subscription]:
    plans = [SubscriptionPlan("a@localhost", EVERY, "ema_cross", plan_start)]
    service = OpenSubscriptions(
        FakeSubscriptions(), plans, FakeAssignments(assignments), trading_calendar, FakeClock(FRIDAY_EVENING)
    )
    service(start)
    before = service.subscriptions.all()
    service(FRIDAY_EVENING)
    assert service.subscriptions.all() == before  # what is open stays as it is
    return before


@pytest.mark.parametrize(
    ("configured", "asked", "begins"),
    [
        (date(2013, 1, 2), None, datetime(2012, 12, 31, 21, tzinfo=UTC)),
        (date(2013, 1, 2), THURSDAY_CLOSE, datetime(2012, 12, 31, 21, tzinfo=UTC)),
        (None, FRIDAY_CLOSE, FRIDAY_CLOSE),
        (None, None, THURSDAY_CLOSE),
    ],
)
def test_subscriptions_of_the_configuration(configured: date | None, asked: datetime | None, begins: datetime) -> None:
    (subscription,) = opened(configured, asked)
    assert subscription == Subscription("a@localhost", EVERY, "ema_cross", EVERY, begins)


def test_the_newest_closed_period_of_every_interval_is_included() -> None:
    (subscription,) = opened(None, None, COINS)
    assert subscription.start == datetime(2013, 2, 15, 16, tzinfo=UTC)  # the last candle closed at 20:00
    (subscription,) = opened(None, None, [*STOCKS, *COINS])
    assert subscription.start == THURSDAY_CLOSE


@pytest.mark.parametrize(
    ("configured", "begins"), [(None, FRIDAY_EVENING), (date(2013, 1, 2), midnight(date(2013, 1, 2)))]
)
def test_without_assignments(configured: date | None, begins: datetime) -> None:
    (subscription,) = opened(configured, None, [])
    assert subscription.start == begins
