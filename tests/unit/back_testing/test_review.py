"""The weekly review over repositories in memory."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from algo_trading.adapters.postgres.database import Database
from algo_trading.bootstrap import App
from algo_trading.domain.bars import Bars
from algo_trading.domain.corporate_actions import ActionKind, CorporateAction
from algo_trading.domain.instrument import Instrument
from algo_trading.domain.limits import Limits
from algo_trading.domain.post import Level, Levels
from algo_trading.repositories.bars import bars_table
from algo_trading.risk.costs import Costs
from algo_trading.settings import load_settings
from algo_trading.strategies.macd_cross import MacdCross
from back_testing.analysis.recommend import recommend
from back_testing.analysis.review import ReviewReport, ReviewStrategies
from back_testing.engine.data import ReadHistory
from back_testing.engine.signal_limits import SignalLimits
from back_testing.search.walk_forward import Plan
from bar_series import bars_of, random_walk
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.objects import FakeObjectStore
from fakes.recommendations import FakeRecommendations
from written import joining

pytestmark = pytest.mark.unit

PLAN = Plan(in_sample=150, out_of_sample=75)
LIMITS, LEVELS = {MacdCross().id: Limits(max_positions=0)}, Levels(0.5, 0.7)
ODD, SHORT = Instrument("BRK/B"), Instrument("NEW")


class World:
    """Two instruments, one with hardly any bars, and a service over them."""

    def __init__(self) -> None:
        self.series = {"BRK/B": bars_of(random_walk(420, 1), "BRK/B"), "NEW": bars_of(random_walk(60, 2), "NEW")}
        self.bars, self.actions = FakeBars(), FakeCorporateActions()
        self.bars.upsert(bars_table(self.series.values()), "test")
        self.recommendations, self.objects = FakeRecommendations(), FakeObjectStore()
        costs = Costs(Decimal("0.002"), Decimal(7))
        self.review = ReviewStrategies(
            ReadHistory(self.bars, self.actions, joining()), self.recommendations, self.objects, costs, LIMITS, LEVELS
        )

    def at(self, n: int) -> ReviewReport:
        return self.review(self.series["BRK/B"].session(n - 1), [ODD, SHORT, Instrument("NONE")], PLAN)


@pytest.fixture(scope="module")
def reviewed() -> World:
    world = World()
    world.report = world.at(400)  # type: ignore[attr-defined]  # what the first review said
    return world


def test_each_instrument_is_recommended_something_or_skipped_with_the_reason(reviewed: World) -> None:
    report: ReviewReport = reviewed.report  # type: ignore[attr-defined]  # as above
    assert report.reviewed == 1
    assert set(report.recommended) == {"BRK/B"}
    assert report.skipped["NEW"].startswith("no strategy can be reviewed: ")
    assert report.skipped["NONE"].startswith("the database has no bars of NONE (XNYS) up to ")
    for stored in reviewed.recommendations.newest()[1:]:
        assert (stored.strategy, stored.trials, stored.report) == (None, 0, "")
        assert stored.reason == report.skipped[str(stored.instrument)]


def test_it_knows_the_bars_up_to_its_session_and_the_costs_of_the_account(reviewed: World) -> None:
    stored = reviewed.recommendations.newest()[0]
    bars: Bars = reviewed.series["BRK/B"][:400]
    expected = recommend(bars, reviewed.review.rules, PLAN).recommendation
    assert stored == replace(expected, session=bars.session(-1), report=stored.report)
    assert reviewed.review.rules.costs.commission == Decimal("0.002")
    assert reviewed.review.rules.costs.slippage_bps == 7


def test_it_obeys_the_limits_of_the_configuration(reviewed: World) -> None:
    assert reviewed.review.rules.limits == SignalLimits(LEVELS, LIMITS)
    trades = {c.strategy.name: c.statistics["n_trades"] for c in reviewed.recommendations.newest()[0].candidates}
    assert trades.pop("macd_cross") == 0
    assert any(trades.values())


def test_the_application_gives_it_the_limits_of_every_active_strategy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALGO_HOME", str(tmp_path))
    monkeypatch.setenv(
        "ALGO_STRATEGIES", '[{"name": "macd_cross", "symbols": ["T"], "limits": {"order_from": "medium"}}]'
    )
    with App(load_settings(), Database("postgresql:///nowhere"), FakeClock()) as app:
        limits = app.make(ReviewStrategies).rules.limits
    assert limits == SignalLimits(Levels(0.6, 0.85), {MacdCross().id: Limits(order_from=Level.MEDIUM)})


def test_the_report_is_where_the_recommendation_says(reviewed: World) -> None:
    stored = reviewed.recommendations.newest()[0]
    assert stored.report == f"reports/strategy_review/{stored.session}/BRK%2FB-XNYS.html"
    assert list(reviewed.objects.keys()) == [stored.report]
    page = reviewed.objects.get(stored.report).decode()
    assert "Every bar is out of sample." in page
    assert f" strategies in {stored.trials} settings, all over the same bars out of sample." in page


def test_a_review_of_long_ago_says_the_same_whatever_came_later() -> None:
    world = World()
    world.at(350)
    before = world.recommendations.newest()
    world.actions.upsert([CorporateAction(ODD, world.series["BRK/B"].session(380), ActionKind.SPLIT, 2.0)], "test")
    world.at(350)
    assert world.recommendations.newest() == before
    assert len(list(world.objects.keys())) == 1
