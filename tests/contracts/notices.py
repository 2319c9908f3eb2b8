"""What every queue of notices and every outbox does."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from algo_trading.domain.notice import Content, Notice, NoticeKind, NoticeStatus, dedupe_key
from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.domain.time import Interval
from algo_trading.repositories.notices import Announcement, NoticeQueue, Outbox, Outcome, Sender
from algo_trading.repositories.periods import PeriodLog, Stage
from algo_trading.repositories.subscriptions import SubscriptionRepository

DAY, HOUR = Interval.DAY, Interval.HOUR_1
JAN_2, JAN_3, JAN_4 = (datetime(2013, 1, day, tzinfo=UTC) for day in (2, 3, 4))
START, CLOSE = datetime(2012, 12, 31, 21, tzinfo=UTC), datetime(2013, 1, 2, 21, tzinfo=UTC)
NOW = datetime(2013, 1, 3, 21, 30, tzinfo=UTC)  # clocks of programs and servers differ: nothing depends on today
LATER = NOW + timedelta(minutes=10)
TRADER = Subscription("trader@localhost", EVERY, EVERY, EVERY, START)


@dataclass
class Post:
    """The queue and the outbox of one place, and what fills them."""

    subscriptions: SubscriptionRepository
    periods: PeriodLog
    queue: NoticeQueue
    outbox: Outbox

    def announce(self, *announcements: Announcement) -> int:
        with self.queue.step() as step:
            return step.queue(announcements)

    def fill(self, *keys: str, at: datetime = JAN_2) -> None:
        """Queue a notice about each key for one recipient."""
        self.subscriptions.add(TRADER)
        self.announce(*(about(key, at) for key in keys))

    def decide(self, watchlist: str, interval: Interval, *moments: datetime) -> None:
        for opened_at in moments:
            self.periods.mark(watchlist, interval, opened_at, Stage.ACCEPTED)
            self.periods.mark(watchlist, interval, opened_at, Stage.DECIDED)


def about(key: str, at: datetime = JAN_2, symbol: str = "IBM", strategy: str = "sma_cross") -> Announcement:
    return Announcement(Content(NoticeKind.SIGNAL, key, at), "XNYS", symbol, strategy, CLOSE)


def keys(notices: Sequence[Notice]) -> list[str]:
    return [notice.content.key for notice in notices]


def claim(sender: Sender, limit: int = 10, now: datetime = NOW) -> list[Notice]:
    return sender.claim(now, now + timedelta(minutes=15), limit)


def sent(notice: Notice, at: datetime = NOW) -> Outcome:
    return Outcome(notice.dedupe_key, NoticeStatus.SENT, at)


class NoticeQueueContract:
    """Subclasses give the fixture `post`, empty."""

    def test_what_is_told_to_somebody_is_told_once(self, post: Post) -> None:
        outage = Content(NoticeKind.OUTAGE, "coins 5m 2026-11-20T22:00Z failing", JAN_3)
        assert post.queue.keys(NoticeKind.OUTAGE) == []
        assert post.queue.tell(outage, ["owner@localhost", "other@localhost"]) == 2
        assert post.queue.tell(outage, ["owner@localhost", "late@localhost"]) == 0
        over = Content(NoticeKind.OUTAGE, "coins 5m 2026-11-20T22:00Z recovered", JAN_4)
        assert post.queue.tell(over, ["owner@localhost"]) == 1
        assert post.queue.keys(NoticeKind.OUTAGE) == [outage.key, over.key]
        assert post.queue.keys(NoticeKind.SIGNAL) == []
        with post.outbox.sender() as sender:
            claimed = claim(sender)
        assert sorted(keys(claimed)) == sorted([outage.key, outage.key, over.key])
        assert {notice.channel for notice in claimed} == {""}

    def test_what_is_told_goes_by_the_channel_that_is_named(self, post: Post) -> None:
        assert post.queue.tell(Content(NoticeKind.REPLY, "algo/INBOX 7 1", JAN_3), ["ann@localhost"], "smtp") == 1
        with post.outbox.sender() as sender:
            assert [notice.channel for notice in claim(sender)] == ["smtp"]

    def test_at_first_there_is_nothing(self, post: Post) -> None:
        assert post.queue.waiting() == []
        assert post.queue.due("stocks", DAY) == []
        assert post.queue.newest("stocks", DAY) is None
        assert post.queue.pending() == 0
        assert post.announce() == 0

    def test_decided_periods_wait_until_they_are_taken(self, post: Post) -> None:
        post.decide("stocks", DAY, JAN_3, JAN_2)
        post.decide("coins", DAY, JAN_4)
        post.decide("coins", HOUR, JAN_4)
        post.periods.mark("stocks", DAY, JAN_4, Stage.ACCEPTED)
        assert post.queue.waiting() == [("coins", HOUR), ("coins", DAY), ("stocks", DAY)]
        assert post.queue.due("stocks", DAY) == [JAN_2, JAN_3]
        with post.queue.step() as step:
            assert step.take("stocks", DAY, JAN_3) is True
            assert step.take("stocks", DAY, JAN_4) is False  # not decided
        assert post.queue.due("stocks", DAY) == [JAN_2]
        assert post.queue.newest("stocks", DAY) == JAN_3
        with post.queue.step() as step:
            assert step.take("stocks", DAY, JAN_3) is False
            assert step.take("stocks", DAY, JAN_2) is True
        assert post.queue.waiting() == [("coins", HOUR), ("coins", DAY)]
        assert post.queue.newest("stocks", DAY) == JAN_3

    def test_periods_are_passed_over(self, post: Post) -> None:
        post.decide("stocks", DAY, JAN_2, JAN_3, JAN_4)
        post.decide("coins", DAY, JAN_2)
        post.queue.pass_over("stocks", DAY, JAN_3)
        assert post.queue.due("stocks", DAY) == [JAN_4]
        assert post.queue.newest("stocks", DAY) == JAN_3
        post.queue.pass_over("stocks", DAY, None)
        assert post.queue.waiting() == [("coins", DAY)]

    def test_every_subscriber_gets_a_notice(self, post: Post) -> None:
        for address in ("b@x", "a@x"):
            post.subscriptions.add(replace(TRADER, address=address))
        post.subscriptions.add(replace(TRADER, address="c@x", channel="smtp"))
        assert post.announce(about("k")) == 3
        content = Content(NoticeKind.SIGNAL, "k", JAN_2)
        assert post.outbox.notices()[::-1] == [
            Notice(dedupe_key("a@x", "k"), content, "a@x"),
            Notice(dedupe_key("b@x", "k"), content, "b@x"),
            Notice(dedupe_key("c@x", "k"), content, "c@x", channel="smtp"),
        ]
        assert post.queue.pending() == 3

    def test_keys_do_not_depend_on_the_alphabet(self, post: Post) -> None:
        post.subscriptions.add(replace(TRADER, address="jürgen@münchen.example"))
        post.announce(about('["ß","株"]'))
        (notice,) = post.outbox.notices()
        assert notice.dedupe_key == dedupe_key("jürgen@münchen.example", '["ß","株"]')
        assert dedupe_key("trader@localhost", "k") == "1212d3e61bca900e905feef28c4f4acf"

    def test_signals_of_less_confidence_than_asked_for_are_left_out(self, post: Post) -> None:
        for address, confidence in (("a@x", 0.5), ("b@x", 0.51), ("c@x", 0.0)):
            post.subscriptions.add(replace(TRADER, address=address, min_confidence=confidence))
        assert post.announce(replace(about("k"), confidence=0.5)) == 2
        assert sorted(one.recipient for one in post.outbox.notices()) == ["a@x", "c@x"]

    @pytest.mark.parametrize(
        ("changes", "number"),
        [
            ({}, 1),
            ({"symbol": "IBM"}, 1),
            ({"symbol": "MSFT"}, 0),
            ({"symbol": "ibm"}, 0),
            ({"strategy": "sma_cross"}, 1),
            ({"strategy": "sma"}, 0),
            ({"venue": "XNYS"}, 1),
            ({"venue": "24/7"}, 0),
            ({"symbol": "IBM", "strategy": "sma_cross", "venue": "XNYS"}, 1),
            ({"symbol": "IBM", "strategy": "ema_cross", "venue": "XNYS"}, 0),
            ({"start": CLOSE - timedelta(microseconds=1)}, 1),
            ({"start": CLOSE}, 0),
        ],
    )
    def test_whom_it_concerns(self, post: Post, changes: dict[str, str], number: int) -> None:
        post.subscriptions.add(replace(TRADER, **changes))  # type: ignore[arg-type]  # by name
        assert post.announce(about("k")) == number

    def test_several_subscriptions_of_one_address_bring_one_notice(self, post: Post) -> None:
        for symbol in (EVERY, "IBM"):
            for channel in ("", "smtp"):
                post.subscriptions.add(replace(TRADER, symbol=symbol, channel=channel))
        assert post.announce(about("k"), about("m", symbol="MSFT")) == 2

    def test_a_content_is_announced_once(self, post: Post) -> None:
        post.subscriptions.add(TRADER)
        assert post.announce(about("k"), about("k")) == 1
        post.subscriptions.add(replace(TRADER, address="later@x"))
        assert post.announce(about("k")) == 0
        assert post.announce(about("k"), about("m")) == 2

    def test_what_concerned_nobody_may_be_announced_again(self, post: Post) -> None:
        assert post.announce(about("k")) == 0
        post.subscriptions.add(TRADER)
        assert post.announce(about("k")) == 1

    def test_what_was_delivered_is_not_queued_again(self, post: Post) -> None:
        post.fill("k")
        with post.outbox.sender() as sender:
            sender.settle([sent(notice) for notice in claim(sender)])
        assert post.announce(about("k"), about("m")) == 1
        assert post.outbox.counts() == {"pending": 1, "sent": 1, "failed": 0}

    def test_an_error_takes_the_step_back(self, post: Post) -> None:
        def queue_and_fail() -> None:
            with post.queue.step() as step:
                assert step.take("stocks", DAY, JAN_2)
                assert step.queue([about("k")]) == 1
                assert post.queue.pending() == 0
                raise RuntimeError

        post.subscriptions.add(TRADER)
        post.decide("stocks", DAY, JAN_2)
        with pytest.raises(RuntimeError):
            queue_and_fail()
        assert post.queue.due("stocks", DAY) == [JAN_2]
        assert post.outbox.notices() == []
        assert post.announce(about("k")) == 1

    def test_a_second_one_waits_for_the_first_and_finds_the_period_taken(self, post: Post) -> None:
        post.subscriptions.add(TRADER)
        post.decide("stocks", DAY, JAN_2)
        started = Event()

        def second() -> bool:
            started.set()
            with post.queue.step() as step:
                return step.take("stocks", DAY, JAN_2)

        with ThreadPoolExecutor(1) as pool:
            with post.queue.step() as step:
                assert step.take("stocks", DAY, JAN_2)
                waiting = pool.submit(second)
                assert started.wait(10)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.2)
            assert waiting.result(timeout=10) is False

    def test_very_many_at_once(self, post: Post) -> None:
        post.subscriptions.add(TRADER)
        assert post.announce(*(about(f"{number:05}") for number in range(11_000))) == 11_000
        assert post.queue.pending() == 11_000


class OutboxContract:
    """Subclasses give the fixture `post`, empty."""

    def test_at_first_the_outbox_is_empty(self, post: Post) -> None:
        assert post.outbox.counts() == {"pending": 0, "sent": 0, "failed": 0}
        assert post.outbox.notices() == []
        assert post.outbox.errors(5) == {}
        with post.outbox.sender() as sender:
            assert claim(sender) == []
            sender.settle([])

    def test_the_earliest_goes_first_and_then_who_came_first(self, post: Post) -> None:
        post.fill("d", at=JAN_3)
        post.fill("c", "a", "b")
        with post.outbox.sender() as sender:
            assert keys(claim(sender, 3)) == ["c", "a", "b"]
            assert keys(claim(sender, 3)) == ["d"]
            assert claim(sender, 3) == []

    def test_a_new_notice_is_due_whatever_the_clock_says(self, post: Post) -> None:
        post.fill("a")
        with post.outbox.sender() as sender:
            assert keys(claim(sender, now=datetime(1990, 1, 1, tzinfo=UTC))) == ["a"]

    def test_sent_stays_sent(self, post: Post) -> None:
        post.fill("a")
        with post.outbox.sender() as sender:
            (notice,) = claim(sender)
            assert notice == post.outbox.notices()[0]
            sender.settle([sent(notice)])
            sender.settle([Outcome(notice.dedupe_key, NoticeStatus.FAILED, NOW, "too late to fail")])
        assert post.outbox.notices() == [replace(notice, status=NoticeStatus.SENT, attempts=1, sent_at=NOW)]
        with post.outbox.sender() as sender:
            assert claim(sender, now=NOW + timedelta(days=365)) == []

    def test_what_failed_is_not_tried_again(self, post: Post) -> None:
        post.fill("a", "b", "c")
        with post.outbox.sender() as sender:
            errors = ["no such user", "full", "no such user"]
            sender.settle(
                [
                    Outcome(notice.dedupe_key, NoticeStatus.FAILED, NOW, error)
                    for notice, error in zip(claim(sender), errors, strict=True)
                ]
            )
        assert {(n.status, n.attempts, n.last_error) for n in post.outbox.notices()} == {
            (NoticeStatus.FAILED, 1, "no such user"),
            (NoticeStatus.FAILED, 1, "full"),
        }
        with post.outbox.sender() as sender:
            assert claim(sender, now=NOW + timedelta(days=365)) == []
        assert post.outbox.counts() == {"pending": 0, "sent": 0, "failed": 3}
        assert list(post.outbox.errors(5).items()) == [("no such user", 2), ("full", 1)]
        assert list(post.outbox.errors(1)) == ["no such user"]

    def test_what_is_put_off_is_not_taken_before(self, post: Post) -> None:
        post.fill("a", "b")
        with post.outbox.sender() as sender:
            (first,) = claim(sender, 1)
            sender.settle([Outcome(first.dedupe_key, NoticeStatus.PENDING, LATER, "come back later")])
            almost = LATER - timedelta(microseconds=1)
            (second,) = claim(sender, now=almost)
            assert second.content.key == "b"
            sender.settle([sent(second)])
            assert claim(sender, now=almost) == []
            (again,) = claim(sender, now=LATER)
            assert again == replace(first, attempts=1, last_error="come back later")
            sender.settle([sent(again, LATER)])
        assert replace(first, status=NoticeStatus.SENT, attempts=2, sent_at=LATER) in post.outbox.notices()

    def test_two_senders_never_have_the_same_notice(self, post: Post) -> None:
        post.fill("a", "b")
        with post.outbox.sender() as first, post.outbox.sender() as second, post.outbox.sender() as third:
            assert [keys(claim(sender, 1)) for sender in (first, second, third)] == [["a"], ["b"], []]

    def test_what_a_sender_has_is_free_when_it_ends(self, post: Post) -> None:
        def claim_and_crash() -> None:
            with post.outbox.sender() as sender:
                assert len(claim(sender)) == 2
                raise RuntimeError

        post.fill("a", "b")
        before = post.outbox.notices()
        with pytest.raises(RuntimeError):
            claim_and_crash()
        assert post.outbox.notices() == before
        with post.outbox.sender() as sender:
            assert keys(claim(sender)) == ["a", "b"]

    def test_what_a_sender_has_is_free_after_its_lease(self, post: Post) -> None:
        post.fill("a", "b")
        with post.outbox.sender() as hanging, post.outbox.sender() as other:
            a, _ = hanging.claim(NOW, LATER, 10)
            assert claim(other, now=LATER - timedelta(microseconds=1)) == []
            hanging.extend([a], LATER + timedelta(minutes=1))
            (b,) = claim(other, now=LATER)
            assert b.content.key == "b"
            hanging.extend([b], LATER + timedelta(days=1))  # not its own any more
            assert keys(claim(other, now=LATER + timedelta(minutes=15))) == ["a", "b"]

    def test_what_is_put_off_is_nobodys(self, post: Post) -> None:
        post.fill("a")
        with post.outbox.sender() as one, post.outbox.sender() as other:
            (notice,) = claim(one)
            one.settle([Outcome(notice.dedupe_key, NoticeStatus.PENDING, NOW, "later")])
            assert keys(claim(other)) == ["a"]

    def test_channels_that_are_left_out(self, post: Post) -> None:
        post.subscriptions.add(replace(TRADER, address="a@x", channel="smtp"))
        post.subscriptions.add(replace(TRADER, address="b@x"))
        post.announce(about("k"))
        with post.outbox.sender() as sender:
            assert [n.recipient for n in sender.claim(NOW, LATER, 10, {"smtp", "fax"})] == ["b@x"]
            assert sender.claim(NOW, LATER, 10, {"smtp"}) == []
            assert [n.recipient for n in sender.claim(NOW, LATER, 10, {""})] == ["a@x"]

    def test_the_last_in_the_order_of_delivery_is_listed_first(self, post: Post) -> None:
        post.fill("a")
        post.fill("c", at=JAN_3)
        post.fill("b")
        post.fill("d", at=JAN_3)
        assert keys(post.outbox.notices()) == ["d", "c", "b", "a"]
        assert keys(post.outbox.notices(3)) == ["d", "c", "b"]

    def test_many_senders_take_each_notice_once(self, post: Post) -> None:
        post.fill(*(f"{number:03}" for number in range(60)))

        def send() -> list[str]:
            done: list[str] = []
            with post.outbox.sender() as sender:
                while claimed := claim(sender, 4):
                    done += keys(claimed)
                    sender.settle([sent(notice) for notice in claimed])
            return done

        with ThreadPoolExecutor(4) as pool:
            done = [key for sender in [pool.submit(send) for _ in range(4)] for key in sender.result(timeout=60)]
        assert sorted(done) == [f"{number:03}" for number in range(60)]
        assert {notice.attempts for notice in post.outbox.notices()} == {1}
