"""How each service is made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from algo_trading.bootstrap.intake import Intake

if TYPE_CHECKING:
    from algo_trading.queries.chart import ReadChart
    from algo_trading.queries.coins import ReadCoins
    from algo_trading.queries.performance import ReadPerformance
    from algo_trading.queries.scored_pairs import ScoredPairs
    from algo_trading.queries.status import ReadStatus
    from algo_trading.services.apply_config import ApplyConfig
    from algo_trading.services.approve_orders import AnswerApproval, ReadAnswers
    from algo_trading.services.book_executions import BookExecutions
    from algo_trading.services.correct_account import CorrectAccount
    from algo_trading.services.decide_on_posts import DecideOnPosts
    from algo_trading.services.deliver import DeliverNotices
    from algo_trading.services.dispatch import DispatchSignals
    from algo_trading.services.evaluate import EvaluateStrategies
    from algo_trading.services.features import JoinFeatures
    from algo_trading.services.freshness import StaleAfter
    from algo_trading.services.monitor import Monitor
    from algo_trading.services.notify import QueueNotices
    from algo_trading.services.order_gate import OrderGate
    from algo_trading.services.place_exits import PlaceExits
    from algo_trading.services.place_orders import PlaceOrders
    from algo_trading.services.prices import ReadPrices
    from algo_trading.services.reconcile import Reconcile
    from algo_trading.services.report_outages import ReportOutages
    from algo_trading.services.reset_account import ResetAccount
    from algo_trading.services.run_monitored import RunMonitored
    from algo_trading.services.run_period import PeriodSteps, RunPeriod
    from algo_trading.services.run_range import RunRange
    from algo_trading.services.run_text import RunText
    from algo_trading.services.sell_positions import SellPositions
    from algo_trading.services.send_orders import SendOrders
    from algo_trading.services.submit_orders import SubmitOrders
    from algo_trading.services.subscribe import Subscribe
    from algo_trading.services.verify_accounts import VerifyAccounts
    from algo_trading.services.watch_candles import WatchCandles
    from algo_trading.services.watch_positions import WatchPositions


class Services(Intake):
    """A method for each service and query. They are cheap to make: their parts are kept."""

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
            sources=self.source,
            locks=self.locks,
            quote_assets=self.settings.quote_assets,
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
            sources=self.source,
            calendars=self.calendars,
            clock=self.clock,
            wait=wait,
        )

    # Orders

    def read_prices(self) -> ReadPrices:
        from algo_trading.services.prices import ReadPrices

        return ReadPrices(self.bars, self.actions)

    def place_orders(self) -> PlaceOrders:
        from algo_trading.services.find_targets import FindTargets
        from algo_trading.services.place_orders import PlaceOrders

        return PlaceOrders(
            accounts=self.accounts,
            signals=self.signals,
            posts=self.posts,
            prices=self.read_prices(),
            brokers=self.broker,
            calendars=self.calendars,
            levels=self.levels,
            targets=FindTargets(self.listings, self.settings.targets.table),
        )

    def place_exits(self) -> PlaceExits:
        from algo_trading.services.place_exits import PlaceExits

        return PlaceExits(self.read_prices())

    def submit_orders(self) -> SubmitOrders:
        from algo_trading.services.submit_orders import SubmitOrders

        return SubmitOrders(
            self.accounts, self.broker, self.order_gate(), self.book_executions(), self.read_answers(), self.clock
        )

    def order_gate(self) -> OrderGate:
        from algo_trading.services.order_gate import OrderGate

        return OrderGate(self.accounts, self.kill_switch, self.live_account, self.clock)

    def sell_positions(self) -> SellPositions:
        from algo_trading.services.sell_positions import SellPositions

        return SellPositions(
            accounts=self.accounts,
            submit=self.submit_orders(),
            book=self.book_executions(),
            locks=self.locks,
            calendars=self.calendars,
            clock=self.clock,
        )

    def book_executions(self) -> BookExecutions:
        from algo_trading.services.book_executions import BookExecutions

        return BookExecutions(self.accounts, self.broker, self.clock)

    def reconcile(self) -> Reconcile:
        from algo_trading.services.reconcile import Reconcile

        return Reconcile(self.accounts, self.broker, self.locks)

    def stale_after(self) -> StaleAfter:
        from algo_trading.services.freshness import StaleAfter

        periods = {one.name: one.dispatch_within for one in self.settings.watchlists}
        return StaleAfter(periods, self.watchlists, self.source, self.clock)

    def verify_accounts(self) -> VerifyAccounts:
        from algo_trading.services.verify_accounts import VerifyAccounts

        return VerifyAccounts(self.accounts, self.actions, self.locks, self.calendars)

    def correct_account(self) -> CorrectAccount:
        from algo_trading.services.correct_account import CorrectAccount

        return CorrectAccount(self.verify_accounts(), self.clock)

    def dispatch_signals(self) -> DispatchSignals:
        from algo_trading.services.dispatch import DispatchSignals

        return DispatchSignals(
            accounts=self.accounts,
            assignments=self.assignments,
            periods=self.periods,
            actions=self.actions,
            prices=self.read_prices(),
            place=self.place_orders(),
            exits=self.place_exits(),
            submit=self.submit_orders(),
            book=self.book_executions(),
            brokers=self.broker,
            locks=self.locks,
            calendars=self.calendars,
            clock=self.clock,
            stale=self.stale_after(),
        )

    def read_answers(self) -> ReadAnswers:
        from algo_trading.services.approve_orders import ReadAnswers

        return ReadAnswers(self.approvals, self.clock)

    def answer_approval(self) -> AnswerApproval:
        from algo_trading.services.approve_orders import AnswerApproval

        return AnswerApproval(self.approvals, self.audit, self.clock)

    def send_orders(self) -> SendOrders:
        from algo_trading.services.send_orders import SendOrders

        return SendOrders(self.accounts, self.submit_orders(), self.book_executions(), self.locks)

    def reset_account(self) -> ResetAccount:
        from algo_trading.services.reset_account import ResetAccount

        return ResetAccount(self.accounts, self.broker, self.locks, self.clock)

    def watch_positions(self) -> WatchPositions:
        from algo_trading.services.watch_positions import WatchPositions

        return WatchPositions(
            accounts=self.accounts,
            submit=self.submit_orders(),
            book=self.book_executions(),
            brokers=self.broker,
            locks=self.locks,
            calendars=self.calendars,
            clock=self.clock,
        )

    # Notices

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
        from algo_trading.notification.outage import OutageRenderer
        from algo_trading.notification.signal import SignalRenderer
        from algo_trading.services.deliver import DeliverNotices

        signal = SignalRenderer(
            signals=self.signals,
            bars=self.bars,
            actions=self.actions,
            posts=self.posts,
            assignments=self.assignments,
            strategies=self.strategies,
            levels=self.levels,
        )
        return DeliverNotices(
            outbox=self.outbox,
            renderers={NoticeKind.SIGNAL: signal, NoticeKind.OUTAGE: OutageRenderer()},
            channels=self.channel,
            clock=self.clock,
            sender=self.settings.mail.sender,
        )

    def report_outages(self) -> ReportOutages:
        from algo_trading.services.report_outages import ReportOutages

        return ReportOutages(
            watchlists=self.watchlists,
            periods=self.periods,
            queue=self.notices,
            sources=self.source,
            calendars=self.calendars,
            clock=self.clock,
            recipients=self.owner_addresses,
            after={one.name: one.notice_after for one in self.settings.watchlists},
        )

    def subscribe(self) -> Subscribe:
        from algo_trading.services.subscribe import Subscribe

        return Subscribe(
            subscriptions=self.subscriptions,
            periods=self.periods,
            assignments=self.assignments,
            calendars=self.calendars,
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

    def read_performance(self) -> ReadPerformance:
        from algo_trading.queries.performance import ReadPerformance

        return ReadPerformance(self.accounts, self.bars, self.read_prices())

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
            periods=self.periods,
            recommendations=self.recommendations,
            posts=self.posts,
            mentions=self.mentions,
            feed_states=self.feed_states,
            prices=self.read_prices(),
            calendars=self.calendars,
        )
