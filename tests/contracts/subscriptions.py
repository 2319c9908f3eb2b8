"""What every repository of subscriptions and every outbox does."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from threading import Event

import pytest

from algo_trading.domain.subscription import EVERY, OutboxItem, OutboxStatus, Subscription
from algo_trading.repositories.subscriptions import OutboxRepository, SubscriptionRepository

START, JAN_3 = date(2013, 1, 2), date(2013, 1, 3)
NOW = datetime(2013, 1, 3, 21, 30, tzinfo=UTC)  # clocks of programs and servers differ: nothing depends on today
TRADER = Subscription("trader@localhost", EVERY, EVERY, "XNYS", START)


@dataclass
class Mail:
    """A repository of subscriptions and the outbox that it fills."""

    subscriptions: SubscriptionRepository
    outbox: OutboxRepository

    def queue(self, *items: OutboxItem) -> int:
        self.subscriptions.add(TRADER)
        with self.subscriptions.locked(TRADER) as locked:
            return locked.queue(items)


def an_item(key: str, session: date = START) -> OutboxItem:
    return OutboxItem(key, "trader@localhost", f'["sma_cross","{key}"]', session)


def keys(items: Sequence[OutboxItem]) -> list[str]:
    return [item.dedupe_key for item in items]


class SubscriptionContract:
    """Subclasses give the fixture `mail`, both empty."""

    def test_at_first_there_is_nothing(self, mail: Mail) -> None:
        assert mail.subscriptions.all() == []
        assert mail.subscriptions.remove("trader@localhost") == 0
        with pytest.raises(KeyError), mail.subscriptions.locked(TRADER):
            pass

    def test_a_subscription_is_added_once(self, mail: Mail) -> None:
        assert mail.subscriptions.add(TRADER) is True
        assert mail.subscriptions.add(TRADER) is False
        assert mail.subscriptions.add(replace(TRADER, start=JAN_3, cursor=JAN_3)) is False
        assert mail.subscriptions.all() == [TRADER]

    def test_they_come_sorted_by_their_key(self, mail: Mail) -> None:
        wanted = [
            Subscription(address, symbol, strategy, venue, START)
            for address in ("B@x", "_@x", "a@x", "é@x")
            for symbol in (EVERY, "A", "^GSPC", "a")
            for strategy in (EVERY, "Z", "a")
            for venue in ("24/7", "XNYS")
        ]
        for subscription in wanted[::-1]:
            assert mail.subscriptions.add(subscription)
        assert mail.subscriptions.all() == wanted

    def test_what_is_removed_is_what_matches(self, mail: Mail) -> None:
        of_ibm = replace(TRADER, symbol="IBM")
        of_ema = replace(TRADER, symbol="IBM", strategy="ema_cross")
        other = replace(TRADER, address="other@localhost")
        for subscription in (TRADER, of_ibm, of_ema, other):
            mail.subscriptions.add(subscription)
        assert mail.subscriptions.remove("trader@localhost", EVERY) == 1  # EVERY is what it says, not what it matches
        assert mail.subscriptions.all() == [other, of_ibm, of_ema]
        assert mail.subscriptions.remove("trader@localhost", "IBM", "ema_cross") == 1
        assert mail.subscriptions.remove("trader@localhost", "MSFT") == 0
        assert mail.subscriptions.remove("trader@localhost") == 1
        assert mail.subscriptions.all() == [other]

    def test_a_step_moves_the_cursor_and_fills_the_outbox(self, mail: Mail) -> None:
        mail.subscriptions.add(TRADER)
        with mail.subscriptions.locked(TRADER) as locked:
            assert locked.subscription == TRADER
            assert locked.queue([an_item("a"), an_item("b")]) == 2
            locked.advance(START)
            assert locked.subscription == replace(TRADER, cursor=START)
            assert locked.queue([]) == 0
            locked.advance(JAN_3)
        assert mail.subscriptions.all() == [replace(TRADER, cursor=JAN_3)]
        assert sorted(keys(mail.outbox.items())) == ["a", "b"]

    def test_only_the_locked_one_moves(self, mail: Mail) -> None:
        other = replace(TRADER, symbol="IBM")
        mail.subscriptions.add(TRADER)
        mail.subscriptions.add(other)
        with mail.subscriptions.locked(replace(other, cursor=JAN_3)) as locked:  # its key finds it, not its cursor
            locked.advance(START)
        assert mail.subscriptions.all() == [TRADER, replace(other, cursor=START)]

    def test_the_same_mail_is_queued_once(self, mail: Mail) -> None:
        assert mail.queue(an_item("a"), an_item("a")) == 1
        assert mail.queue(an_item("a"), an_item("b")) == 1
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is not None
            claimed.sent(NOW)
        assert mail.queue(an_item("a"), an_item("b")) == 0
        assert mail.outbox.counts() == {"pending": 1, "sent": 1, "failed": 0}

    def test_an_error_under_the_lock_undoes_the_step(self, mail: Mail) -> None:
        def advance_and_fail() -> None:
            with mail.subscriptions.locked(TRADER) as locked:
                locked.queue([an_item("a")])
                locked.advance(START)
                raise RuntimeError

        mail.subscriptions.add(TRADER)
        with pytest.raises(RuntimeError):
            advance_and_fail()
        assert mail.subscriptions.all() == [TRADER]
        assert mail.outbox.items() == []
        assert mail.queue(an_item("a")) == 1  # the lock is free again

    def test_a_second_holder_waits_and_sees_what_the_first_one_did(self, mail: Mail) -> None:
        mail.subscriptions.add(TRADER)
        started = Event()

        def second() -> Subscription:
            started.set()
            with mail.subscriptions.locked(TRADER) as locked:
                return locked.subscription

        with ThreadPoolExecutor(1) as pool:
            with mail.subscriptions.locked(TRADER) as locked:
                waiting = pool.submit(second)
                assert started.wait(10)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.2)
                locked.advance(START)
            assert waiting.result(timeout=10) == replace(TRADER, cursor=START)

    def test_very_many_mails_at_once(self, mail: Mail) -> None:
        items = [an_item(f"{number:05}") for number in range(11_000)]
        assert mail.queue(*items) == 11_000
        assert mail.outbox.counts()["pending"] == 11_000


class OutboxContract:
    """Subclasses give the fixture `mail`, both empty."""

    def test_at_first_there_is_nothing(self, mail: Mail) -> None:
        assert mail.outbox.counts() == {"pending": 0, "sent": 0, "failed": 0}
        assert mail.outbox.items() == []
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is None

    def test_the_oldest_session_goes_first_and_then_who_came_first(self, mail: Mail) -> None:
        mail.queue(an_item("d", JAN_3), an_item("c"), an_item("a"), an_item("b"))
        sent = []
        for _ in range(4):
            with mail.outbox.claim(NOW) as claimed:
                assert claimed is not None
                sent.append(claimed.item.dedupe_key)
                claimed.sent(NOW)
        assert sent == ["c", "a", "b", "d"]
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is None

    def test_a_new_mail_is_due_whatever_the_clock_says(self, mail: Mail) -> None:
        mail.queue(an_item("a"))
        with mail.outbox.claim(datetime(1990, 1, 1, tzinfo=UTC)) as claimed:
            assert claimed is not None

    def test_sent_stays_sent(self, mail: Mail) -> None:
        mail.queue(an_item("a"))
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is not None
            assert claimed.item == an_item("a")
            claimed.sent(NOW)
        done = replace(an_item("a"), status=OutboxStatus.SENT, attempts=1, sent_at=NOW)
        assert mail.outbox.items() == [done]
        with mail.outbox.claim(NOW + timedelta(days=365)) as claimed:
            assert claimed is None

    def test_what_failed_is_not_tried_again(self, mail: Mail) -> None:
        mail.queue(an_item("a"))
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is not None
            claimed.failed("no such user")
        failed = replace(an_item("a"), status=OutboxStatus.FAILED, attempts=1, last_error="no such user")
        assert mail.outbox.items() == [failed]
        with mail.outbox.claim(NOW + timedelta(days=365)) as claimed:
            assert claimed is None
        assert mail.outbox.counts() == {"pending": 0, "sent": 0, "failed": 1}

    def test_what_is_put_off_is_not_taken_before(self, mail: Mail) -> None:
        mail.queue(an_item("a"), an_item("b"))
        later = NOW + timedelta(minutes=1)
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is not None
            claimed.retry("come back later", later)
        with mail.outbox.claim(later - timedelta(microseconds=1)) as claimed:
            assert claimed is not None
            assert claimed.item.dedupe_key == "b"
            claimed.sent(NOW)
        with mail.outbox.claim(later - timedelta(microseconds=1)) as claimed:
            assert claimed is None
        with mail.outbox.claim(later) as claimed:
            assert claimed is not None
            assert claimed.item == replace(an_item("a"), attempts=1, last_error="come back later")
            claimed.sent(later)
        assert replace(an_item("a"), status=OutboxStatus.SENT, attempts=2, sent_at=later) in mail.outbox.items()

    def test_two_senders_never_hold_the_same_mail(self, mail: Mail) -> None:
        mail.queue(an_item("a"), an_item("b"))
        with mail.outbox.claim(NOW) as first, mail.outbox.claim(NOW) as second, mail.outbox.claim(NOW) as third:
            assert first is not None
            assert second is not None
            assert keys([first.item, second.item]) == ["a", "b"]
            assert third is None
            first.sent(NOW)
            second.retry("later", NOW)
        assert mail.outbox.counts() == {"pending": 1, "sent": 1, "failed": 0}

    def test_a_crash_leaves_the_mail_waiting(self, mail: Mail) -> None:
        def send_and_crash() -> None:
            with mail.outbox.claim(NOW) as claimed:
                assert claimed is not None
                claimed.sent(NOW)
                raise RuntimeError

        mail.queue(an_item("a"))
        with pytest.raises(RuntimeError):
            send_and_crash()
        assert mail.outbox.items() == [an_item("a")]
        with mail.outbox.claim(NOW) as claimed:
            assert claimed is not None

    def test_who_says_nothing_leaves_the_mail_waiting(self, mail: Mail) -> None:
        mail.queue(an_item("a"))
        with mail.outbox.claim(NOW):
            pass
        assert mail.outbox.items() == [an_item("a")]

    def test_the_newest_session_is_listed_first(self, mail: Mail) -> None:
        mail.queue(an_item("a"), an_item("c", JAN_3), an_item("b"), an_item("d", JAN_3))
        assert keys(mail.outbox.items()) == ["d", "c", "b", "a"]
        assert keys(mail.outbox.items(3)) == ["d", "c", "b"]

    def test_many_senders_send_each_mail_once(self, mail: Mail) -> None:
        mail.queue(*(an_item(f"{number:03}") for number in range(60)))

        def send() -> list[str]:
            sent: list[str] = []
            while True:
                with mail.outbox.claim(NOW) as claimed:
                    if claimed is None:
                        return sent
                    sent.append(claimed.item.dedupe_key)
                    claimed.sent(NOW)

        with ThreadPoolExecutor(4) as pool:
            sent = [key for sender in [pool.submit(send) for _ in range(4)] for key in sender.result(timeout=60)]
        assert sorted(sent) == [f"{number:03}" for number in range(60)]
        assert {item.attempts for item in mail.outbox.items()} == {1}
