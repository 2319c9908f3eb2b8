"""What a mail says about a signal on a post."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from algo_trading.domain.limits import Limits, TradeWindow
from algo_trading.domain.post import Level, Post, PostKey, PostKind
from algo_trading.domain.signal import Side, Signal
from algo_trading.notification import signal as signal_module
from algo_trading.notification.chart import draw_chart
from algo_trading.services.deliver import DeliveryReport
from support.mail_delivery import House, a_house
from support.mail_examples import ibm_signal

pytestmark = pytest.mark.unit


@pytest.fixture
def house() -> House:
    return a_house()


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
