"""Notices of the outbox go out, whatever befalls one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.notice import NoticeKind, NoticeStatus
from algo_trading.domain.post import Level, Levels, Post, PostKey, PostKind
from algo_trading.domain.signal import Side, Signal, StrategyId
from algo_trading.domain.watchlist import Assignment
from algo_trading.errors import ConfigError, ServiceUnavailableError, UnknownNameError
from algo_trading.gateways.channels import Channel, DeferredError, Mail, UndeliverableError
from algo_trading.notification import signal as signal_module
from algo_trading.notification.chart import draw_chart
from algo_trading.notification.rendering import RECIPIENT, Rendering
from algo_trading.notification.signal import SignalRenderer
from algo_trading.repositories.bars import bars_table
from algo_trading.services.deliver import BATCH, DeliverNotices, DeliveryReport, pause
from algo_trading.strategies.registry import strategy_of
from fakes.assignments import FakeAssignments
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.channel import FakeChannel
from fakes.clock import FakeClock
from fakes.notices import FakeNotices
from fakes.posts import FakePosts
from fakes.signals import FakeSignals
from support.mail_examples import IBM, NOON, SESSION, a_notice, ibm_bars, ibm_signal

pytestmark = pytest.mark.unit

LEVELS = Levels(medium=0.4, high=0.7)


class CountingBars(FakeBars):
    """Counts its reads."""

    reads = 0

    def read(self, series: Sequence[Series], first: datetime | None, last: datetime | None) -> Any:
        self.reads += 1
        return super().read(series, first, last)


@dataclass
class House:
    """Everything that notices are made of and go to."""

    signals: FakeSignals = field(default_factory=FakeSignals)
    bars: CountingBars = field(default_factory=CountingBars)
    actions: FakeCorporateActions = field(default_factory=FakeCorporateActions)
    outbox: FakeNotices = field(default_factory=FakeNotices)
    channel: FakeChannel = field(default_factory=FakeChannel)
    others: dict[str, FakeChannel] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=lambda: FakeClock(NOON))
    sender: str = "algo-trading@localhost"
    posts: FakePosts = field(default_factory=FakePosts)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)

    def deliver(self, progress: Callable[[int], None] = lambda _sent: None) -> DeliveryReport:
        renderer = SignalRenderer(
            self.signals, self.bars, self.actions, self.posts, self.assignments, strategy_of, LEVELS
        )
        renderers = {NoticeKind.SIGNAL: renderer}
        return DeliverNotices(self.outbox, renderers, self.channel_named, self.clock, self.sender)(progress)

    def channel_named(self, name: str) -> Channel:
        if name and name not in self.others:
            raise UnknownNameError(f"there is no channel {name!r}")
        return self.others[name] if name else self.channel

    def queue(self, *recipients: str, signal: Signal | None = None, channel: str = "") -> None:
        for recipient in recipients:
            key = f"k{len(self.outbox.stored)}"
            self.outbox.stored[key] = replace(a_notice(key, recipient, signal), channel=channel)

    def assign(self, limits: Limits, account: str = "paper") -> None:
        signal = ibm_signal()
        self.assignments.rows.append(Assignment(signal.strategy, signal.series, "stocks", account, "owner", limits))

    def status(self, key: str) -> tuple[NoticeStatus, int, str]:
        notice = self.outbox.stored[key]
        return notice.status, notice.attempts, notice.last_error


@pytest.fixture
def house() -> House:
    """IBM's bars with one of a later session, and the signal about it."""
    house = House()
    bars = ibm_bars()
    later = replace(
        bars[-1:], opened_at=bars.opened_at[-1:] + 86_400_000_000, closed_at=bars.closed_at[-1:] + 86_400_000_000
    )
    house.bars.upsert(bars_table([bars[-120:], replace(later, close=later.close * 10)]), "sample")
    house.signals.add([ibm_signal()])
    return house


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
        def begin(self) -> Callable[[str], Rendering]:
            def render(key: str) -> Rendering:
                if "ema_cross" in key:
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


POSTED = Post(
    key=PostKey("x", "77"),
    feed="x @ann",
    kind=PostKind.POST,
    author="ann",
    published_at=datetime(2013, 2, 27, 23, 5, tzinfo=UTC),
    seen_at=datetime(2013, 2, 27, 23, 7, tzinfo=UTC),
    title="",
    body="Buying <b>IBM</b> & friends",
    url="https://x.example/ann/77",
    language="en",
)


def on_post(confidence: float = 0.5) -> Signal:
    return replace(ibm_signal(), confidence=confidence, post=str(POSTED.key), available_at=POSTED.available_at)


