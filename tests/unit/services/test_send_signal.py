"""Signals that a program sends: to whom they go, what the mail says, and what is refused."""

from dataclasses import replace
from datetime import date

import pytest

from algo_trading.domain.notice import Content, NoticeKind
from algo_trading.domain.sent_signal import SentSignal
from algo_trading.domain.signal import Side
from algo_trading.domain.subscription import Subscription
from algo_trading.errors import AlgoTradingError, ConfigError
from algo_trading.gateways.channels import UndeliverableError
from algo_trading.notification.sent_signal import SentSignalRenderer
from support.world import World

pytestmark = pytest.mark.unit

SENT = SentSignal("IBM", Side.BUY, "sma_cross", date(2013, 2, 1), "ann", "1")
TEST = SentSignal("IBM", Side.SELL, "sma_cross", date(2013, 2, 1), "ann", "2", test=True)


@pytest.fixture
def world() -> World:
    made = World()
    for address, symbol, strategy in (
        ("all@example.com", "*", "*"), ("ibm@example.com", "IBM", "sma_cross"), ("ema@example.com", "IBM", "ema_cross"),
        ("msft@example.com", "MSFT", "*"),
    ):  # fmt: skip
        made.subscriptions.add(Subscription(address, symbol, strategy, "*", made.clock.now()))
    return made


def recipients(world: World) -> list[str]:
    return sorted(one.recipient for one in world.outbox.notices())


def test_it_goes_to_everyone_who_subscribed_to_ticker_and_strategy_once(world: World) -> None:
    send = world.send_signal()
    assert send(SENT, "XNYS", "") == 2
    assert send(SENT, "XNYS", "") == 0
    assert recipients(world) == ["all@example.com", "ibm@example.com"]


def test_a_test_goes_to_one_address_alone(world: World) -> None:
    assert world.send_signal()(TEST, "XNYS", "me@example.com") == 1
    assert recipients(world) == ["me@example.com"]
    with pytest.raises(ConfigError, match="no email address"):
        world.send_signal()(TEST, "XNYS", "")


def test_a_full_outbox_takes_none(world: World) -> None:
    with pytest.raises(AlgoTradingError, match="outbox is full"):
        replace(world.send_signal(), outbox_limit=1)(SENT, "XNYS", "")


def test_the_mail_says_who_says_what_of_which_ticker_and_when() -> None:
    rendering = SentSignalRenderer().begin()(Content(NoticeKind.SENT_SIGNAL, SENT.key, World().clock.now()))
    assert rendering.subject == "AlgoTrading SIGNAL Alert for IBM"
    assert "sma_cross says BUY on IBM, Friday, February 1, 2013." in rendering.text
    assert "program of ann" in rendering.html
    tested = SentSignalRenderer().begin()(Content(NoticeKind.SENT_SIGNAL, TEST.key, World().clock.now()))
    assert tested.subject == "Test: AlgoTrading SIGNAL Alert for IBM"
    assert "This is a test" in tested.text


@pytest.mark.parametrize("key", ["", "{}", "[]", "1", '["IBM","buy","x","yesterday","ann","1",false]'])
def test_what_is_not_one_is_undeliverable(key: str) -> None:
    with pytest.raises(UndeliverableError):
        SentSignalRenderer().begin()(Content(NoticeKind.SENT_SIGNAL, key, World().clock.now()))
