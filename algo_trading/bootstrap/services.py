"""How each service is made."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from algo_trading.bootstrap.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from algo_trading.domain.scores import PairScore
    from algo_trading.queries.chart import ReadChart
    from algo_trading.queries.coins import ReadCoins
    from algo_trading.queries.scored_pairs import ScoredPairs
    from algo_trading.queries.status import ReadStatus
    from algo_trading.services.answer_mail import AnswerMail
    from algo_trading.services.apply_config import ApplyConfig
    from algo_trading.services.decide_on_posts import DecideOnPosts
    from algo_trading.services.evaluate import EvaluateStrategies
    from algo_trading.services.features import JoinFeatures
    from algo_trading.services.housekeeping import RemoveOldAnswers
    from algo_trading.services.mail_monitoring import MailMonitoring
    from algo_trading.services.mail_subscribing import MailSubscribing
    from algo_trading.services.monitor import Monitor
    from algo_trading.services.poll_mailbox import Handle, PollMailbox
    from algo_trading.services.request_symbol import RequestSymbol, Review, WorkSymbolRequests
    from algo_trading.services.run_monitored import RunMonitored
    from algo_trading.services.run_period import PeriodSteps, RunPeriod
    from algo_trading.services.run_range import RunRange
    from algo_trading.services.run_text import RunText
    from algo_trading.services.watch_candles import WatchCandles


class Services(Notices):
    """A method for each service and query. They are cheap to make: their parts are kept."""

    asks_exchanges = True  # not within the transaction of a mail

    # The configuration

    def apply_config(self) -> ApplyConfig:
        from algo_trading.bootstrap.configured import configured_setup
        from algo_trading.services.apply_config import ApplyConfig

        return ApplyConfig(
            wanted=configured_setup(self.settings),
            watchlists=self.watchlists,
            assignments=self.assignments,
            setup=self.setup,
            accounts=self.accounts,
            subscriptions=self.subscriptions,
            names=self.names,
            locks=self.locks,
            calendars=self.calendars,
            clock=self.clock,
        )

    def monitor(self) -> Monitor:
        from algo_trading.services.monitor import Monitor

        return Monitor(
            watchlists=self.watchlists,
            setup=self.setup,
            rules=self.trading_rules,
            refresh=self.refresh_rules(),
            bars=self.bars,
            scores=self.scores,
            thresholds=self.thresholds,
            names=self.names,
            sources=self.source,
            locks=self.locks,
            quote_assets=self.settings.quote_assets,
            asks=self.asks_exchanges,
        )

    def request_symbol(self) -> RequestSymbol:
        from algo_trading.services.request_symbol import RequestSymbol

        return RequestSymbol(
            requests=self.symbol_requests,
            watchlists=self.watchlists,
            monitor=self.monitor(),
            names=self.names,
            queue=self.notices,
            audit=self.audit,
            clock=self.clock,
            owners=self.owner_addresses,
            per_day=self.settings.people.symbols_per_day,
        )

    def work_symbol_requests(self, review: Review = lambda _last, _series: None) -> WorkSymbolRequests:
        """`review` backtests series; without it their history is loaded alone."""
        from algo_trading.services.request_symbol import WorkSymbolRequests

        return WorkSymbolRequests(
            requests=self.symbol_requests,
            watchlists=self.watchlists,
            monitor=self.monitor(),
            load=self.load_history(),
            bars=self.bars,
            recommendations=self.recommendations,
            sources=self.source,
            calendars=self.calendars,
            clock=self.clock,
            review=review,
        )

    # Decisions

    def join_features(self) -> JoinFeatures:
        from algo_trading.services.features import JoinFeatures

        return JoinFeatures(self.mentions, self.fundamentals, self.thresholds)

    def evaluate_strategies(self) -> EvaluateStrategies:
        from algo_trading.services.evaluate import EvaluateStrategies

        return EvaluateStrategies(
            bars=self.bars,
            actions=self.actions,
            join=self.join_features(),
            signals=self.signals,
            assignments=self.assignments,
            strategies=self.strategies,
            failures=self.strategy_failures,
        )

    def decide_on_posts(self) -> DecideOnPosts:
        from algo_trading.services.decide_on_posts import DecideOnPosts

        return DecideOnPosts(
            bars=self.bars,
            actions=self.actions,
            join=self.join_features(),
            signals=self.signals,
            periods=self.periods,
            assignments=self.assignments,
            strategies=self.strategies,
            calendars=self.calendars,
            clock=self.clock,
        )

    def run_text(self) -> RunText:
        from algo_trading.services.run_text import RunText

        return RunText(self.collect_posts(), self.annotate_posts(), self.decide_on_posts())

    def period_steps(self) -> PeriodSteps:
        from algo_trading.services.run_period import PeriodSteps

        return PeriodSteps(
            ingest_bars=self.ingest_bars(),
            export=self.export_bars(),
            compute_indicators=self.compute_indicators(),
            annotate_posts=self.annotate_posts(),
            decide_on_posts=self.decide_on_posts(),
            evaluate_strategies=self.evaluate_strategies(),
            posts=self.posts,
            periods=self.periods,
            assignments=self.assignments,
            strategies=self.strategies,
            sources=self.source,
        )

    def run_monitored(self) -> RunMonitored:
        from algo_trading.services.run_monitored import RunMonitored

        return RunMonitored(self.watchlists, self.periods, self.run_range(), self.calendars, self.clock)

    def run_period(self) -> RunPeriod:
        from algo_trading.services.run_period import RunPeriod

        return RunPeriod(
            steps=self.period_steps(),
            text=self.run_text(),
            dispatch=self.dispatch_signals(),
            queue=self.queue_notices(),
            deliver=self.deliver_notices(),
        )

    def run_range(self) -> RunRange:
        from algo_trading.services.run_range import RunRange

        return RunRange(self.period_steps(), self.calendars)

    def watch_candles(self, wait: timedelta = timedelta(0)) -> WatchCandles:
        """Closed periods are left to others for as long as `wait`."""
        from algo_trading.services.watch_candles import WatchCandles

        return WatchCandles(
            watchlists=self.watchlists,
            periods=self.periods,
            bars=self.bars,
            work=self.run_range(),
            record=self.record_scores(),
            dispatch=self.dispatch_signals(),
            queue=self.queue_notices(),
            deliver=self.deliver_notices(),
            outages=self.report_outages(),
            ask=self.ask_for_approvals(),
            regular=self.queue_regular_mails(),
            sources=self.source,
            calendars=self.calendars,
            clock=self.clock,
            wait=wait,
        )

    # Mails that come in

    def poll_mailbox(self) -> PollMailbox:
        from algo_trading.services.poll_mailbox import PollMailbox

        return PollMailbox(
            mailbox=self.mailbox,
            inbound=self.inbound_mails,
            prepare=self.monitor().learn_pairs,
            handling=self.handling_mail,
            most_bytes=self.settings.inbound_mail.max_kb * 1024,
            clock=self.clock,
        )

    @contextmanager
    def handling_mail(self) -> Iterator[Handle]:
        """What handles a mail, within one transaction over everything that it does; taken back on an error."""
        from algo_trading.adapters.postgres.one_transaction import one_transaction

        with one_transaction(self.database) as database:
            shared = Services()
            shared.settings, shared.database, shared.clock = self.settings, database, self.clock
            shared.asks_exchanges = False
            yield shared.answer_mail()

    def answer_mail(self) -> AnswerMail:
        from algo_trading.notification.mail import sender_address
        from algo_trading.services.answer_mail import AnswerMail, InboundRules
        from algo_trading.services.mail_joining import MailJoining

        asked = self.settings.inbound_mail
        return AnswerMail(
            inbound=self.inbound_mails,
            users=self.users,
            queue=self.notices,
            audit=self.audit,
            monitoring=self.mail_monitoring(),
            subscribing=self.mail_subscribing(),
            joining=MailJoining(self.join()),
            rules=InboundRules(
                authserv_id=asked.authserv_id,
                own=(sender_address(self.settings.mail.sender).addr_spec, self.mailbox.address),
                most_bytes=asked.max_kb * 1024,
                per_hour=asked.per_hour,
                channel=asked.channel,
            ),
            clock=self.clock,
        )

    def mail_monitoring(self) -> MailMonitoring:
        from algo_trading.services.mail_monitoring import MailMonitoring

        def scores(symbols: Sequence[str]) -> Sequence[PairScore]:
            return self.current_scores()(self.scored_pairs()(symbols, None))

        return MailMonitoring(self.monitor(), self.request_symbol(), scores, self.audit, self.clock)

    def mail_subscribing(self) -> MailSubscribing:
        from algo_trading.services.mail_subscribing import MailSubscribing

        return MailSubscribing(
            subscribe=self.subscribe(),
            subscribe_scores=self.subscribe_scores(),
            subscribe_regularly=self.subscribe_regularly(),
            unsubscribe=self.unsubscribe(),
            subscriptions=self.subscriptions,
            alerts=self.score_alerts,
            mails=self.regular_mails,
            recipients=self.recipients,
            monitor=self.monitor(),
            names=self.names,
            clock=self.clock,
        )

    # Queries

    def read_coins(self) -> ReadCoins:
        from algo_trading.queries.coins import ReadCoins
        from algo_trading.sentiment.mentions.names import packaged_listings

        return ReadCoins(self.listings, self.trading_rules, self.settings.quote_assets, packaged_listings())

    def read_chart(self) -> ReadChart:
        from algo_trading.queries.chart import ReadChart

        return ReadChart(self.bars, self.actions)

    def scored_pairs(self) -> ScoredPairs:
        from algo_trading.queries.scored_pairs import ScoredPairs

        return ScoredPairs(self.bars, self.watchlists)

    def remove_old_answers(self) -> RemoveOldAnswers:
        from algo_trading.services.housekeeping import RemoveOldAnswers

        return RemoveOldAnswers(self.objects, self.clock, self.settings.housekeeping.answer_days)

    def read_status(self) -> ReadStatus:
        from algo_trading.queries.status import ReadStatus

        return ReadStatus(
            watchlists=self.watchlists,
            assignments=self.assignments,
            bars=self.bars,
            indicators=self.indicators,
            signals=self.signals,
            quarantine=self.quarantine,
            outbox=self.outbox,
            accounts=self.accounts,
            checks=self.account_checks,
            periods=self.periods,
            recommendations=self.recommendations,
            posts=self.posts,
            mentions=self.mentions,
            feed_states=self.feed_states,
            failures=self.strategy_failures,
            prices=self.read_prices(),
            calendars=self.calendars,
            clock=self.clock,
        )