def delivered(house: House, signal: Signal) -> tuple[str, str]:
    """The plain text, with single blanks, and the page of the one mail about a signal."""
    house.signals.add([signal])
    house.queue("trader@localhost", signal=signal)
    assert house.deliver() == DeliveryReport(sent=1)
    plain, page = (house.channel.mails["k0"].get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert page is not None
    return " ".join(plain.get_content().split()), page.get_content()


class TestPosts:
    def test_the_post_is_in_the_mail(self, house: House) -> None:
        house.posts.add([POSTED])
        plain, page = delivered(house, on_post())
        for fact in ("“Buying <b>IBM</b> & friends”", "ann on x", "2013-02-27 23:05 UTC", "https://x.example/ann/77"):
            assert fact in plain
        assert "“Buying &lt;b&gt;IBM&lt;/b&gt; &amp; friends”" in page
        assert "<b>IBM" not in page

    def test_its_link_is_text(self, house: House) -> None:
        """A program that reads mails may make a link of it; we send none that could be followed by mistake."""
        house.posts.add([replace(POSTED, url='javascript:alert("x")')])
        _, page = delivered(house, on_post())
        assert "<a " not in page
        assert "href" not in page
        assert "javascript:alert(&#34;x&#34;)" in page

    def test_without_a_link_there_is_no_line_for_one(self, house: House) -> None:
        house.posts.add([replace(POSTED, url="")])
        assert "Link" not in delivered(house, on_post())[0]

    def test_a_long_text_is_shortened_at_a_word(self, house: House) -> None:
        house.posts.add([replace(POSTED, title="A  title", body="word " * 1_000)])
        plain, _ = delivered(house, on_post())
        quoted = plain.partition("“")[2].partition("”")[0]
        assert quoted.startswith("A title word word")
        assert quoted.endswith("word …")
        assert 580 < len(quoted) <= 600

    def test_a_text_without_blanks_is_shortened_too(self, house: House) -> None:
        house.posts.add([replace(POSTED, body="\N{CJK UNIFIED IDEOGRAPH-682A}" * 5_000)])
        _, page = delivered(house, on_post())
        quoted = page.partition("“")[2].partition("”")[0]
        assert quoted == "\N{CJK UNIFIED IDEOGRAPH-682A}" * 598 + " …"

    def test_an_author_who_is_gone(self, house: House) -> None:
        house.posts.add([replace(POSTED, author="")])
        assert "somebody on x" in delivered(house, on_post())[0]

    def test_a_post_that_is_not_there_any_more(self, house: House) -> None:
        plain, _ = delivered(house, on_post())
        assert "Posted" not in plain

    @pytest.mark.parametrize(("confidence", "level"), [(0.1, "low"), (0.5, "medium")])
    def test_why_nothing_is_ordered(self, house: House, confidence: float, level: str) -> None:
        house.posts.add([POSTED])
        house.assign(Limits(order_from=Level.HIGH))
        plain, page = delivered(house, on_post(confidence))
        sentence = f"Nothing is ordered: the confidence is {level}, and ema_cross orders from high on."
        assert sentence in plain
        assert sentence in page
        assert "buys at the open" not in plain

    @pytest.mark.parametrize(("second", "ordered"), [(Level.MEDIUM, True), (Level.HIGH, False)])
    def test_nothing_is_ordered_only_where_no_account_orders(self, house: House, second: Level, ordered: bool) -> None:
        house.assign(Limits(order_from=Level.HIGH))
        house.assign(Limits(order_from=second), account="second")
        plain, _ = delivered(house, on_post(0.5))
        assert ("buys at the open" in plain) is ordered
        assert ("Nothing is ordered" in plain) is not ordered

    def test_a_high_one_is_ordered(self, house: House) -> None:
        house.posts.add([POSTED])
        house.assign(Limits(order_from=Level.HIGH))
        plain, _ = delivered(house, on_post(0.7))
        assert "buys at the open of the next session" in plain
        assert "Nothing is ordered" not in plain

    def test_two_posts_on_one_session_are_two_mails(self, house: House) -> None:
        house.posts.add([POSTED, replace(POSTED, key=PostKey("x", "78"), body="once more")])
        signals = [on_post(), replace(on_post(), post="x:78")]
        house.signals.add(signals)
        for signal in signals:
            house.queue("trader@localhost", signal=signal)
        assert house.deliver() == DeliveryReport(sent=2)
        texts = [mail.get_body(("plain",)) for mail in house.channel.mails.values()]
        assert ["once more" in text.get_content() for text in texts if text is not None] == [False, True]

    def test_an_hour_outside_the_window_is_told_before_the_order_is_refused(self, house: House) -> None:
        signal = on_post()
        house.assign(Limits(trade_window=TradeWindow.parse("12:00-18:00")))
        plain, _ = delivered(house, signal)
        assert "Nothing is ordered: 18:07 in America/New_York is outside the trade window 12:00-18:00." in plain

    def test_signals_on_the_same_bar_share_its_chart(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        drawn = []

        def draw(*arguments: Any) -> bytes:
            drawn.append(arguments)
            return draw_chart(*arguments)

        monkeypatch.setattr(signal_module, "draw_chart", draw)
        house.posts.add([POSTED, replace(POSTED, key=PostKey("x", "78"))])
        reads = house.bars.reads
        for number, side in enumerate((Side.BUY, Side.BUY, Side.SELL)):
            signal = replace(on_post(), post=f"x:{number}", side=side)
            house.signals.add([signal])
            house.queue("trader@localhost", signal=signal)
        assert house.deliver() == DeliveryReport(sent=3)
        assert [side for _, _, side, _ in drawn] == [Side.BUY, Side.SELL]
        assert house.bars.reads - reads == 1
