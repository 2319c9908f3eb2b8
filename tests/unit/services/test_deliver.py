"""Notices of the outbox go out, whatever befalls one of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from algo_trading.domain.account import Account, AccountState, Mode
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.ledger import Entry, EntryKind, Holding
from algo_trading.domain.limits import NO_LIMITS
from algo_trading.domain.notice import Content, NoticeKind, NoticeStatus
from algo_trading.domain.signal import StrategyId
from algo_trading.domain.time import DAY
from algo_trading.errors import ConfigError, ServiceUnavailableError
from algo_trading.gateways.channels import DeferredError, Mail, UndeliverableError
from algo_trading.notification.rendering import RECIPIENT, Rendering
from algo_trading.repositories.accounts import AccountStep
from algo_trading.services.deliver import BATCH, DeliverNotices, DeliveryReport, pause
from fakes.channel import FakeChannel
from support.mail_delivery import House, a_house
from support.mail_examples import IBM, NOON, SESSION, ibm_signal

pytestmark = pytest.mark.unit


@pytest.fixture
def house() -> House:
    return a_house()


def test_it_tells_how_many_are_sent(house: House) -> None:
    house.queue("a@localhost", "b@localhost")
    heard: list[int] = []
    house.deliver(heard.append)
    assert heard == [1, 2]


def test_an_empty_outbox(house: House) -> None:
    assert house.deliver() == DeliveryReport(0, 0, 0, "")


def test_a_mail_is_sent_once(house: House) -> None:
    house.queue("trader@localhost")
    assert house.deliver() == DeliveryReport(sent=1)
    assert house.deliver() == DeliveryReport(sent=0)
    (mail,) = house.channel.mails.values()
    assert mail["Subject"] == "BUY IBM at 202.33 · ema_cross · 2013-02-27"
    assert (mail["To"], mail["Message-ID"]) == ("trader@localhost", "<k0@localhost>")
    assert mail["Date"].datetime == NOON
    assert house.outbox.stored["k0"].sent_at == NOON


def test_later_bars_and_actions_are_not_in_the_mail(house: House) -> None:
    house.queue("trader@localhost")
    house.actions.upsert([CorporateAction(IBM, SESSION.date() + timedelta(days=1), ActionKind.SPLIT, 4.0)], "sample")
    house.deliver()
    body = house.channel.mails["k0"].get_body(("plain",))
    assert body is not None
    assert "2013-02-27    202.33" in body.get_content()
    assert "2013-02-28" not in body.get_content()


def test_earlier_closes_are_adjusted_as_of_the_session(house: House) -> None:
    house.queue("trader@localhost")
    house.actions.upsert([CorporateAction(IBM, SESSION.date(), ActionKind.SPLIT, 2.0)], "sample")
    house.deliver()
    body = house.channel.mails["k0"].get_body(("plain",))
    assert body is not None
    assert "2013-02-26     99.57" in body.get_content()
    assert "2013-02-27    202.33" in body.get_content()


def test_readers_of_one_signal_share_one_notice(house: House) -> None:
    house.queue(*(f"reader{number}@localhost" for number in range(20)))
    assert house.deliver() == DeliveryReport(sent=20)
    assert house.bars.reads == 1
    assert {str(mail["To"]) for mail in house.channel.mails.values()} == {f"reader{n}@localhost" for n in range(20)}


def test_an_undeliverable_mail_does_not_stop_the_others(house: House) -> None:
    house.queue("a@localhost", "gone@localhost", "b@localhost")
    house.channel.errors["gone@localhost"] = UndeliverableError("no such user")
    assert house.deliver() == DeliveryReport(sent=2, failed=1, refusal="no such user", refusals={"no such user": 1})
    assert house.status("k1") == (NoticeStatus.FAILED, 1, "no such user")
    assert house.deliver() == DeliveryReport()


def test_what_is_no_address_fails_alone(house: House) -> None:
    house.queue("a@localhost\nBcc: x@localhost", "b@localhost")
    report = house.deliver()
    assert (report.sent, report.failed) == (1, 1)
    assert "is not a valid email address" in report.refusal
    assert house.status("k0") == (NoticeStatus.FAILED, 1, report.refusal)


def test_a_deferred_mail_waits_longer_each_time_and_holds_up_nobody(house: House) -> None:
    house.queue("slow@localhost", "b@localhost")
    house.channel.errors["slow@localhost"] = DeferredError("come back later")
    assert house.deliver() == DeliveryReport(sent=1, retried=1, error="come back later")
    for minutes in (1, 2, 4):
        assert house.outbox.not_before["k0"] == house.clock.now() + timedelta(minutes=minutes)
        house.clock.move(timedelta(minutes=minutes, seconds=-1))
        assert house.deliver() == DeliveryReport()
        house.clock.move(timedelta(seconds=1))
        assert house.deliver() == DeliveryReport(retried=1, error="come back later")
    house.channel.errors.clear()
    house.clock.move(timedelta(hours=1))
    assert house.deliver() == DeliveryReport(sent=1)
    assert house.status("k0") == (NoticeStatus.SENT, 5, "")


def test_a_channel_that_is_down_ends_the_run_and_loses_nothing(house: House) -> None:
    house.queue("a@localhost", "b@localhost", "c@localhost")
    house.channel.down = "the mail server cannot be spoken to"
    assert house.deliver() == DeliveryReport(retried=1, error="the mail server cannot be spoken to")
    assert [house.status(key)[:2] for key in ("k0", "k1", "k2")] == [
        (NoticeStatus.PENDING, 1),
        (NoticeStatus.PENDING, 0),
        (NoticeStatus.PENDING, 0),
    ]
    house.channel.down = ""
    house.clock.move(timedelta(minutes=1))
    assert house.deliver() == DeliveryReport(sent=3)


def test_a_strategy_that_is_not_installed_any_more(house: House) -> None:
    orphan = replace(ibm_signal(), strategy=StrategyId("gone", "{}"))
    house.signals.add([orphan])
    house.queue("a@localhost", signal=orphan)
    house.queue("b@localhost")
    report = house.deliver()
    assert (report.sent, report.retried, report.failed) == (1, 1, 0)
    assert "there is no strategy 'gone'" in report.error


def test_a_signal_or_a_bar_that_is_not_there(house: House) -> None:
    house.queue("a@localhost", signal=replace(ibm_signal(), strategy=StrategyId("unknown", "{}")))
    for changes in ({"series": Series(Instrument("NONE"))}, {"opened_at": datetime(2013, 3, 1, tzinfo=UTC)}):
        stored = replace(ibm_signal(), **changes)
        house.signals.add([stored])
        house.queue("a@localhost", signal=stored)
    assert house.deliver().failed == 3
    assert [house.status(key)[2].partition(" of ")[0] for key in ("k0", "k1", "k2")] == [
        f"there is no signal {house.outbox.stored['k0'].content.key}",
        "there is no bar",
        "there is no bar",
    ]


def test_a_wrong_sender_is_said_before_anything_is_touched(house: House) -> None:
    house.queue("a@localhost")
    house.sender = "nobody"
    with pytest.raises(ConfigError, match=r"mail\.sender"):
        house.deliver()
    assert house.status("k0") == (NoticeStatus.PENDING, 0, "")


def test_a_bug_leaves_the_mail_pending(house: House) -> None:
    house.queue("a@localhost")
    house.channel.errors["a@localhost"] = RuntimeError("bug")
    with pytest.raises(RuntimeError):
        house.deliver()
    assert house.status("k0") == (NoticeStatus.PENDING, 0, "")


def test_what_was_delivered_before_a_bug_is_not_delivered_again(house: House) -> None:
    house.queue("a@localhost", "b@localhost", "c@localhost")
    house.channel.errors["b@localhost"] = RuntimeError("bug")
    with pytest.raises(RuntimeError):
        house.deliver()
    assert [house.status(key)[0] for key in ("k0", "k1", "k2")] == ["sent", "pending", "pending"]
    house.channel.errors.clear()
    assert house.deliver() == DeliveryReport(sent=2)


def test_who_interrupts_it_loses_nothing(house: House) -> None:
    def interrupt(sent: int) -> None:
        if sent == 2:
            raise KeyboardInterrupt

    house.queue("a@localhost", "b@localhost", "c@localhost")
    with pytest.raises(KeyboardInterrupt):
        house.deliver(interrupt)
    assert house.outbox.counts() == {"sent": 2, "pending": 1, "failed": 0}
    assert house.deliver() == DeliveryReport(sent=1)


def test_many_go_out_in_batches_and_one_conversation(house: House) -> None:
    house.queue(*(f"reader{number}@localhost" for number in range(BATCH * 2 + 1)))
    assert house.deliver() == DeliveryReport(sent=BATCH * 2 + 1)
    assert (house.channel.sessions, house.bars.reads) == (1, 1)


class SlowChannel(FakeChannel):
    """Takes half a minute for each mail, and looks at the outbox meanwhile."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house
        self.sent: list[int] = []
        self.free: list[int] = []

    def deliver(self, mail: Mail) -> None:
        super().deliver(mail)
        self.house.clock.move(timedelta(seconds=30))
        self.sent.append(self.house.outbox.counts()["sent"])
        with self.house.outbox.sender() as other:
            now = self.house.clock.now()
            self.free.append(len(other.claim(now, now, 1)))


