"""Services about accounts and their orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from algo_trading.bootstrap.intake import Intake

if TYPE_CHECKING:
    from algo_trading.queries.approvals import ReadApprovals
    from algo_trading.queries.watch import ReadWatch
    from algo_trading.services.approval_links import ApprovalLinks
    from algo_trading.services.approve_orders import AnswerApproval, ReadAnswers
    from algo_trading.services.book_executions import BookExecutions
    from algo_trading.services.buy_at_market import BuyAtMarket
    from algo_trading.services.correct_account import CorrectAccount
    from algo_trading.services.dispatch import DispatchSignals
    from algo_trading.services.freshness import StaleAfter
    from algo_trading.services.hear_updates import HearUpdates
    from algo_trading.services.order_gate import OrderGate
    from algo_trading.services.place_exits import PlaceExits
    from algo_trading.services.place_orders import PlaceOrders
    from algo_trading.services.prices import ReadPrices
    from algo_trading.services.reconcile import Reconcile
    from algo_trading.services.reset_account import ResetAccount
    from algo_trading.services.sell_positions import SellPositions
    from algo_trading.services.send_orders import SendOrders
    from algo_trading.services.submit_orders import SubmitOrders
    from algo_trading.services.verify_accounts import VerifyAccounts
    from algo_trading.services.watch_positions import WatchPositions


class Orders(Intake):
    """A method for each of these services, as in `Services`."""

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

        return OrderGate(self.accounts.entries_sent, self.kill_switch.current, self.live_account, self.clock)

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

    def buy_at_market(self) -> BuyAtMarket:
        from algo_trading.services.buy_at_market import BuyAtMarket

        return BuyAtMarket(
            accounts=self.accounts,
            watchlists=self.watchlists,
            assignments=self.assignments,
            prices=self.read_prices(),
            brokers=self.broker,
            submit=self.submit_orders(),
            book=self.book_executions(),
            locks=self.locks,
            calendars=self.calendars,
            clock=self.clock,
        )

    def read_watch(self) -> ReadWatch:
        from algo_trading.queries.watch import ReadWatch

        return ReadWatch(
            accounts=self.accounts,
            watchlists=self.watchlists,
            prices=self.read_prices(),
            scores=self.scores,
            brokers=self.broker,
            clock=self.clock,
        )

    def book_executions(self) -> BookExecutions:
        from algo_trading.services.book_executions import BookExecutions

        return BookExecutions(self.accounts, self.broker, self.clock)

    def hear_updates(self) -> HearUpdates:
        from algo_trading.services.hear_updates import HearUpdates

        return HearUpdates(self.accounts, self.broker, self.book_executions(), self.locks)

    def reconcile(self) -> Reconcile:
        from algo_trading.services.reconcile import Reconcile

        return Reconcile(self.accounts, self.broker, self.locks)

    def stale_after(self) -> StaleAfter:
        from algo_trading.services.freshness import StaleAfter

        periods = {one.name: one.dispatch_within for one in self.settings.watchlists}
        return StaleAfter(periods, self.watchlists, self.source, self.clock)

    def verify_accounts(self) -> VerifyAccounts:
        from algo_trading.services.verify_accounts import VerifyAccounts

        return VerifyAccounts(
            accounts=self.accounts,
            actions=self.actions,
            checks=self.account_checks,
            prices=self.read_prices(),
            locks=self.locks,
            calendars=self.calendars,
            clock=self.clock,
        )

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
            correct=self.correct_account(),
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

    def read_approvals(self) -> ReadApprovals:
        from algo_trading.queries.approvals import ReadApprovals

        return ReadApprovals(self.approvals, self.accounts)

    def approval_links(self) -> ApprovalLinks:
        from algo_trading.services.approval_links import ApprovalLinks

        return ApprovalLinks(self.signing_keys)

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
