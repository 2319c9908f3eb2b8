"""Ending what goes to an address."""

from dataclasses import dataclass

from algo_trading.domain.notice import NoticeKind
from algo_trading.domain.regular_mail import MailKind
from algo_trading.repositories.regular_mails import RegularMailRepository
from algo_trading.repositories.score_alerts import ScoreAlertRepository
from algo_trading.repositories.subscriptions import SubscriptionRepository


@dataclass(frozen=True)
class Unsubscribe:
    """End subscriptions of an address: those to signals and to scores, updates and digests."""

    subscriptions: SubscriptionRepository
    alerts: ScoreAlertRepository
    mails: RegularMailRepository

    def __call__(self, address: str) -> int:
        """End all there are; returns how many."""
        return self.subscriptions.remove(address) + self.alerts.remove(address) + self.mails.remove(address)

    def of_kind(self, address: str, kind: NoticeKind) -> int:
        """End those that bring notices of a kind; returns how many."""
        if kind is NoticeKind.SCORE:
            return self.alerts.remove(address)
        if kind is NoticeKind.UPDATE:
            return self.mails.remove(address, MailKind.UPDATE)
        if kind is NoticeKind.DIGEST:
            return self.mails.remove(address, MailKind.DIGEST)
        return self.subscriptions.remove(address)
