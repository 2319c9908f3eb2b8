"""What every repository of subscriptions does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from algo_trading.domain.subscription import EVERY, Subscription
from algo_trading.repositories.subscriptions import SubscriptionRepository

START = datetime(2012, 12, 31, 21, tzinfo=UTC)
TRADER = Subscription("trader@localhost", EVERY, EVERY, EVERY, START)


class SubscriptionContract:
    """Subclasses give the fixture `subscriptions`, empty."""

    def test_at_first_there_is_nothing(self, subscriptions: SubscriptionRepository) -> None:
        assert subscriptions.all() == []
        assert subscriptions.earliest() is None
        assert subscriptions.remove("trader@localhost") == 0

    def test_a_subscription_is_added_once(self, subscriptions: SubscriptionRepository) -> None:
        assert subscriptions.add(TRADER) is True
        assert subscriptions.add(TRADER) is False
        assert subscriptions.add(replace(TRADER, start=START + timedelta(days=1))) is False
        assert subscriptions.all() == [TRADER]
        sure = replace(TRADER, address="sure@localhost", min_confidence=0.6)
        subscriptions.add(sure)
        assert subscriptions.all() == [sure, TRADER]

    def test_they_come_sorted_by_their_key(self, subscriptions: SubscriptionRepository) -> None:
        wanted = [
            Subscription(address, symbol, strategy, venue, START, channel)
            for address in ("B@x", "_@x", "a@x", "é@x")
            for symbol in (EVERY, "A", "^GSPC", "a")
            for strategy in (EVERY, "Z", "a")
            for venue in ("24/7", "XNYS")
            for channel in ("", "Smtp", "maildir")
        ]
        for subscription in wanted[::-1]:
            assert subscriptions.add(subscription)
        assert subscriptions.all() == wanted

    def test_what_is_removed_is_what_matches(self, subscriptions: SubscriptionRepository) -> None:
        of_ibm = replace(TRADER, symbol="IBM")
        of_ema = replace(TRADER, symbol="IBM", strategy="ema_cross")
        other = replace(TRADER, address="other@localhost")
        for subscription in (TRADER, of_ibm, of_ema, other):
            subscriptions.add(subscription)
        assert subscriptions.remove("trader@localhost", EVERY) == 1  # EVERY is what it says, not what it matches
        assert subscriptions.all() == [other, of_ibm, of_ema]
        assert subscriptions.remove("trader@localhost", "IBM", "ema_cross") == 1
        assert subscriptions.remove("trader@localhost", "MSFT") == 0
        assert subscriptions.remove("trader@localhost") == 1
        assert subscriptions.all() == [other]

    def test_the_earliest_start(self, subscriptions: SubscriptionRepository) -> None:
        subscriptions.add(replace(TRADER, symbol="IBM", start=START + timedelta(days=1)))
        subscriptions.add(TRADER)
        assert subscriptions.earliest() == START
