"""The weekly review over repositories in memory."""

from dataclasses import replace
from decimal import Decimal

import pytest

from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.costs import Costs
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level, Levels
from algo_trading.domain.watchlist import Assignment
from algo_trading.repositories.bars import bars_table
from algo_trading.strategies.macd_cross import MacdCross
from back_testing.analysis.recommend import recommend
from back_testing.analysis.review import ReviewReport, ReviewStrategies
from back_testing.engine.data import ReadHistory
from back_testing.engine.rules import TradingRules
from back_testing.engine.signal_limits import SignalLimits
from back_testing.search.walk_forward import Plan
from back_testing.services import review_strategies
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.objects import FakeObjectStore
from fakes.recommendations import FakeRecommendations
from support.bar_series import bars_of, period_at, random_walk
from support.factories import joining
from support.trading import an_account, opening
from support.world import World

pytestmark = pytest.mark.unit

PLAN = Plan(in_sample=150, out_of_sample=75)
LIMITS, LEVELS = {MacdCross().id: Limits(max_positions=0)}, Levels(0.5, 0.7)
RULES = TradingRules(costs=Costs(Decimal("0.002"), Decimal(7)), limits=SignalLimits(LEVELS, LIMITS))
ODD, SHORT = Series(Instrument("BRK/B")), Series(Instrument("NEW"))


class Desk:
    """Two instruments, one with hardly any bars, and a service over them."""

    def __init__(self) -> None:
        self.series = {"BRK/B": bars_of(random_walk(420, 1), "BRK/B"), "NEW": bars_of(random_walk(60, 2), "NEW")}
        self.bars, self.actions = FakeBars(), FakeCorporateActions()
        self.bars.upsert(bars_table(self.series.values()), "test")
        self.recommendations, self.objects = FakeRecommendations(), FakeObjectStore()
        history = ReadHistory(self.bars, self.actions, joining())
        self.review = ReviewStrategies(history, self.recommendations, self.objects, lambda _: RULES)

    def at(self, n: int) -> ReviewReport:
        until = period_at(self.series["BRK/B"], n - 1).opened_at
        return self.review(until, [ODD, SHORT, Series(Instrument("NONE"))], PLAN)


@pytest.fixture(scope="module")
def reviewed() -> Desk:
    desk = Desk()
    desk.report = desk.at(400)  # type: ignore[attr-defined]  # what the first review said
    return desk


def test_each_instrument_is_recommended_something_or_skipped_with_the_reason(reviewed: Desk) -> None:
    report: ReviewReport = reviewed.report  # type: ignore[attr-defined]  # as above
    assert report.reviewed == 1
    assert set(report.recommended) == {"BRK/B"}
    assert report.skipped["NEW"].startswith("no strategy can be reviewed: ")
    assert report.skipped["NONE"].startswith("the database has no bars of NONE (XNYS) up to ")
    for stored in reviewed.recommendations.newest()[1:]:
        assert (stored.strategy, stored.trials, stored.report) == (None, 0, "")
        assert stored.reason == report.skipped[str(stored.series)]


def test_it_knows_the_bars_up_to_its_session_and_the_rules_of_the_series(reviewed: Desk) -> None:
    stored = reviewed.recommendations.newest()[0]
    bars: Bars = reviewed.series["BRK/B"][:400]
    expected = recommend(bars, RULES, PLAN).recommendation
    assert stored == replace(expected, session=bars.session(-1), report=stored.report)


def test_it_obeys_the_limits_of_the_configuration(reviewed: Desk) -> None:
    trades = {c.strategy.name: c.statistics["n_trades"] for c in reviewed.recommendations.newest()[0].candidates}
    assert trades.pop("macd_cross") == 0
    assert any(trades.values())


def test_the_application_gives_it_the_limits_of_assignments_and_the_costs_of_their_account() -> None:
    limits = Limits(order_from=Level.MEDIUM)
    one, other = (Assignment(MacdCross().id, s, "stocks", s.symbol, "owner", limits) for s in (ODD, SHORT))
    world, costs = World(assignments=[one, other]), Costs(Decimal("0.002"), Decimal(7))
    assert review_strategies(world).rules(ODD).costs == Costs()
    for name, own in (("BRK/B", Costs()), ("NEW", costs)):
        world.accounts.open(opening(an_account(name, costs=own), "1000"))
    rules = review_strategies(world).rules
    assert [rules(series).costs for series in (ODD, SHORT)] == [Costs(), costs]
    assert rules(Series(Instrument("NONE"))).costs == Costs()  # of the first account
    assert rules(SHORT).limits == SignalLimits(Levels(0.4, 0.7), {MacdCross().id: limits})


def test_the_report_is_where_the_recommendation_says(reviewed: Desk) -> None:
    stored = reviewed.recommendations.newest()[0]
    assert stored.report == f"reports/strategy_review/{stored.session}/BRK%2FB-XNYS.html"
    assert list(reviewed.objects.keys()) == [stored.report]
    page = reviewed.objects.get(stored.report).decode()
    assert "Every bar is out of sample." in page
    assert f" strategies in {stored.trials} settings, all over the same bars out of sample." in page


def test_a_review_of_long_ago_says_the_same_whatever_came_later() -> None:
    desk = Desk()
    desk.at(350)
    before = desk.recommendations.newest()
    ex_date = desk.series["BRK/B"].session(380)
    desk.actions.upsert([CorporateAction(ODD.instrument, ex_date, ActionKind.SPLIT, 2.0)], "test")
    desk.at(350)
    assert desk.recommendations.newest() == before
    assert len(list(desk.objects.keys())) == 1