def test_a_slow_channel_is_settled_with_now_and_then_and_keeps_its_batch(house: House) -> None:
    house.channel = slow = SlowChannel(house)
    house.queue(*(f"reader{number}@localhost" for number in range(40)))
    assert house.deliver() == DeliveryReport(sent=40)
    assert slow.sent == [number // 3 * 3 for number in range(40)]
    assert slow.free == [0] * 40  # in twenty minutes


def test_what_cannot_be_rendered_is_tried_once_for_all_recipients(house: House) -> None:
    unknown = replace(ibm_signal(), opened_at=datetime(2013, 3, 1, tzinfo=UTC))
    house.signals.add([unknown])
    house.queue("a@localhost", "b@localhost", "c@localhost", signal=unknown)
    assert house.deliver().failed == 3
    assert house.bars.reads == 1


def test_a_channel_that_is_down_does_not_hold_up_another(house: House) -> None:
    house.others["pager"] = FakeChannel()
    for number in range(BATCH + 1):
        house.queue(f"a{number}@localhost")
        house.queue(f"b{number}@localhost", channel="pager")
    house.channel.down = "the mail server cannot be spoken to"
    assert house.deliver() == DeliveryReport(sent=BATCH + 1, retried=1, error="the mail server cannot be spoken to")
    assert len(house.others["pager"].delivered) == BATCH + 1


def test_a_channel_that_is_not_installed_any_more(house: House) -> None:
    house.queue("a@localhost", "b@localhost", channel="fax")
    house.queue("c@localhost")
    assert house.deliver() == DeliveryReport(sent=1, retried=1, error="there is no channel 'fax'")


def test_an_unavailable_database_of_a_renderer_is_not_the_channels_fault(house: House) -> None:
    class Renderer:
        def begin(self) -> Callable[[Content], Rendering]:
            def render(content: Content) -> Rendering:
                if "ema_cross" in content.key:
                    raise ServiceUnavailableError("later")
                return Rendering("Hello", f"{RECIPIENT}\n", "<p></p>\n")

            return render

    house.queue("a@localhost")
    house.queue("b@localhost", signal=replace(ibm_signal(), strategy=StrategyId("other", "{}")))
    deliver = DeliverNotices(
        house.outbox, {NoticeKind.SIGNAL: Renderer()}, house.channel_named, house.clock, house.sender
    )
    assert deliver() == DeliveryReport(sent=1, retried=1, error="later")


def test_pauses_double_up_to_an_hour() -> None:
    assert [pause(n).total_seconds() / 60 for n in (0, 1, 5, 6, 1000)] == [1, 2, 32, 60, 60]


def test_the_mail_has_the_trades_that_are_over_and_a_link(house: House) -> None:
    signal = ibm_signal()
    house.page = "http://pages.example/instruments/XNYS/IBM"
    house.assign(NO_LIMITS)
    start = SESSION - timedelta(days=30)
    account = Account("paper", "paper", "USD", Mode.PAPER, "owner", start, Decimal("0.4"), Costs())
    holding, at = Holding(signal.strategy, signal.series), start + timedelta(days=5)
    fills = [(0, "10", "-1000"), (3, "-10", "1100"), (4, "10", "-1000"), (60, "-10", "500")]
    entries = tuple(
        Entry(EntryKind.FILL, f"{day}", Decimal(amount), at + day * DAY, NOON, asset, holding)
        for day, quantity, money in fills
        for amount, asset in ((quantity, ""), (money, "USD"))
    )
    house.accounts.open(AccountStep(AccountState(account), AccountState(account), NOON, entries=entries))
    house.queue("a@localhost", "b@localhost")
    assert house.deliver().sent == 2
    plain, html = (house.channel.mails["k0"].get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    text = plain.get_content()
    assert "2013-02-02  2013-02-05  +10.00 %" in text  # the later one is not over when the signal comes
    assert "1 trade so far, 1 with a gain; mean result +10.00 %, costs included." in text
    assert house.page in text.split()
    assert f'href="{house.page}"' in html.get_content()
    assert "The last trades of ema_cross on IBM" in html.get_content()
