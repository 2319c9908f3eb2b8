"""How the services are made that tell people what they asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algo_trading.bootstrap.orders import Orders
from algo_trading.errors import ConfigError

if TYPE_CHECKING:
    from algo_trading.queries.digest import CollectDigest
    from algo_trading.queries.performance import ReadPerformance
    from algo_trading.services.ask_for_approvals import AskForApprovals
    from algo_trading.services.deliver import DeliverNotices, Link
    from algo_trading.services.join import Join
    from algo_trading.services.notify import QueueNotices
    from algo_trading.services.own_data import OwnData
    from algo_trading.services.queue_regular_mails import QueueRegularMails
    from algo_trading.services.report_outages import ReportOutages
    from algo_trading.services.send_signal import SendSignal
    from algo_trading.services.subscribe import Subscribe
    from algo_trading.services.subscribe_regularly import SubscribeRegularly
    from algo_trading.services.subscribe_scores import SubscribeScores
    from algo_trading.services.summarize_accounts import SummarizeAccounts
    from algo_trading.services.unsubscribe import Unsubscribe
    from algo_trading.services.unsubscribe_links import UnsubscribeLinks


class Notices(Orders):
    """A method for each of these services, as in `Services`."""

    def queue_notices(self) -> QueueNotices:
        from algo_trading.services.notify import QueueNotices

        return QueueNotices(
            subscriptions=self.subscriptions,
            queue=self.notices,
            signals=self.signals,
            assignments=self.assignments,
            levels=self.levels,
            calendars=self.calendars,
            outbox_limit=self.settings.mail.outbox_limit,
            stale=self.stale_after(),
        )

    def deliver_notices(self) -> DeliverNotices:
        from algo_trading.domain.notice import NoticeKind
        from algo_trading.notification.approval import ApprovalRenderer
        from algo_trading.notification.digest import DigestRenderer
        from algo_trading.notification.letter import LetterRenderer
        from algo_trading.notification.outage import OwnersRenderer
        from algo_trading.notification.reply import ReplyRenderer
        from algo_trading.notification.score_alert import ScoreAlertRenderer
        from algo_trading.notification.sent_signal import SentSignalRenderer
        from algo_trading.notification.signal import SignalRenderer
        from algo_trading.notification.update import UpdateRenderer
        from algo_trading.services.deliver import DeliverNotices

        signal = SignalRenderer(
            signals=self.signals,
            bars=self.bars,
            actions=self.actions,
            posts=self.posts,
            assignments=self.assignments,
            strategies=self.strategies,
            levels=self.levels,
            accounts=self.accounts,
            page=self.page_of,
        )
        past = self.draw_scores().before
        owners = OwnersRenderer(self.strategy_failures, self.link_of)
        return DeliverNotices(
            outbox=self.outbox,
            renderers={
                NoticeKind.SIGNAL: signal,
                NoticeKind.SCORE: ScoreAlertRenderer(past),
                NoticeKind.UPDATE: UpdateRenderer(
                    self.regular_mails, self.recipients, self.score_alerts, self.scores, past
                ),
                NoticeKind.DIGEST: DigestRenderer(self.regular_mails, self.recipients, self.collect_digest()),
                NoticeKind.SENT_SIGNAL: SentSignalRenderer(),
                NoticeKind.REPLY: ReplyRenderer(),
                NoticeKind.LETTER: LetterRenderer(),
                NoticeKind.OUTAGE: owners,
                NoticeKind.STRATEGY: owners,
                NoticeKind.APPROVAL: ApprovalRenderer(
                    self.approvals, self.accounts, lambda asked: self.page_at(self.approval_links().path(asked))
                ),
            },
            channels=self.channel,
            clock=self.clock,
            sender=self.settings.mail.sender,
            links=lambda: _ending_links(self),
            mailbox=_inbound_address(self),
            templates=self.settings.mail.templates,
            resting=lambda now: [one.address for one in self.recipients.all() if one.rests(now)],
        )

    def unsubscribe_links(self) -> UnsubscribeLinks:
        from algo_trading.services.unsubscribe_links import UnsubscribeLinks

        return UnsubscribeLinks(self.signing_keys)

    def join(self) -> Join:
        from algo_trading.services.join import Join

        return Join(
            requests=self.join_requests,
            users=self.users,
            attempts=self.login_attempts,
            queue=self.notices,
            audit=self.audit,
            keys=self.signing_keys,
            passwords=self.passwords,
            clock=self.clock,
            mode=self.settings.people.joining,
            page=self.page_at,
            owners=self.owner_addresses,
            channel=self.settings.people.channel,
        )

    def own_data(self) -> OwnData:
        from algo_trading.services.own_data import OwnData

        return OwnData(
            users=self.users,
            tokens=self.tokens,
            subscriptions=self.subscriptions,
            alerts=self.score_alerts,
            mails=self.regular_mails,
            recipients=self.recipients,
            accounts=self.accounts,
            audit=self.audit,
            personal=self.personal,
            unsubscribe=self.unsubscribe(),
            manage=self.manage_users(),
        )

    def ask_for_approvals(self) -> AskForApprovals:
        from algo_trading.services.ask_for_approvals import AskForApprovals

        return AskForApprovals(self.approvals, self.notices, self.clock, self.addresses_for)

    def report_outages(self) -> ReportOutages:
        from algo_trading.services.report_outages import ReportOutages

        return ReportOutages(
            watchlists=self.watchlists,
            periods=self.periods,
            failures=self.strategy_failures,
            queue=self.notices,
            sources=self.source,
            calendars=self.calendars,
            clock=self.clock,
            recipients=self.owner_addresses,
            after={one.name: one.notice_after for one in self.settings.watchlists},
        )

    def send_signal(self) -> SendSignal:
        from algo_trading.services.send_signal import SendSignal

        return SendSignal(self.notices, self.clock, self.settings.mail.outbox_limit)

    def subscribe(self) -> Subscribe:
        from algo_trading.services.subscribe import Subscribe

        return Subscribe(
            subscriptions=self.subscriptions,
            periods=self.periods,
            assignments=self.assignments,
            names=self.names,
            calendars=self.calendars,
            clock=self.clock,
        )

    def subscribe_scores(self) -> SubscribeScores:
        from algo_trading.services.subscribe_scores import SubscribeScores

        return SubscribeScores(self.score_alerts, self.watchlists, self.names, self.points)

    def unsubscribe(self) -> Unsubscribe:
        from algo_trading.services.unsubscribe import Unsubscribe

        return Unsubscribe(self.subscriptions, self.score_alerts, self.regular_mails)

    def subscribe_regularly(self) -> SubscribeRegularly:
        from algo_trading.services.subscribe_regularly import SubscribeRegularly

        return SubscribeRegularly(self.regular_mails, self.recipients, self.clock)

    def queue_regular_mails(self) -> QueueRegularMails:
        from algo_trading.services.queue_regular_mails import QueueRegularMails

        return QueueRegularMails(self.regular_mails, self.recipients, self.clock)

    def summarize_accounts(self) -> SummarizeAccounts:
        from algo_trading.services.summarize_accounts import SummarizeAccounts

        hour = self.settings.mail.summary_hour
        return SummarizeAccounts(
            read=self.collect_digest(),
            queue=self.notices,
            recipients=self.recipients,
            clock=self.clock,
            owners=self.addresses_of_owners,
            page=self.page_at,
            hour=None if hour < 0 else hour,
        )

    def collect_digest(self) -> CollectDigest:
        from algo_trading.queries.digest import CollectDigest

        return CollectDigest(
            subscriptions=self.subscriptions,
            alerts=self.score_alerts,
            assignments=self.assignments,
            bars=self.bars,
            actions=self.actions,
            signals=self.signal_list,
            mentions=self.mentions,
            accounts=self.accounts,
            users=self.users,
            performance=self.read_performance(),
        )

    def read_performance(self) -> ReadPerformance:
        from algo_trading.queries.performance import ReadPerformance

        return ReadPerformance(self.accounts, self.bars, self.read_prices())


def _ending_links(application: Notices) -> Link:
    """What makes the links of mails that end a subscription."""
    if not application.page_at(""):
        return lambda _recipient, _kind: ""
    path = application.unsubscribe_links().maker()
    return lambda recipient, kind: application.page_at(path(recipient, kind))


def _inbound_address(application: Notices) -> str:
    """Where commands are taken by mail; empty where they are not."""
    try:
        return application.mailbox.address
    except ConfigError:
        return ""
