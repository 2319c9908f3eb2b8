"""How the services of backtests are made from the application's parts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from algo_trading.domain.costs import Costs
from algo_trading.domain.venue import venue_of
from back_testing.analysis.review import ReviewStrategies
from back_testing.analysis.tune_pairs import TuneThresholds
from back_testing.analysis.verify_live import VerifyLive
from back_testing.analysis.verify_trades import VerifyTrades
from back_testing.engine.data import ReadHistory
from back_testing.engine.rules import TradingRules
from back_testing.engine.signal_limits import SignalLimits

if TYPE_CHECKING:
    from algo_trading.bootstrap.services import Services
    from algo_trading.domain.instrument import Series


def read_history(app: "Services") -> ReadHistory:
    """Bars of the database, or of its Parquet copies."""
    return ReadHistory(app.bar_history, app.actions, app.join_features())


def verify_live(app: "Services") -> VerifyLive:
    """Stored signals, derived again."""
    return VerifyLive(app.bars, app.actions, app.join_features(), app.signals)


def verify_trades(app: "Services") -> VerifyTrades:
    """Stored orders, fills and exits, derived again."""
    return VerifyTrades(
        app.accounts, app.signals, app.bars, app.actions, app.calendars, lambda account: account.broker == "paper"
    )


def review_strategies(app: "Services") -> ReviewStrategies:
    """The weekly review."""
    return ReviewStrategies(read_history(app), app.recommendations, app.objects, live_rules(app))


def tune_thresholds(app: "Services") -> TuneThresholds:
    """Thresholds of scores, under the costs of the accounts; of the configured ones where none is open yet."""
    rules, opened = live_rules(app), bool(app.accounts.names())
    first = next(iter(app.settings.accounts), None)
    configured = first.costs if first else Costs()

    def costs(series: "Series") -> Costs:
        return rules(series).costs if opened else configured

    return TuneThresholds(app.read_score_history(), app.thresholds, app.calendars, app.points, costs, app.clock)


def live_rules(app: "Services") -> "Callable[[Series], TradingRules]":
    """The whole equity at the next open, as the accounts trade it.

    The costs are those of the account that trades the series, else of the first one; limits are those of assignments.
    """
    assignments = app.assignments.all()
    accounts = {name: app.accounts.state(name).account for name in app.accounts.names()}
    limits = SignalLimits(app.levels, {one.strategy: one.limits for one in reversed(assignments)})
    traded_by = {one.series: one.account for one in reversed(assignments)}

    def rules(series: "Series") -> TradingRules:
        account = accounts.get(traded_by.get(series, "")) or next(iter(accounts.values()), None)
        whole = venue_of(series.venue).whole_quantities
        return TradingRules(costs=account.costs if account else Costs(), whole_shares=whole, limits=limits)

    return rules
