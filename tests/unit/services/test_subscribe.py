"""Subscribing: from when on, to what, and what is refused."""

from datetime import UTC, date, datetime

import pytest

from algo_trading.domain.instrument import Instrument
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.errors import ConfigError, UnknownNameError
from algo_trading.repositories.signals import Stage
from algo_trading.services.subscribe import Subscribe
from algo_trading.strategies.active import ActivePair
from algo_trading.strategies.ema_cross import EmaCross
from algo_trading.strategies.sma_cross import SmaCross
from fakes.clock import FakeClock
from fakes.signals import FakeSessionLog
from fakes.subscriptions import FakeSubscriptions

pytestmark = pytest.mark.unit

IBM, MSFT = Instrument("IBM"), Instrument("MSFT")
PAIRS = (ActivePair(SmaCross(), IBM), ActivePair(SmaCross(), MSFT), ActivePair(EmaCross(), IBM))
FRIDAY_EVENING = datetime(2013, 2, 15, 22, tzinfo=UTC)  # before a long weekend


def a_service() -> Subscribe:
    return Subscribe(FakeSubscriptions(), FakeSessionLog(), PAIRS, FakeClock(FRIDAY_EVENING))


def test_without_any_session_it_begins_with_the_next_one_of_the_calendar() -> None:
    subscribe = a_service()
    subscription, new = subscribe("a@localhost")
    assert subscription == Subscription("a@localhost", EVERY, EVERY, "XNYS", date(2013, 2, 19))
    assert new
    assert subscribe.subscriptions.all() == [subscription]


def test_it_begins_after_the_newest_decided_session() -> None:
    subscribe = a_service()
    subscribe.sessions.mark("XNYS", date(2013, 2, 8), Stage.DECIDED)
    subscribe.sessions.mark("XNYS", date(2013, 2, 12), Stage.INGESTED)
    subscription, _ = subscribe("a@localhost", "IBM", "ema_cross")
    assert (subscription.symbol, subscription.strategy, subscription.start) == ("IBM", "ema_cross", date(2013, 2, 11))


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


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "@localhost", "a@", "a b@localhost", "a@b\nBcc: c@d", "a@b, c@d", "A <a@b>", "a@b@c", "a@b;"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    subscribe = a_service()
    with pytest.raises(ConfigError, match=r"is not a valid email address.*name@host"):
        subscribe(address)
    assert subscribe.subscriptions.all() == []
