"""A strategy that is driven by posts may look at figures, too: those known by the last close before the post."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import numpy as np
import pytest

from algo_trading.calendars import trading_calendar
from algo_trading.domain.bars import Bars, Floats
from algo_trading.domain.features import IMPACT, PE_RATIO
from algo_trading.domain.fundamentals import Fundamentals
from algo_trading.domain.instrument import Instrument, Series
from algo_trading.domain.signal import Side
from algo_trading.errors import ConfigError
from algo_trading.repositories.bars import bars_table
from algo_trading.services.decide_on_posts import DecideOnPosts
from algo_trading.services.features import JoinFeatures, Knowledge
from algo_trading.strategies.base import Decisions, Strategy
from back_testing.analysis.verify_live import VerifyLive
from fakes.assignments import FakeAssignments, assigned, strategies_among
from fakes.bars import FakeBars, FakeCorporateActions
from fakes.clock import FakeClock
from fakes.periods import FakePeriodLog
from fakes.signals import FakeSignals
from support.bar_series import bars_of
from support.factories import a_mention, joining

pytestmark = pytest.mark.unit

IBM = Instrument("IBM")
FRIDAY = datetime(2013, 1, 4, 21, tzinfo=UTC)  # the close in New York
NIGHT = FRIDAY + timedelta(hours=5)
BARS = bars_of([10.0, 11.0, 12.0], "IBM", np.datetime64("2013-01-02", "us"))


@dataclass(frozen=True)
class CheapGoodNews(Strategy):
    """Buys good news at a low P/E."""

    name: ClassVar[str] = "cheap_good_news"
    summary: ClassVar[str] = "good news at a low P/E"
    features: ClassVar[tuple[str, ...]] = (IMPACT, PE_RATIO)
    on_posts: ClassVar[bool] = True
    warmup: ClassVar[int] = 1

    def decide(self, bars: Bars) -> Decisions:
        entries = (bars.features[IMPACT] > 0) & (bars.features[PE_RATIO] < 15)
        return Decisions(entries, ~entries, np.ones(len(bars)), np.ones(len(bars)))

    def explain(self, bars: Bars, index: int) -> str:
        return f"P/E {bars.features[PE_RATIO][index]:g}"

    def lines(self, bars: Bars) -> dict[str, Floats]:  # noqa: ARG002 - it looks at no price
        return {}


class Desk:
    def __init__(self, strategy: Strategy, *figures: tuple[datetime, float]) -> None:
        self.bars, self.actions, self.signals = FakeBars(), FakeCorporateActions(), FakeSignals()
        self.bars.upsert(bars_table([BARS]), "test")
        seen = [Fundamentals(IBM, moment, pe, None) for moment, pe in figures]
        self.join = joining([a_mention(IBM, NIGHT, impact=0.5)], seen, self.signals)
        self.decide = DecideOnPosts(
            self.bars,
            self.actions,
            self.join,
            self.signals,
            FakePeriodLog(),
            FakeAssignments(assigned((strategy, IBM))),
            strategies_among((strategy, IBM)),
            trading_calendar,
            FakeClock(NIGHT),
        )


@pytest.mark.parametrize(
    ("figures", "side", "reason"),
    [
        ([(FRIDAY, 12.0)], Side.BUY, "P/E 12"),
        ([(FRIDAY, 20.0)], Side.SELL, "P/E 20"),
        ([(FRIDAY - timedelta(days=1), 12.0), (FRIDAY + timedelta(hours=4), 20.0)], Side.BUY, "P/E 12"),
        ([], Side.SELL, "P/E nan"),
    ],
)
def test_figures_are_those_of_the_last_close(figures: list[tuple[datetime, float]], side: Side, reason: str) -> None:
    desk = Desk(CheapGoodNews(), *figures)
    assert desk.decide().new == 1
    (signal,) = desk.signals.of_series(Series(IBM))
    assert (signal.side, signal.reason, signal.period) == (side, reason, str(FRIDAY.date()))


def test_a_signal_is_derived_again_with_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = CheapGoodNews()
    monkeypatch.setattr("back_testing.analysis.verify_live.build_strategy", lambda _name, _params: strategy)
    desk = Desk(strategy, (FRIDAY, 12.0))
    desk.decide()
    report = VerifyLive(desk.bars, desk.actions, desk.join, desk.signals)()
    assert (report.checked, report.agreed, report.revised) == (1, 1, 0)
    poorer = joining([a_mention(IBM, NIGHT, impact=0.5)])
    report = VerifyLive(desk.bars, desk.actions, poorer, desk.signals)()
    assert (report.checked, report.agreed, report.revised) == (1, 0, 1)


def test_figures_are_read_once_however_many_posts_there_are() -> None:
    class Counted(JoinFeatures):
        reads = 0

        def read(self, bars: Bars, names: Sequence[str], after: datetime | None = None) -> Knowledge:
            Counted.reads += 1
            return super().read(bars, names, after)

    desk = Desk(CheapGoodNews())
    mentions = [a_mention(IBM, NIGHT, str(number), impact=0.5) for number in range(5)]
    join = joining(mentions, [Fundamentals(IBM, FRIDAY, 12.0, None)], desk.signals)
    decide = replace(desk.decide, join=Counted(join.mentions, join.fundamentals, join.thresholds))
    assert decide().new == 5
    assert {signal.reason for signal in desk.signals.of_series(Series(IBM))} == {"P/E 12"}
    assert Counted.reads == 1


def test_an_unknown_feature_is_one_sentence() -> None:
    class Curious(CheapGoodNews):
        features = (IMPACT, "gossip")

    with pytest.raises(ConfigError, match="there is no feature 'gossip'"):
        Desk(Curious()).decide()


def test_what_a_mention_says_again_is_not_decided_again() -> None:
    desk = Desk(CheapGoodNews(), (FRIDAY, 12.0))
    desk.decide()
    assert replace(desk.decide(), skipped=()).new == 0
